"""Images that a person left for later in a queue. Only ever added to; the newest entry of an image counts."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.queries import require
from storage.records import Skip
from storage.tables import ImageTable, SkipTable


class Skips:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, image_id: int, queue: str, author: str, at: datetime) -> None:
        """Leave an image for later.

        Raises:
            NoSuchRecordError: there is no such image.
        """
        require(self._session, ImageTable, "image", image_id)
        self._session.add(SkipTable(image_id=image_id, queue=queue, author=author, at=at))
        self._session.flush()

    def newest(self, author: str, queue: str) -> tuple[Skip, ...]:
        """Return the newest skip of each image that this person left in this queue, the longest ago first."""
        newest = select(func.max(SkipTable.id)).where(SkipTable.author == author, SkipTable.queue == queue)
        query = select(SkipTable.image_id, SkipTable.at).where(
            SkipTable.id.in_(newest.group_by(SkipTable.image_id))
        )
        return tuple(Skip(*row) for row in self._session.execute(query.order_by(SkipTable.id)))

    def last(self, author: str, count: int) -> tuple[Skip, ...]:
        """Return what this person left last, in any queue, newest first."""
        query = select(SkipTable.image_id, SkipTable.at).where(SkipTable.author == author)
        rows = self._session.execute(query.order_by(SkipTable.id.desc()).limit(count))
        return tuple(Skip(*row) for row in rows)
