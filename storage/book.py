"""The defect book of each product: rules, colours, order, examples. Only ever added to; the newest row counts."""

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from storage.defect_types import DefectTypes
from storage.errors import NoSuchRecordError
from storage.queries import require
from storage.records import BookEntry, BookExample
from storage.tables import BookEntryTable, BookExampleTable, DefectTypeTable, ImageTable, ProductTable


class Book:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._defect_types = DefectTypes(session)

    def put(self, product: str, entry: BookEntry) -> None:
        """Write what the book says of a defect type from now on; a type that is new is made.

        Raises:
            NoSuchRecordError: there is no such product.
            InvalidRecordError: the defect type has no name.
        """
        row = BookEntryTable(
            product_id=self._product(product),
            defect_type_id=self._defect_types.get_or_create(entry.defect_type).id,
            place=entry.place,
            colour=entry.colour,
            rule=entry.rule,
            is_listed=entry.is_listed,
            author=entry.author,
            at=entry.at,
        )
        self._session.add(row)
        self._session.flush()

    def entries(self, product: str) -> tuple[BookEntry, ...]:
        """Return the entries that count, those taken out of the book too, in the book's order."""
        table = BookEntryTable
        newest = select(func.max(table.id)).group_by(table.product_id, table.defect_type_id)
        query = (
            select(
                DefectTypeTable.name, table.place, table.colour, table.rule, table.is_listed, table.author, table.at
            )
            .join(DefectTypeTable, DefectTypeTable.id == table.defect_type_id)
            .join(ProductTable, ProductTable.id == table.product_id)
            .where(table.id.in_(newest), ProductTable.name == product)
            .order_by(table.place, table.id)
        )  # fmt: skip
        return tuple(BookEntry(*row) for row in self._session.execute(query))

    def put_example(self, product: str, example: BookExample, is_shown: bool) -> None:
        """Show a box as an example from now on, or no longer.

        Raises:
            NoSuchRecordError: there is no such product or image.
        """
        require(self._session, ImageTable, "image", example.image_id)
        left, top, right, bottom = example.box
        row = BookExampleTable(
            product_id=self._product(product),
            defect_type_id=self._defect_types.get_or_create(example.defect_type).id,
            image_id=example.image_id,
            left=left,
            top=top,
            right=right,
            bottom=bottom,
            is_counter=example.is_counter,
            is_shown=is_shown,
            author=example.author,
            at=example.at,
        )
        self._session.add(row)
        self._session.flush()

    def examples(self, product: str) -> tuple[BookExample, ...]:
        """Return the examples that are shown, of images that are not deleted, in the order they were chosen."""
        rows = self._session.execute(_shown_examples(product))
        return tuple(
            BookExample(name, image_id, (left, top, right, bottom), is_counter, author, at)
            for name, image_id, left, top, right, bottom, is_counter, author, at in rows
        )

    def state(self) -> tuple[int | None, int | None]:
        """Return numbers that differ whenever a book does."""
        entries = self._session.scalar(select(func.max(BookEntryTable.id)))
        return entries, self._session.scalar(select(func.max(BookExampleTable.id)))

    def _product(self, name: str) -> int:
        found = self._session.scalar(select(ProductTable.id).where(ProductTable.name == name))
        if found is None:
            raise NoSuchRecordError("product", name)
        return found


def _shown_examples(product: str) -> Select[str, int, int, int, int, int, bool, str, datetime]:
    table = BookExampleTable
    box = (table.left, table.top, table.right, table.bottom)
    same = (table.product_id, table.defect_type_id, table.image_id, *box, table.is_counter)
    newest = select(func.max(table.id)).group_by(*same)
    return (
        select(DefectTypeTable.name, table.image_id, *box, table.is_counter, table.author, table.at)
        .join(DefectTypeTable, DefectTypeTable.id == table.defect_type_id)
        .join(ProductTable, ProductTable.id == table.product_id)
        .join(ImageTable, ImageTable.id == table.image_id)
        .where(table.id.in_(newest), table.is_shown, ProductTable.name == product, ImageTable.deleted_at.is_(None))
        .order_by(table.id)
    )  # fmt: skip
