"""Versions: the detectors that were ever made, as rows that never change; their files are in the model store."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.queries import require, require_all
from storage.records import Version, VersionKind
from storage.tables import ImageTable, RevisionTable, VersionTable


class Versions:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        parent_id: int | None,
        kind: VersionKind,
        manifest_sha256: str,
        author: str,
        at: datetime,
        settings: Mapping[str, Any],
        report: Mapping[str, Any],
        lessons: Iterable[int],
        good_image_ids: Iterable[int],
        products: Iterable[str],
    ) -> Version:
        """Record a version whose files the model store has adopted.

        Raises:
            NoSuchRecordError: the parent, a lesson's revision or a good image is unknown.
        """
        taught, good = list(lessons), list(good_image_ids)
        if parent_id is not None:
            require(self._session, VersionTable, "version", parent_id)
        require_all(self._session, RevisionTable.id, "revision", taught)
        require_all(self._session, ImageTable.id, "image", good)
        row = VersionTable(
            parent_id=parent_id,
            kind=VersionKind(kind),
            manifest_sha256=manifest_sha256,
            author=author,
            created_at=at,
            settings=dict(settings),
            report=dict(report),
            lessons=taught,
            good_image_ids=good,
            products=list(products),
        )
        self._session.add(row)
        self._session.flush()
        return _record(row)

    def get(self, version_id: int) -> Version | None:
        row = self._session.get(VersionTable, version_id)
        return None if row is None else _record(row)

    def newest(self) -> Version | None:
        row = self._session.scalar(select(VersionTable).order_by(VersionTable.id.desc()).limit(1))
        return None if row is None else _record(row)

    def ids(self) -> tuple[int, ...]:
        """Oldest first."""
        return tuple(self._session.scalars(select(VersionTable.id).order_by(VersionTable.id)))

    def all(self) -> tuple[Version, ...]:
        """Oldest first."""
        return tuple(
            _record(row) for row in self._session.scalars(select(VersionTable).order_by(VersionTable.id))
        )


def _record(row: VersionTable) -> Version:
    return Version(
        id=row.id,
        parent_id=row.parent_id,
        kind=row.kind,
        manifest_sha256=row.manifest_sha256,
        author=row.author,
        created_at=row.created_at,
        settings=dict(row.settings),
        report=dict(row.report),
        lessons=tuple(row.lessons),
        good_image_ids=tuple(row.good_image_ids),
        products=tuple(row.products),
    )
