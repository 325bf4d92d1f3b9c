"""Progress of a benchmark, one line per stage, so that a log stays short."""

from __future__ import annotations

import sys
import time

from core.progress import Progress


class StageLines:
    """Prints a stage's name once, with the time since the last one began."""

    def __init__(self) -> None:
        self._stage = ""
        self._since = time.perf_counter()

    def __call__(self, progress: Progress) -> None:
        """Take one report."""
        if progress.stage == self._stage:
            return
        now = time.perf_counter()
        print(f"{now - self._since:7.1f} s  {progress.stage} ({progress.total})", file=sys.stderr, flush=True)
        self._stage, self._since = progress.stage, now


print_progress = StageLines()
