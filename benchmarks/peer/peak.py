"""The most memory this process has held; needs nothing installed."""

from __future__ import annotations

import resource
import sys
import threading
from pathlib import Path

STATUS = Path("/proc/self/status")
SECONDS_BETWEEN_LOOKS = 0.01


def peak_bytes() -> int:
    """Return the peak of the resident set so far, files that are read by mapping included."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def own_bytes(status: Path = STATUS) -> int | None:
    """Return what is held now and only this process can give back: not the pages of mapped files, which the system
    takes away where memory is wanted. None where the system does not tell them apart."""
    try:
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        return sum(int(lines[name].split()[0]) for name in ("RssAnon", "RssShmem")) * 1024
    except (OSError, KeyError, ValueError):
        return None


class OwnPeak:
    """The most of `own_bytes` while it stands, as far as looking a hundred times a second can tell."""

    def __init__(self) -> None:
        self.bytes = own_bytes()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="own-peak", daemon=True)

    def __enter__(self) -> OwnPeak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while self.bytes is not None and not self._is_over.wait(SECONDS_BETWEEN_LOOKS):
            self.bytes = max(self.bytes, own_bytes() or 0)
