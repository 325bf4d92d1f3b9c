"""The audit trail: who did what, when. Only ever added to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.records import Event
from storage.tables import EventTable


class Events:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, author: str, at: datetime, what: str, details: Mapping[str, Any]) -> Event:
        row = EventTable(author=author, at=at, what=what, details=dict(details))
        self._session.add(row)
        self._session.flush()
        return _record(row)

    def newest(self, count: int = 100) -> tuple[Event, ...]:
        """Newest first."""
        rows = self._session.scalars(select(EventTable).order_by(EventTable.id.desc()).limit(count))
        return tuple(_record(row) for row in rows)

    def of(self, what: str) -> tuple[Event, ...]:
        """All events of one kind, oldest first."""
        rows = self._session.scalars(
            select(EventTable).where(EventTable.what == what).order_by(EventTable.id)
        )
        return tuple(_record(row) for row in rows)


def _record(row: EventTable) -> Event:
    return Event(row.id, row.author, row.at, row.what, dict(row.details))
