"""Verdicts: what persons said about images. Only ever added to; the newest entry of an image counts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from storage.queries import is_one_of, require
from storage.records import Verdict, VerdictEvent, VerdictValue
from storage.tables import ImageTable, VerdictTable

_COLUMNS = (
    VerdictTable.id,
    VerdictTable.image_id,
    VerdictTable.value,
    VerdictTable.author,
    VerdictTable.at,
    VerdictTable.shown_because,
    VerdictTable.heatmap_visible,
)


class Verdicts:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        image_id: int,
        value: VerdictValue,
        author: str,
        at: datetime,
        shown_because: str,
        heatmap_visible: bool,
    ) -> Verdict:
        """Judge an image.

        Raises:
            NoSuchRecordError: there is no such image.
        """
        event = self._add(
            VerdictEvent(0, image_id, VerdictValue(value), author, at, shown_because, heatmap_visible)
        )
        return Verdict(event, image_id, VerdictValue(value), author, at, shown_because, heatmap_visible)

    def withdraw(self, image_id: int, author: str, at: datetime) -> int:
        """Leave the image without a verdict and return the entry's id; the history keeps what was said.

        Raises:
            NoSuchRecordError: there is no such image.
        """
        return self._add(VerdictEvent(0, image_id, None, author, at, "withdrawn", False))

    def asked_by(self, person: str) -> dict[int, datetime]:
        """Return the images about which this person's last word was "unsure", and when it was said."""
        newest = select(func.max(VerdictTable.id)).where(VerdictTable.author == person)
        query = select(VerdictTable.image_id, VerdictTable.at).where(
            VerdictTable.id.in_(newest.group_by(VerdictTable.image_id)),
            VerdictTable.value == VerdictValue.UNSURE,
        )
        return {row.image_id: row.at for row in self._session.execute(query)}

    def images_of(self, verdict_ids: Iterable[int]) -> tuple[int, ...]:
        """Return the images that these entries are about, each once."""
        query = select(VerdictTable.image_id).where(is_one_of(VerdictTable.id, verdict_ids)).distinct()
        return tuple(self._session.scalars(query.order_by(VerdictTable.image_id)))

    def current(self, image_ids: Iterable[int] | None = None) -> dict[int, Verdict]:
        """Return the verdict that counts for each image that has one; for all images, or for these."""
        newest = select(func.max(VerdictTable.id)).group_by(VerdictTable.image_id)
        if image_ids is not None:
            newest = newest.where(is_one_of(VerdictTable.image_id, image_ids))
        query = select(*_COLUMNS).where(VerdictTable.id.in_(newest), VerdictTable.value.is_not(None))
        rows: Iterable[Row[*tuple[Any, ...]]] = self._session.execute(query)
        return {row.image_id: Verdict(*row) for row in rows}

    def history(self, image_id: int) -> tuple[VerdictEvent, ...]:
        """Return everything that was said about an image, oldest first, withdrawals too."""
        query = select(*_COLUMNS).where(VerdictTable.image_id == image_id).order_by(VerdictTable.id)
        return tuple(VerdictEvent(*row) for row in self._session.execute(query))

    def last_by(self, author: str, count: int) -> tuple[VerdictEvent, ...]:
        """Return what a person said last, newest first, withdrawals too."""
        query = select(*_COLUMNS).where(VerdictTable.author == author).order_by(VerdictTable.id.desc())
        return tuple(VerdictEvent(*row) for row in self._session.execute(query.limit(count)))

    def _add(self, event: VerdictEvent) -> int:
        require(self._session, ImageTable, "image", event.image_id)
        row = VerdictTable(
            image_id=event.image_id,
            value=event.value,
            author=event.author,
            at=event.at,
            shown_because=event.shown_because,
            heatmap_visible=event.heatmap_visible,
        )
        self._session.add(row)
        self._session.flush()
        return row.id
