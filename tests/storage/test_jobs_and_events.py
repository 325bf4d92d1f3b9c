"""Jobs change while they run and are failed when their owner died; events only pile up."""

import pytest

from storage.errors import InvalidRecordError, NoSuchRecordError
from storage.records import JobKind, JobState
from storage.workspace import Workspace
from tests.storage.examples import NOON


def test_job_goes_from_queued_to_done(workspace: Workspace) -> None:
    with workspace.writing() as work:
        job = work.jobs.add(JobKind.TEACH, "Ada", NOON, {"lessons": [1]})
        assert (job.state, job.result) == (JobState.QUEUED, None)
        work.jobs.update(job.id, state=JobState.RUNNING, started_at=NOON, stage="Reading", done=1, total=4)
        assert work.jobs.current() == work.jobs.get(job.id)
        work.jobs.update(job.id, state=JobState.DONE, finished_at=NOON, result={"version_id": 2})

    with workspace.reading() as work:
        assert work.jobs.current() is None
        found = work.jobs.latest(JobKind.TEACH)
        assert work.jobs.latest(JobKind.FIT) is None
        assert work.jobs.get(99) is None
    assert found is not None
    assert (found.result, found.spec, found.stage, found.total) == (
        {"version_id": 2},
        {"lessons": [1]},
        "Reading",
        4,
    )


def test_running_job_is_current_before_one_that_waits(workspace: Workspace) -> None:
    with workspace.writing() as work:
        running = work.jobs.add(JobKind.TEACH, "Ada", NOON, {})
        work.jobs.update(running.id, state=JobState.RUNNING)
        waiting = work.jobs.add(JobKind.SCORE, "Ada", NOON, {})
        current, latest = work.jobs.current(), work.jobs.latest()

    assert current is not None and current.id == running.id
    assert latest is not None and latest.id == waiting.id


def test_jobs_of_a_dead_owner_become_failed(workspace: Workspace) -> None:
    with workspace.writing() as work:
        running, queued, done = (work.jobs.add(JobKind.SCORE, "Ada", NOON, {}) for _ in range(3))
        work.jobs.update(running.id, state=JobState.RUNNING)
        work.jobs.update(done.id, state=JobState.DONE)
        assert work.jobs.fail_orphans(NOON) == 2
        states = [work.jobs.get(job.id) for job in (running, queued, done)]

    assert [job.state for job in states if job] == [JobState.FAILED, JobState.FAILED, JobState.DONE]
    assert states[0] is not None and "stopped while this was under way" in str(states[0].error)


def test_update_refuses_what_is_not_progress(workspace: Workspace) -> None:
    with workspace.writing() as work:
        job = work.jobs.add(JobKind.FIT, "Ada", NOON, {})
    with pytest.raises(InvalidRecordError, match="author"), workspace.writing() as work:
        work.jobs.update(job.id, author="Eve")
    with pytest.raises(NoSuchRecordError), workspace.writing() as work:
        work.jobs.update(99, stage="x")


def test_events_come_newest_first(workspace: Workspace) -> None:
    with workspace.writing() as work:
        for what in ("image deleted", "image restored"):
            work.events.add("Ada", NOON, what, {"image_id": 1})

    with workspace.reading() as work:
        assert [event.what for event in work.events.newest()] == ["image restored", "image deleted"]
        assert work.events.newest(1)[0].details == {"image_id": 1}
