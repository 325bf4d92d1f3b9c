"""Products: the object categories of a workspace."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.queries import named
from storage.records import Product
from storage.tables import ProductTable


class Products:
    def __init__(self, session: Session) -> None:
        self._session = session

    def get_or_create(self, name: str) -> Product:
        """Return the product of this name, made now if there is none.

        Raises:
            InvalidRecordError: the name is empty.
        """
        text = named(name, "A product")
        found = self.by_name(text)
        if found is not None:
            return found
        row = ProductTable(name=text, created_at=datetime.now(UTC))
        self._session.add(row)
        self._session.flush()
        return _record(row)

    def all(self) -> tuple[Product, ...]:
        """By name."""
        return tuple(
            _record(row) for row in self._session.scalars(select(ProductTable).order_by(ProductTable.name))
        )

    def by_name(self, name: str) -> Product | None:
        row = self._session.scalar(select(ProductTable).where(ProductTable.name == name))
        return None if row is None else _record(row)


def _record(row: ProductTable) -> Product:
    return Product(row.id, row.name, row.created_at)
