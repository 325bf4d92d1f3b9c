"""The owner's end of a process that computes: start it, hand it a task, follow its progress, survive its death.

There are two of a kind, `python -m app.worker`: one trains, one scores files meanwhile (docs/adr/0016). Both sides
write one JSON object a line:
    owner  -> worker   {"id": 7, "task": "train", "spec": {...}}     {"cancel": 7}
    worker -> owner    {"event": "ready"} once, when everything is imported
                       {"id": 7, "event": "progress", "stage", "done", "total"} ...
                       then "result" with its result, "refused" with a sentence, or "cancelled"
Its standard error goes to a log file of the workspace.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from app.services.errors import ClosingError, WorkerDiedError, WorkerRefusedError
from app.services.jobs import JobCancelled, StageReport

PROJECT = Path(__file__).resolve().parents[2]
SECONDS_TO_CANCEL = 15.0
Message = dict[str, Any]


@dataclass(frozen=True)
class Role:
    """What a process is for."""

    name: str  # in sentences
    log_name: str
    nice: int  # how far it steps back behind pages and others


TRAINING = Role("training", "worker.log", nice=5)
SCORING = Role("scoring", "scoring.log", nice=0)  # three times the training's share of a core both want


class WorkerProcess:
    """One running process and the lines it has written."""

    def __init__(self, workspace: Path, device: str, role: Role, log: IO[bytes]) -> None:
        self.lines: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self.is_ready = False  # has imported everything
        self._role = role
        options = ["--workspace", str(workspace), "--device", device, "--nice", str(role.nice)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.worker", *options],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={
                "OMP_WAIT_POLICY": "PASSIVE",
                **os.environ,
                "PYTHONUNBUFFERED": "1",
            },  # waiting threads sleep
            start_new_session=True,  # Ctrl+C reaches the owner alone, which then ends the worker in order
        )
        threading.Thread(target=self._read, name="twinbank-worker-reader", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def send(self, message: Mapping[str, object]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise self.death() from error

    def death(self) -> WorkerDiedError:
        """Return the error that says how the process ended."""
        return WorkerDiedError(self._role.name, self._how_it_ended())

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "it closed its pipe"
        if code >= 0:
            return f"exit code {code}"
        name = signal.Signals(-code).name
        return f"{name}, often a lack of memory" if name == "SIGKILL" else name

    def end(self) -> None:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()  # the worker leaves when its input ends
        try:
            self._process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=5)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                message = json.loads(line)
            except json.JSONDecodeError:
                continue
            if message.get("event") == "ready":
                self.is_ready = True
            else:
                self.lines.put(message)
        self.lines.put(None)


class WorkerLink:
    """Hands tasks to a process one at a time; starts it when it is not there."""

    def __init__(self, workspace: Path, device: str, role: Role) -> None:
        self._workspace = workspace
        self._device = device
        self._role = role
        self._turn = threading.Lock()
        self._process: WorkerProcess | None = None
        self._task_id = 0
        self._is_closed = False

    @property
    def log_file(self) -> Path:
        return self._workspace / "logs" / self._role.log_name

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process and process.is_alive() else None

    @property
    def is_busy(self) -> bool:
        return self._turn.locked()

    @property
    def is_ready(self) -> bool:
        """Whether a task would begin without waiting for a process to start."""
        process = self._process
        return process is not None and process.is_ready and process.is_alive()

    def warm_up(self) -> None:
        """Start the process now, so that the first task does not wait for its imports."""
        if self._turn.acquire(blocking=False):
            try:
                self._started()
            finally:
                self._turn.release()

    def run(
        self,
        task: str,
        spec: Mapping[str, object],
        report: StageReport,
        is_cancelled: Callable[[], bool] = lambda: False,
        log: Callable[[str], None] | None = None,
    ) -> Message:
        """Carry out one task and return its result.

        Args:
            report: called from this thread with every progress line.
            is_cancelled: asked a few times a second; the worker has 15 s to stop, then it is ended.
            log: receives what the process wrote to its standard error meanwhile.

        Raises:
            WorkerDiedError: the process ended without an answer.
            WorkerRefusedError: it answered with a sentence.
            JobCancelled: it stopped as asked.
            ClosingError: the workspace is being closed.
        """
        with self._turn:
            offset = self._log_size()
            try:
                return self._run(task, spec, report, is_cancelled)
            finally:
                if log is not None:
                    self._copy_log(offset, log)

    def run_if_free(
        self, task: str, spec: Mapping[str, object], report: StageReport = lambda *_: None
    ) -> Message | None:
        """Carry out a task that takes a moment; None, at once, where another one is under way or the process is cold.

        Raises:
            WorkerDiedError, WorkerRefusedError, ClosingError
        """
        if not self._turn.acquire(blocking=False):
            return None
        try:
            if self.pid is None:  # starting takes seconds: let it begin, and be asked again
                self._started()
                return None
            return self._run(task, spec, report, lambda: False)
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the process for good; a task under way is cancelled, those that wait for their turn are refused."""
        self._is_closed = True
        with self._turn:
            if self._process is not None:
                self._process.end()
                self._process = None

    def _run(
        self, task: str, spec: Mapping[str, object], report: StageReport, is_cancelled: Callable[[], bool]
    ) -> Message:
        process = self._started()
        self._task_id += 1
        process.send({"id": self._task_id, "task": task, "spec": spec})
        asked_to_cancel: float | None = None
        while True:
            message = self._next(process)
            if message is not None and message.get("id") == self._task_id:
                if message["event"] == "cancelled":
                    raise self._why_it_stopped(is_cancelled)
                answer = self._answer(message, report)
                if answer is not None:
                    return answer
            if asked_to_cancel is None and (self._is_closed or is_cancelled()):
                asked_to_cancel = time.monotonic()
                process.send({"cancel": self._task_id})
            if asked_to_cancel is not None and time.monotonic() - asked_to_cancel > SECONDS_TO_CANCEL:
                process.end()
                raise self._why_it_stopped(is_cancelled)

    def _why_it_stopped(self, is_cancelled: Callable[[], bool]) -> Exception:
        return ClosingError() if self._is_closed and not is_cancelled() else JobCancelled()

    def _next(self, process: WorkerProcess) -> Message | None:
        try:
            message = process.lines.get(timeout=0.2)
        except queue.Empty:
            return None
        if message is None:
            raise process.death()
        return message

    def _answer(self, message: Message, report: StageReport) -> Message | None:
        event = message["event"]
        if event == "progress":
            report(message["stage"], message["done"], message["total"])
        elif event == "refused":
            raise WorkerRefusedError(message["sentence"])
        elif event == "result":
            return dict(message["result"])
        return None

    def _started(self) -> WorkerProcess:
        if self._is_closed:
            raise ClosingError()
        if self._process is None or not self._process.is_alive():
            self.log_file.parent.mkdir(parents=True, exist_ok=True)
            with self.log_file.open("ab") as log:
                self._process = WorkerProcess(self._workspace, self._device, self._role, log)
        return self._process

    def _log_size(self) -> int:
        return self.log_file.stat().st_size if self.log_file.exists() else 0

    def _copy_log(self, offset: int, log: Callable[[str], None]) -> None:
        if self._log_size() <= offset:
            return
        with self.log_file.open("rb") as file:
            file.seek(offset)
            for line in file.read().decode("utf-8", "replace").splitlines():
                log(line)
