"""Which version makes the calls for which product: a history, whose newest entry per product counts."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from storage.errors import NoSuchRecordError
from storage.queries import require
from storage.records import InUse
from storage.tables import InUseTable, ProductTable, VersionTable


class VersionsInUse:
    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, product: str, version_id: int, author: str, at: datetime) -> InUse:
        """Put a version into use for one product; every other product keeps its own. A roll-back is a put as well.

        Raises:
            NoSuchRecordError: the product or the version is unknown.
        """
        product_id = self._session.scalar(select(ProductTable.id).where(ProductTable.name == product))
        if product_id is None:
            raise NoSuchRecordError("product", repr(product))
        require(self._session, VersionTable, "version", version_id)
        self._session.add(InUseTable(product_id=product_id, version_id=version_id, since=at, author=author))
        self._session.flush()
        return InUse(product, version_id, at, author)

    def current(self) -> dict[str, InUse]:
        """Return what is in use, by product; products that never had a version are left out."""
        newest = select(func.max(InUseTable.id)).group_by(InUseTable.product_id)
        query = _select().where(InUseTable.id.in_(newest))
        return {row.name: InUse(*row) for row in self._session.execute(query)}

    def history(self, product: str) -> tuple[InUse, ...]:
        """Oldest first."""
        query = _select().where(ProductTable.name == product).order_by(InUseTable.id)
        return tuple(InUse(*row) for row in self._session.execute(query))


def _select() -> Select[*tuple[Any, ...]]:
    return select(ProductTable.name, InUseTable.version_id, InUseTable.since, InUseTable.author).join(
        ProductTable, ProductTable.id == InUseTable.product_id
    )
