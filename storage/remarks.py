"""Remarks: what persons write about an image. Only ever added to."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.queries import named, require
from storage.records import Remark
from storage.tables import ImageTable, RemarkTable


class Remarks:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, image_id: int, text: str, author: str, at: datetime) -> Remark:
        """Write a remark.

        Raises:
            NoSuchRecordError: there is no such image.
            InvalidRecordError: the text is empty.
        """
        require(self._session, ImageTable, "image", image_id)
        row = RemarkTable(image_id=image_id, text=named(text, "A remark"), author=author, at=at)
        self._session.add(row)
        self._session.flush()
        return Remark(row.image_id, row.text, row.author, row.at)

    def of(self, image_id: int) -> tuple[Remark, ...]:
        """Return what was written about an image, oldest first."""
        query = select(RemarkTable.image_id, RemarkTable.text, RemarkTable.author, RemarkTable.at)
        query = query.where(RemarkTable.image_id == image_id).order_by(RemarkTable.id)
        return tuple(Remark(*row) for row in self._session.execute(query))
