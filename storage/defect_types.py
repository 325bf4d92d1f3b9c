"""The defect book: the names of defect types, each with a colour and a place (key 1 to 9)."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.queries import named
from storage.records import DefectType
from storage.tables import DefectTypeTable

# Told apart on grey parts, by colour-blind eyes too: Okabe and Ito's set without black, grey and yellow, then those of a
# grid of colours that lie farthest from all before. Any two are at least 10 apart (CIEDE2000), and so they are as
# people with protanopia, deuteranopia or tritanopia see them (Machado 2009); each is at least 10 from any grey.
COLOURS = (
    "#d55e00",
    "#0072b2",
    "#e69f00",
    "#cc79a7",
    "#009e73",
    "#56b4e9",
    "#96001e",
    "#b4f0b4",
    "#1effff",
    "#782d69",
    "#e1f069",
    "#4b87ff",
)


class DefectTypes:
    def __init__(self, session: Session) -> None:
        self._session = session

    def get_or_create(self, name: str) -> DefectType:
        """Return the defect type of this name, put at the end of the book if it is new.

        Raises:
            InvalidRecordError: the name is empty.
        """
        text = named(name, "A defect type")
        row = self._session.scalar(select(DefectTypeTable).where(DefectTypeTable.name == text))
        if row is None:
            last = self._session.scalar(select(func.max(DefectTypeTable.position)))
            position = 0 if last is None else last + 1
            row = DefectTypeTable(name=text, position=position, colour=COLOURS[position % len(COLOURS)])
            self._session.add(row)
            self._session.flush()
        return _record(row)

    def all(self) -> tuple[DefectType, ...]:
        """In the book's order."""
        rows = self._session.scalars(select(DefectTypeTable).order_by(DefectTypeTable.position))
        return tuple(_record(row) for row in rows)


def _record(row: DefectTypeTable) -> DefectType:
    return DefectType(row.id, row.name, row.position, row.colour)
