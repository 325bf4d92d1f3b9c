"""Run long work one at a time in a thread of its own, and exports beside it; it goes on when the page is closed."""

import queue
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.services.authorship import checked_author, now
from app.services.errors import JobRunningError, ServiceError, StorageError, UnknownJobError
from app.services.views import JobView
from storage.records import Job, JobKind, JobState
from storage.workspace import Work, Workspace

StageReport = Callable[[str, int, int], None]  # (stage, done, total)
ACTIVE = (JobState.QUEUED, JobState.RUNNING)
WAITING = frozenset({JobKind.SCORE, JobKind.EXPORT})  # never refused, and nothing is refused because of them
SECONDS_BETWEEN_ROWS = 1.0
CANCELLED = "Cancelled. What was in use before stays in use."
NOT_EXPORTED = "Cancelled. Nothing was exported."


class JobCancelled(Exception):
    """Raised inside a job when a person has cancelled it."""


@dataclass
class StageClock:
    """Where a running job stands, and how quickly its present stage goes."""

    stage: str = ""
    done: int = 0
    total: int = 0
    first_done: int = 0
    started: float = field(default_factory=time.monotonic)
    row_written: float = 0.0

    def advance(self, stage: str, done: int, total: int) -> bool:
        """Take a report; tell whether it is time to write it down."""
        moment = time.monotonic()
        is_new_stage = stage != self.stage
        if is_new_stage:
            self.started, self.first_done = moment, done
        self.stage, self.done, self.total = stage, done, total
        if is_new_stage or moment - self.row_written >= SECONDS_BETWEEN_ROWS:
            self.row_written = moment
            return True
        return False

    def rate(self) -> float | None:
        elapsed = time.monotonic() - self.started
        units = self.done - self.first_done
        return units / elapsed if units > 0 and elapsed > 0.2 else None


class JobControl:
    """A job's own hold on the runner: report, be cancelled, write to the log, finish."""

    def __init__(
        self, job_id: int, workspace: Workspace, log_file: Path, when_cancelled: str = CANCELLED
    ) -> None:
        self.job_id = job_id
        self.when_cancelled = when_cancelled  # the sentence a person reads
        self.cancelled = threading.Event()
        self.clock = StageClock()
        self.is_finished = False
        self._workspace = workspace
        self._log_file = log_file

    def note(self, stage: str, done: int, total: int) -> None:
        """Record where the work stands."""
        if stage != self.clock.stage:
            self.log(f"{stage} ({total})")
        if self.clock.advance(stage, done, total):
            with self._workspace.writing() as work:
                work.jobs.update(self.job_id, stage=stage, done=done, total=total)

    def report(self, stage: str, done: int, total: int) -> None:
        """Record where the work stands.

        Raises:
            JobCancelled: a person has cancelled the job.
        """
        if self.cancelled.is_set():
            raise JobCancelled()
        self.note(stage, done, total)

    def finish(self, work: Work, result: Mapping[str, object]) -> None:
        """Mark the job done inside the transaction that stores what it made."""
        work.jobs.update(self.job_id, state=JobState.DONE, finished_at=now(), result=dict(result), message="")
        self.is_finished = True

    def log(self, text: str) -> None:
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        with self._log_file.open("a", encoding="utf-8") as file:
            file.write(f"{now():%Y-%m-%d %H:%M:%S} {text.rstrip()}\n")


JobWork = Callable[[JobControl], Mapping[str, object]]


class _Lane:
    """A queue of jobs and the thread that runs them one after the other."""

    def __init__(self, name: str, run: Callable[[JobControl, JobWork], None]) -> None:
        self._run = run
        self._queue: queue.SimpleQueue[tuple[JobControl, JobWork] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run_all, name=name, daemon=True)
        self._thread.start()

    def put(self, control: JobControl, work: JobWork) -> None:
        self._queue.put((control, work))

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join(timeout=30)

    def _run_all(self) -> None:
        while (item := self._queue.get()) is not None:
            self._run(*item)


class JobRunner:
    """The long work of a workspace: one queue for all that changes it, and one for exports, which only read."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._controls: dict[int, JobControl] = {}
        with workspace.writing() as work:
            work.jobs.fail_orphans(now())
        self._changes = _Lane("twinbank-jobs", self._run)
        self._exports = _Lane("twinbank-exports", self._run)

    def start(self, kind: JobKind, author: str, spec: Mapping[str, object], work: JobWork) -> int:
        """Queue a job and return its id. Scoring and exports wait their turn; anything else only behind scoring.

        Raises:
            JobRunningError: other long work is under way.
        """
        with self._lock, self._workspace.writing() as transaction:
            if kind not in WAITING:
                self._refuse_a_second(transaction)
            job = transaction.jobs.add(kind, checked_author(author), now(), dict(spec))
            sentence = NOT_EXPORTED if kind is JobKind.EXPORT else CANCELLED
            control = JobControl(job.id, self._workspace, self.log_file(job.id), sentence)
            self._controls[job.id] = control
        (self._exports if kind is JobKind.EXPORT else self._changes).put(control, work)
        return job.id

    def has_waiting(self, kind: JobKind) -> bool:
        """Tell whether a job of this kind is queued and has not begun."""
        with self._workspace.reading() as work:
            jobs = [work.jobs.get(job_id) for job_id in list(self._controls)]
        return any(job is not None and job.kind is kind and job.state is JobState.QUEUED for job in jobs)

    def is_wanted(self) -> bool:
        """Tell whether a job that a person asked for waits behind scoring."""
        return any(self.has_waiting(kind) for kind in JobKind if kind not in WAITING)

    def cancel(self, job_id: int) -> None:
        """Ask a job to stop; one that has ended stays as it is.

        Raises:
            UnknownJobError: there never was such a job.
        """
        self.view(job_id)
        control = self._controls.get(job_id)
        if control is not None:
            control.cancelled.set()

    def view(self, job_id: int) -> JobView:
        with self._workspace.reading() as work:
            job = work.jobs.get(job_id)
        if job is None:
            raise UnknownJobError(job_id)
        return self._view(job)

    def current(self) -> JobView | None:
        with self._workspace.reading() as work:
            job = work.jobs.current()
        return self._view(job) if job else None

    def recent(self, kind: JobKind, limit: int) -> tuple[JobView, ...]:
        """Return the newest jobs of a kind, the newest first."""
        with self._workspace.reading() as work:
            jobs = work.jobs.recent(kind, limit)
        return tuple(map(self._view, jobs))

    def latest(self, kind: JobKind | None = None) -> JobView | None:
        with self._workspace.reading() as work:
            job = work.jobs.latest(kind)
        return self._view(job) if job else None

    def log(self, job_id: int) -> str:
        self.view(job_id)
        file = self.log_file(job_id)
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def log_file(self, job_id: int) -> Path:
        return self._workspace.path / "logs" / f"job-{job_id}.log"

    def wait(self, job_id: int, timeout: float | None = None) -> JobView:
        """Block until the job has ended (or `timeout` seconds have passed) and return it."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (view := self.view(job_id)).is_active:
            if deadline is not None and time.monotonic() > deadline:
                return view
            time.sleep(0.05)
        return view

    def close(self) -> None:
        """Cancel what runs and end the threads; a job that was under way is marked cancelled."""
        for control in list(self._controls.values()):
            control.cancelled.set()
        self._changes.close()
        self._exports.close()

    def _refuse_a_second(self, work: Work) -> None:
        for job_id in list(self._controls):
            job = work.jobs.get(job_id)
            if job is not None and job.state in ACTIVE and job.kind not in WAITING:
                raise JobRunningError(job.kind.value)

    def _run(self, control: JobControl, work: JobWork) -> None:
        try:
            self._try(control, work)
        finally:
            self._controls.pop(control.job_id, None)

    def _try(self, control: JobControl, work: JobWork) -> None:
        try:
            control.report("Starting", 0, 0)
            self._update(control, state=JobState.RUNNING, started_at=now())
            result = work(control)
            if not control.is_finished:
                with self._workspace.writing() as transaction:
                    control.finish(transaction, result)
            control.log("Done.")
        except JobCancelled:
            control.log("Cancelled.")
            self._end(control, JobState.CANCELLED, control.when_cancelled)
        except (ServiceError, StorageError) as error:
            control.log(f"Failed: {error}")
            self._end(control, JobState.FAILED, str(error))
        except Exception as error:  # noqa: BLE001 - the thread's outermost edge; the log keeps the traceback
            control.log(traceback.format_exc())
            reason = f"{type(error).__name__}: {error}"
            self._end(
                control,
                JobState.FAILED,
                f"It stopped with an unexpected error ({reason}); the log says where.",
            )

    def _end(self, control: JobControl, state: JobState, sentence: str) -> None:
        if not control.is_finished:
            self._update(control, state=state, finished_at=now(), error=sentence)

    def _update(self, control: JobControl, **fields: object) -> None:
        with self._workspace.writing() as work:
            work.jobs.update(control.job_id, **fields)

    def _view(self, job: Job) -> JobView:
        control = self._controls.get(job.id)
        is_active = job.state in ACTIVE
        clock = control.clock if control and is_active and control.clock.stage else None
        done, total = (clock.done, clock.total) if clock else (job.done, job.total)
        rate = clock.rate() if clock else None
        return JobView(
            id=job.id,
            kind=job.kind.value,
            state=job.state.value,
            stage=clock.stage if clock else job.stage,
            done=done,
            total=total,
            rate=rate,
            seconds_left=(total - done) / rate if rate and total else None,
            message=job.message,
            error=job.error,
            result=job.result,
            spec=job.spec,
            author=job.author,
            created_at=job.created_at,
            is_active=is_active,
        )
