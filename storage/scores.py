"""Scores: what each version said about each image. Only ever added to; the newest of an image and version counts."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Select, func, insert, select
from sqlalchemy.orm import Session

from storage.errors import InvalidRecordError
from storage.queries import is_one_of, require_all
from storage.records import NewScore, Score, ScoreSummary
from storage.tables import ImageTable, ScoreTable, VersionTable

_BYTES_PER_PATCH = 2  # float16


class Scores:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, scores: Iterable[NewScore]) -> None:
        """Add scores.

        Raises:
            NoSuchRecordError: an image or a version is unknown; none is added.
            InvalidRecordError: patch scores don't fill their grid; none is added.
        """
        new = list(scores)
        for score in new:
            _check_grid(score)
        require_all(self._session, ImageTable.id, "image", {score.image_id for score in new})
        require_all(self._session, VersionTable.id, "version", {score.version_id for score in new})
        if new:
            self._session.execute(insert(ScoreTable), [_values(score) for score in new])

    def get(self, image_id: int, version_id: int) -> Score | None:
        """Return the newest score of an image by a version."""
        query = _select().where(ScoreTable.image_id == image_id, ScoreTable.version_id == version_id)
        row = self._session.execute(query.order_by(ScoreTable.id.desc()).limit(1)).one_or_none()
        return None if row is None else Score(*row)

    def latest(self, version_id: int, image_ids: Iterable[int] | None = None) -> dict[int, Score]:
        """Return the newest score of each image that the version has scored; of all images, or of these."""
        query = _select().where(ScoreTable.id.in_(_newest(version_id, image_ids)))
        return {row.image_id: Score(*row) for row in self._session.execute(query)}

    def summaries(self, version_id: int, image_ids: Iterable[int] | None = None) -> dict[int, ScoreSummary]:
        """Like `latest`, without what only the heatmap and the evidence need."""
        query = select(
            ScoreTable.image_id, ScoreTable.score, ScoreTable.limit, ScoreTable.call, ScoreTable.taught
        ).where(ScoreTable.id.in_(_newest(version_id, image_ids)))
        return {row.image_id: ScoreSummary(*row) for row in self._session.execute(query)}

    def history(self, image_id: int) -> tuple[Score, ...]:
        """Return every score of an image by any version, oldest first."""
        query = _select().where(ScoreTable.image_id == image_id).order_by(ScoreTable.id)
        return tuple(Score(*row) for row in self._session.execute(query))


def _newest(version_id: int, image_ids: Iterable[int] | None) -> Select[*tuple[Any, ...]]:
    newest = select(func.max(ScoreTable.id)).where(ScoreTable.version_id == version_id)
    if image_ids is not None:
        newest = newest.where(is_one_of(ScoreTable.image_id, image_ids))
    return newest.group_by(ScoreTable.image_id)


def _select() -> Select[*tuple[Any, ...]]:
    return select(*(getattr(ScoreTable, field.name) for field in fields(Score)))


def _values(score: NewScore) -> dict[str, Any]:
    return {**asdict(score), "evidence": dict(score.evidence)}


def _check_grid(score: NewScore) -> None:
    expected = score.grid_height * score.grid_width * _BYTES_PER_PATCH
    if len(score.patch_scores) != expected:
        raise InvalidRecordError(
            f"The patch scores of image {score.image_id} are {len(score.patch_scores)} bytes; a grid of "
            f"{score.grid_height} × {score.grid_width} has {expected}."
        )
