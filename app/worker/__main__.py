"""A process that trains or scores, kept warm: one task a line in, progress and a result out; writes only files.

Started by the process that owns the workspace (services.worker_link shows the lines). It ends when its
input ends, so that it never outlives its owner.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.worker.tasks import TaskRunner
    from core.progress import Progress

SECONDS_BETWEEN_REPORTS = 0.1
Message = dict[str, Any]


class Reporter:
    """Writes one task's lines, and stops the task when the owner asks."""

    def __init__(self, output: IO[bytes], task_id: int, cancelled: set[int]) -> None:
        self._output = output
        self._task_id = task_id
        self._cancelled = cancelled
        self._last_stage = ""
        self._last_time = 0.0

    def progress(self, progress: Progress) -> None:
        """Pass a report on, ten a second at most.

        Raises:
            Cancelled: the owner has asked for it.
        """
        from core.progress import Cancelled

        if self._task_id in self._cancelled:
            raise Cancelled()
        moment = time.monotonic()
        is_due = progress.stage != self._last_stage or progress.done == progress.total
        if is_due or moment - self._last_time >= SECONDS_BETWEEN_REPORTS:
            self._last_stage, self._last_time = progress.stage, moment
            self.write("progress", stage=progress.stage, done=progress.done, total=progress.total)

    def write(self, event: str, **fields: object) -> None:
        self._output.write(json.dumps({"id": self._task_id, "event": event, **fields}).encode() + b"\n")
        self._output.flush()


class Inbox:
    """Reads the owner's lines in a thread: tasks are queued, cancellations take effect at once."""

    def __init__(self, lines: IO[bytes]) -> None:
        self.tasks: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.cancelled: set[int] = set()
        self._lines = lines
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def _read(self) -> None:
        for line in self._lines:
            message = json.loads(line)
            if "cancel" in message:
                self.cancelled.add(message["cancel"])
            else:
                self.tasks.put(message)
        os._exit(0)  # the owner is gone; whatever is half done was only staged


def run_task(make_runner: Callable[[], TaskRunner], message: Message, reporter: Reporter) -> None:
    """Carry out one task; whatever happens, answer with one closing line."""
    from core.progress import Cancelled

    try:
        result = make_runner().run(message["task"], message["spec"], reporter.progress)
    except Cancelled:
        reporter.write("cancelled")
    except Exception as error:  # noqa: BLE001 - the process's outermost edge; the log keeps the traceback
        traceback.print_exc()
        reporter.write("refused", sentence=sentence_of(error))
    else:
        reporter.write("result", result=result)


def sentence_of(error: Exception) -> str:
    """Return what to tell a person: our own errors speak for themselves."""
    if isinstance(error, MemoryError):
        return "There was not enough memory. Close other programs or use fewer images, then try again."
    if type(error).__module__.startswith(("core.", "storage.", "app.")):
        return str(error)
    return f"It stopped with an unexpected error ({type(error).__name__}: {error}); the log says where."


def step_back(by: int, autogroup: Path = Path("/proc/self/autogroup")) -> None:
    """Let other processes go first: the pages stay quick, and files are scored quickly while a lesson runs."""
    if hasattr(os, "nice"):
        os.nice(by)
        # Linux may share a processor between sessions first, each worth the same; then this figure is what counts.
        with suppress(OSError):
            autogroup.write_text(str(by))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m app.worker", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--nice", type=int, default=0, help="how far to step back behind other processes")
    options = parser.parse_args(arguments)
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not land between our lines
    step_back(options.nice)
    inbox = Inbox(sys.stdin.buffer)
    from app.worker.tasks import TaskRunner  # torch, timm, faiss: seconds, once

    output.write(json.dumps({"event": "ready"}).encode() + b"\n")
    output.flush()

    @cache
    def runner() -> TaskRunner:  # made with the first task, so that a device that fails is its answer
        return TaskRunner(options.workspace, options.device)

    while True:
        message = inbox.tasks.get()
        run_task(runner, message, Reporter(output, message["id"], inbox.cancelled))


if __name__ == "__main__":
    sys.exit(main())
