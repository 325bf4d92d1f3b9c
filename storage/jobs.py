"""Jobs: long work, its progress and its end. The only records that change while they are looked at."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.errors import InvalidRecordError
from storage.queries import require
from storage.records import Job, JobKind, JobState
from storage.tables import JobTable

_CHANGEABLE = {"state", "stage", "done", "total", "message", "started_at", "finished_at", "result", "error"}
_ACTIVE = (JobState.QUEUED, JobState.RUNNING)
ORPHANED = (
    "Twinbank was stopped while this was under way. What was in use before stays in use; start it again."
)


class Jobs:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, kind: JobKind, author: str, at: datetime, spec: Mapping[str, Any]) -> Job:
        """Queue a job."""
        row = JobTable(
            kind=JobKind(kind),
            state=JobState.QUEUED,
            stage="",
            done=0,
            total=0,
            message="",
            author=author,
            created_at=at,
            spec=dict(spec),
        )
        self._session.add(row)
        self._session.flush()
        return _record(row)

    def update(self, job_id: int, **fields: Any) -> Job:
        """Change the named fields of a job: state, stage, done, total, message, started_at, finished_at, result, error.

        Raises:
            NoSuchRecordError: there is no such job.
            InvalidRecordError: a field of that name can't change.
        """
        unknown = sorted(set(fields) - _CHANGEABLE)
        if unknown:
            raise InvalidRecordError(f"A job's {', '.join(unknown)} can't be changed.")
        row: JobTable = require(self._session, JobTable, "job", job_id)
        for name, value in fields.items():
            setattr(row, name, JobState(value) if name == "state" else value)
        self._session.flush()
        return _record(row)

    def get(self, job_id: int) -> Job | None:
        row = self._session.get(JobTable, job_id)
        return None if row is None else _record(row)

    def current(self) -> Job | None:
        """Return the job that runs, else the newest that waits; an export only where there is nothing else."""
        query = select(JobTable).where(JobTable.state.in_(_ACTIVE))
        first = (JobTable.kind == JobKind.EXPORT, (JobTable.state == JobState.RUNNING).desc())
        row = self._session.scalars(query.order_by(*first, JobTable.id.desc()).limit(1)).one_or_none()
        return None if row is None else _record(row)

    def latest(self, kind: JobKind | None = None) -> Job | None:
        """Return the newest job, of any kind or of this one."""
        query = select(JobTable).order_by(JobTable.id.desc()).limit(1)
        if kind is not None:
            query = query.where(JobTable.kind == kind)
        row = self._session.scalars(query).one_or_none()
        return None if row is None else _record(row)

    def recent(self, kind: JobKind, limit: int) -> list[Job]:
        """Return the newest jobs of a kind, the newest first."""
        query = select(JobTable).where(JobTable.kind == kind).order_by(JobTable.id.desc()).limit(limit)
        return [_record(row) for row in self._session.scalars(query)]

    def fail_orphans(self, at: datetime) -> int:
        """Mark what a dead owner left queued or running as failed; returns how many. For the owner, at its start."""
        rows = self._session.scalars(select(JobTable).where(JobTable.state.in_(_ACTIVE))).all()
        for row in rows:
            row.state, row.finished_at, row.error = JobState.FAILED, at, ORPHANED
        self._session.flush()
        return len(rows)


def _record(row: JobTable) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        state=row.state,
        stage=row.stage,
        done=row.done,
        total=row.total,
        message=row.message,
        author=row.author,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        spec=dict(row.spec),
        result=None if row.result is None else dict(row.result),
        error=row.error,
    )
