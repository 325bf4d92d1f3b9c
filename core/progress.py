"""How long work reports where it stands, and how it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class Cancelled(Exception):
    """Raised by a progress callback to stop the work; what was in use before stays in use."""


@dataclass(frozen=True)
class Progress:
    """One report: `done` of `total` units of the stage named for a person."""

    stage: str
    done: int
    total: int


Report = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Report to nobody."""
