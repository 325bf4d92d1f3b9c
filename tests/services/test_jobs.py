import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services.authorship import now
from app.services.errors import InvalidRequestError, JobRunningError, UnknownJobError
from app.services.jobs import JobControl, JobRunner
from storage.records import JobKind
from storage.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace.create(tmp_path / "workspace")
    yield opened
    opened.close()


@pytest.fixture
def runner(workspace: Workspace) -> Iterator[JobRunner]:
    opened = JobRunner(workspace)
    yield opened
    opened.close()


def until_cancelled(control: JobControl) -> dict[str, object]:
    for number in range(10_000):
        control.report("Counting", number, 10_000)
        time.sleep(0.01)
    return {}


def test_result_of_a_job_is_kept(runner: JobRunner) -> None:
    job = runner.wait(runner.start(JobKind.FIT, "Ada", {"a": 1}, lambda control: {"answer": 42}), 10)

    assert (job.state, job.result, job.author, job.error) == ("done", {"answer": 42}, "Ada", None)
    assert "Done." in runner.log(job.id)


def test_cancelled_job_ends_as_cancelled(runner: JobRunner) -> None:
    job_id = runner.start(JobKind.TEACH, "Ada", {}, until_cancelled)
    while runner.view(job_id).done == 0:
        time.sleep(0.01)

    runner.cancel(job_id)

    job = runner.wait(job_id, 10)
    assert job.state == "cancelled" and job.error is not None and "stays in use" in job.error
    assert runner.current() is None


def test_an_export_neither_waits_for_a_lesson_nor_keeps_one_from_starting(runner: JobRunner) -> None:
    lesson = runner.start(JobKind.TEACH, "Ada", {}, until_cancelled)
    export = runner.wait(runner.start(JobKind.EXPORT, "Bo", {}, lambda control: {"images": 3}), 10)
    long = runner.start(JobKind.EXPORT, "Bo", {}, until_cancelled)

    assert (export.state, export.result) == ("done", {"images": 3})
    now_shown = runner.current()
    assert now_shown is not None and now_shown.id == lesson
    runner.cancel(lesson)
    runner.wait(lesson, 10)
    assert runner.wait(runner.start(JobKind.TEACH, "Ada", {}, lambda control: {}), 10).state == "done"
    runner.cancel(long)
    assert runner.wait(long, 10).error == "Cancelled. Nothing was exported."


def test_progress_has_a_rate_and_time_left(runner: JobRunner) -> None:
    job_id = runner.start(JobKind.TEACH, "Ada", {}, until_cancelled)
    deadline = time.monotonic() + 10
    while (view := runner.view(job_id)).rate is None and time.monotonic() < deadline:
        time.sleep(0.05)
    runner.cancel(job_id)

    assert view.rate is not None and view.seconds_left is not None
    assert view.seconds_left == pytest.approx((view.total - view.done) / view.rate)


def test_known_error_is_shown_as_its_sentence(runner: JobRunner) -> None:
    def work(control: JobControl) -> dict[str, object]:
        raise InvalidRequestError("The lamp is off.")

    job = runner.wait(runner.start(JobKind.TEACH, "Ada", {}, work), 10)

    assert (job.state, job.error) == ("failed", "The lamp is off.")


def test_unexpected_error_fails_the_job_and_its_log_has_the_traceback(runner: JobRunner) -> None:
    def work(control: JobControl) -> dict[str, object]:
        raise ZeroDivisionError("oops")

    job = runner.wait(runner.start(JobKind.TEACH, "Ada", {}, work), 10)

    assert job.state == "failed" and job.error is not None and "oops" in job.error
    assert "Traceback" in runner.log(job.id)


def test_second_job_is_refused_but_scoring_waits_its_turn(runner: JobRunner) -> None:
    first = runner.start(JobKind.TEACH, "Ada", {}, until_cancelled)
    with pytest.raises(JobRunningError, match="teach"):
        runner.start(JobKind.FIT, "Ada", {}, lambda control: {})
    scoring = runner.start(JobKind.SCORE, "Ada", {}, lambda control: {"scored": 3})
    assert runner.has_waiting(JobKind.SCORE)

    runner.cancel(first)

    assert runner.wait(scoring, 10).result == {"scored": 3}
    assert not runner.has_waiting(JobKind.SCORE)


def test_job_that_finishes_in_a_transaction_is_undone_with_it(
    runner: JobRunner, workspace: Workspace
) -> None:
    def work(control: JobControl) -> dict[str, object]:
        with workspace.writing() as transaction:
            transaction.products.get_or_create("plate")
            control.finish(transaction, {"made": 1})
        return {}

    job = runner.wait(runner.start(JobKind.FIT, "Ada", {}, work), 10)

    assert (job.state, job.result) == ("done", {"made": 1})


def test_restart_marks_what_was_under_way_as_failed(workspace: Workspace) -> None:
    with workspace.writing() as work:
        orphan = work.jobs.add(JobKind.TEACH, "Ada", now(), {})
    runner = JobRunner(workspace)

    job = runner.view(orphan.id)

    assert job.state == "failed" and job.error is not None and "stopped" in job.error
    runner.close()


def test_closing_cancels_what_runs(workspace: Workspace) -> None:
    runner = JobRunner(workspace)
    job_id = runner.start(JobKind.TEACH, "Ada", {}, until_cancelled)
    while runner.view(job_id).state == "queued":
        time.sleep(0.01)

    runner.close()

    with workspace.reading() as work:
        job = work.jobs.get(job_id)
    assert job is not None and job.state == "cancelled"


def test_unknown_job_is_named(runner: JobRunner) -> None:
    with pytest.raises(UnknownJobError, match="77"):
        runner.cancel(77)
