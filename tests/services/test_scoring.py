"""Files are scored whatever else is under way: a line never waits for a lesson, and neither takes the other along."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from app.services import Services
from app.services.errors import ClosingError, TooManyWaitingError, WorkerDiedError
from app.services.importing import silent
from app.services.scoring import MOST_AT_ONCE, FileScore, ScoringService
from app.services.views import IncomingFile
from app.services.worker_link import SCORING, WorkerLink
from app.worker.__main__ import step_back
from tests.services.parts import part
from tests.small import open_small

pytestmark = pytest.mark.slow

MINUTES = 300  # seconds a job may take on a busy machine
FILES = [IncomingFile(f"{seed}.png", part(900 + seed, spot=6 * (seed % 2)).png) for seed in range(3)]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A first model of discs, in use."""
    opened = open_small(tmp_path_factory.mktemp("scoring") / "workspace")
    good = [IncomingFile(f"good-{seed}.png", part(seed).png) for seed in range(10)]
    opened.importing.import_files(good, "disc", "Ada", "good")
    finished(opened, opened.teaching.start_fit("Ada"))
    yield opened
    opened.close()


def finished(services: Services, job_id: int) -> None:
    job = services.jobs.wait(job_id, MINUTES)
    assert job.state == "done", services.teaching.log(job_id)


def scores(services: Services) -> tuple[FileScore, ...]:
    return services.scoring.score_files(FILES, None, silent, with_heatmaps=True)


@contextmanager
def lesson_under_way(services: Services) -> Iterator[int]:
    """A model is being built, and does not get on until the block is left."""
    job = services.teaching.start_fit("Ada")
    while services.teaching.job(job).stage in ("", "Starting"):
        time.sleep(0.02)
    pid = services.worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield job
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def test_file_scores_the_same_while_a_lesson_runs(services: Services) -> None:
    idle = scores(services)
    assert all(score.score is not None and score.error is None for score in idle)

    with lesson_under_way(services) as job:
        meanwhile = scores(services)
        assert services.jobs.view(job).is_active

    assert meanwhile == idle
    finished(services, job)


def test_death_of_the_scoring_process_leaves_the_lesson_alone(services: Services) -> None:
    before = scores(services)
    while not services.scorer.is_ready:
        time.sleep(0.05)
    with lesson_under_way(services) as job:
        pid = services.scorer.pid
        assert pid is not None and pid != services.worker.pid
        os.kill(pid, signal.SIGKILL)
        while services.scorer.pid is not None:
            time.sleep(0.02)
        assert scores(services) == before  # by a new process
        assert services.scorer.pid not in (None, pid)
    finished(services, job)


def test_death_of_the_training_process_leaves_scoring_alone(services: Services) -> None:
    before = scores(services)
    while not services.scorer.is_ready:
        time.sleep(0.05)
    scoring = services.scorer.pid
    with lesson_under_way(services) as job:
        assert services.worker.pid is not None
        os.kill(services.worker.pid, signal.SIGKILL)
        assert services.jobs.wait(job, MINUTES).state == "failed"
        assert scores(services) == before
        assert services.scorer.pid == scoring and services.worker.pid is None


def test_one_request_more_than_may_wait_is_told_to_come_again(services: Services) -> None:
    scores(services)
    while not services.scorer.is_ready:
        time.sleep(0.05)
    pid = services.scorer.pid
    assert pid is not None
    with ThreadPoolExecutor(MOST_AT_ONCE + 1) as pool:
        os.kill(pid, signal.SIGSTOP)
        try:
            asked = [pool.submit(scores, services) for _ in range(MOST_AT_ONCE + 1)]
            refused = next(as_completed(asked, MINUTES))
            with pytest.raises(TooManyWaitingError, match=str(MOST_AT_ONCE)):
                refused.result()
        finally:
            os.kill(pid, signal.SIGCONT)
        answers = {found.result(MINUTES) for found in asked if found is not refused}
    assert answers == {scores(services)}  # and there is room again


def test_close_ends_what_is_scored_and_refuses_what_waits(services: Services) -> None:
    link = WorkerLink(services.path, "cpu", SCORING)
    scoring = ScoringService(services._workspace, services.jobs, link, link)
    before = scoring.score_files(FILES, None, silent)
    assert link.pid is not None and len(before) == len(FILES)
    os.kill(link.pid, signal.SIGSTOP)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(scoring.score_files, FILES, None, silent) for _ in range(2)]
        while not link.is_busy:
            time.sleep(0.02)
        link.close()  # the process does not answer: it is ended
        for found in asked:
            with pytest.raises(ClosingError):
                found.result(MINUTES)
    assert link.pid is None
    with pytest.raises(ClosingError):
        scoring.score_files(FILES, None, silent)


def test_file_that_comes_first_does_not_wait_for_a_process_to_start(
    services: Services, tmp_path: Path
) -> None:
    before = scores(services)
    services.worker.warm_up()
    while not services.worker.is_ready:
        time.sleep(0.05)

    class Starting(WorkerLink):
        """A process that is asked to start and takes for ever."""

        asked = 0

        def warm_up(self) -> None:
            self.asked += 1

    starting = Starting(tmp_path, "cpu", SCORING)
    scoring = ScoringService(services._workspace, services.jobs, services.worker, starting)

    assert scoring.score_files(FILES, None, silent, with_heatmaps=True) == before
    assert starting.asked == 1 and starting.pid is None


def test_death_is_told_with_the_name_of_the_process_that_died(tmp_path: Path) -> None:
    link = WorkerLink(tmp_path, "cpu", SCORING)
    link.warm_up()
    while not link.is_ready:
        time.sleep(0.05)
    assert link.pid is not None
    os.kill(link.pid, signal.SIGSTOP)  # dies with the task in its hands

    def killed(*_: object) -> bool:
        assert link.pid is not None
        os.kill(link.pid, signal.SIGKILL)
        return False

    with pytest.raises(WorkerDiedError, match=r"scoring process .* \(SIGKILL"):
        link.run("warm_up", {}, silent, killed)
    link.close()


def test_process_that_was_closed_does_not_start_again(tmp_path: Path) -> None:
    link = WorkerLink(tmp_path, "cpu", SCORING)
    link.close()
    with pytest.raises(ClosingError, match="start it again"):
        link.run("warm_up", {}, silent)
    assert link.pid is None


def test_training_steps_back_behind_other_sessions_too(tmp_path: Path) -> None:
    step_back(0, tmp_path / "autogroup")  # 0: this test's own process stays as it is
    assert (tmp_path / "autogroup").read_text() == "0"
    step_back(0, tmp_path / "no such folder" / "autogroup")  # where the system has no such thing
