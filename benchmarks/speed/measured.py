"""One measured figure with its peer's, the table of them, and the JSON they are kept in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch

T = TypeVar("T")


@dataclass(frozen=True)
class Measured:
    """What one step cost us and the peer. Seconds; what they are of, `remark` says."""

    part: str
    name: str
    ours_s: float
    peer: str | None = None  # None: compared with nothing
    peer_s: float | None = None  # None: the peer was left out
    remark: str = ""
    details: dict[str, Any] = field(default_factory=dict)  # further figures, by name

    @property
    def ratio(self) -> float | None:
        """How many times as long the peer takes."""
        return self.peer_s / self.ours_s if self.peer_s is not None and self.ours_s > 0 else None

    def to_json_object(self) -> dict[str, Any]:
        """Return what is written to a file."""
        return {
            "name": self.name,
            "part": self.part,
            "ours_s": self.ours_s,
            "peer": self.peer,
            "peer_s": self.peer_s,
            "ratio": self.ratio,
            "remark": self.remark,
            **self.details,
        }


def table(results: Sequence[Measured]) -> str:
    """Return the results as text, one a line."""
    rows = [("what", "ours", "peer", "peer's", "ratio", "")]
    rows += [
        (
            result.name,
            seconds(result.ours_s),
            result.peer or "",
            seconds(result.peer_s),
            f"{result.ratio:.1f}x" if result.ratio is not None else "-",
            result.remark,
        )
        for result in results
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].ljust(widths[2])]
        cells += [row[3].rjust(widths[3]), row[4].rjust(widths[4]), row[5]]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def seconds(value: float | None) -> str:
    """Return a time as a person reads it: "3.1 ms", "12.0 s"; "-" for None."""
    if value is None:
        return "-"
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.1f} s"


@dataclass(frozen=True)
class Timed:
    """How long something took."""

    seconds: float
    cpu_seconds: float


def timed(work: Callable[[], T]) -> tuple[T, Timed]:
    """Do the work and return what it gave, with its time."""
    cpu, clock = time.process_time(), time.perf_counter()
    result = work()
    return result, Timed(time.perf_counter() - clock, time.process_time() - cpu)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch compute with so many threads meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
