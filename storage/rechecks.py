"""Rechecks: verdicts given again without knowing the one that counts. Only ever added to."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from storage.queries import require
from storage.records import TwiceJudged, VerdictValue
from storage.tables import ImageTable, ProductTable, RecheckTable, VerdictTable


class Rechecks:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, verdict_id: int, value: VerdictValue, author: str, at: datetime) -> None:
        """Keep what a person said without knowing this verdict; a second time is left out.

        Raises:
            NoSuchRecordError: there is no such verdict.
        """
        require(self._session, VerdictTable, "verdict", verdict_id)
        if verdict_id in self.done_by(author):
            return
        self._session.add(
            RecheckTable(verdict_id=verdict_id, value=VerdictValue(value), author=author, at=at)
        )
        self._session.flush()

    def done_by(self, author: str) -> frozenset[int]:
        """Return the verdicts that this person has judged again."""
        return frozenset(
            self._session.scalars(select(RecheckTable.verdict_id).where(RecheckTable.author == author))
        )

    def all(self, product: str | None = None) -> tuple[TwiceJudged, ...]:
        """Return every verdict that was judged again, in the order it was; of images that are not deleted."""
        query = (
            select(
                VerdictTable.image_id,
                VerdictTable.id,
                VerdictTable.author,
                VerdictTable.value,
                RecheckTable.author,
                RecheckTable.value,
                RecheckTable.at,
            )
            .join(VerdictTable, VerdictTable.id == RecheckTable.verdict_id)
            .join(ImageTable, ImageTable.id == VerdictTable.image_id)
            .join(ProductTable, ProductTable.id == ImageTable.product_id)
            .where(ImageTable.deleted_at.is_(None))
            .order_by(RecheckTable.id)
        )
        if product is not None:
            query = query.where(ProductTable.name == product)
        rows: Iterable[Row[*tuple[Any, ...]]] = self._session.execute(query)
        return tuple(TwiceJudged(*row) for row in rows)

    def differing(self) -> frozenset[int]:
        """Return images whose verdict is still the one that somebody, not knowing it, did not share."""
        newest = select(func.max(VerdictTable.id)).group_by(VerdictTable.image_id)
        query = select(VerdictTable.image_id).join(RecheckTable, RecheckTable.verdict_id == VerdictTable.id)
        query = query.where(VerdictTable.id.in_(newest), VerdictTable.value != RecheckTable.value)
        return frozenset(self._session.scalars(query))
