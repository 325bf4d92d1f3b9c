"""Progress on the terminal: one line that is rewritten, or one line a stage where the output is a file."""

import sys
import time
from typing import TextIO

SECONDS_BETWEEN_LINES = 0.2


class ProgressLine:
    """Shows stage, count, rate and time left. Use as a context manager: the line ends whatever happens."""

    def __init__(self, output: TextIO | None = None) -> None:
        self._output = output or sys.stderr
        self._rewrites = self._output.isatty()
        self._stage = ""
        self._started = 0.0
        self._first_done = 0
        self._last_shown = 0.0

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, *_ended: object) -> None:
        if self._rewrites and self._stage:
            self._output.write("\n")
            self._output.flush()

    def __call__(self, stage: str, done: int, total: int) -> None:
        moment = time.monotonic()
        is_new = stage != self._stage
        if is_new:
            if self._rewrites and self._stage:
                self._output.write("\n")
            self._stage, self._started, self._first_done = stage, moment, done
        is_due = is_new or (done == total and total > 0) or moment - self._last_shown > SECONDS_BETWEEN_LINES
        if self._rewrites and is_due:
            self._output.write(f"\r\x1b[K{self.text(done, total, moment - self._started)}")
        elif is_new and stage:
            self._output.write(f"{stage}{f' ({total})' if total > 1 else ''}\n")
        if is_due:
            self._last_shown = moment
            self._output.flush()

    def text(self, done: int, total: int, seconds: float) -> str:
        """Return e.g. "Looking at images  34 of 288, 12.3 a second, 21 s left"."""
        if total <= 1:
            return self._stage
        text = f"{self._stage}  {done} of {total}"
        units = done - self._first_done
        if units > 0 and seconds > 0.3:
            rate = units / seconds
            text += f", {rate:.1f} a second, {duration((total - done) / rate)} left"
        return text


def duration(seconds: float) -> str:
    """Return "21 s", "3 min 20 s" or "2 h 5 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
