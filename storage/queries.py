"""Small pieces of SQL that several repositories ask with."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.errors import InvalidRecordError, NoSuchRecordError


def is_one_of(column: InstrumentedAttribute[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """Tell whether a column is one of any number of ids; an IN list would end at 32,766."""
    listed = func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(select(listed.c.value))


def require(session: Session, table: type[Any], kind: str, key: int) -> Any:
    """Return a row to change.

    Raises:
        NoSuchRecordError: there is none with this id.
    """
    row = session.get(table, key)
    if row is None:
        raise NoSuchRecordError(kind, key)
    return row


def require_all(session: Session, column: InstrumentedAttribute[int], kind: str, ids: Iterable[int]) -> None:
    """Raise NoSuchRecordError for the first id that is not there."""
    wanted = list(ids)
    there = set(session.scalars(select(column).where(is_one_of(column, wanted))))
    for key in wanted:
        if key not in there:
            raise NoSuchRecordError(kind, key)


def named(value: str, what: str) -> str:
    """Return a name as it is stored: without blanks around it, in valid Unicode.

    Raises:
        InvalidRecordError: nothing is left of it.
    """
    text = readable(value).strip()
    if not text:
        raise InvalidRecordError(f"{what} needs a name; this one is empty.")
    return text


def readable(value: str) -> str:
    """Return text that a database takes: bytes of a file name that were no UTF-8 become a visible sign."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def readable_or_none(value: str | None) -> str | None:
    return None if value is None or not value.strip() else readable(value).strip()
