"""Scoring while a lesson runs: one file at a time through the app's own use case, idle and meanwhile, in the same run.

A line asks again and again, as quickly as it is answered, while 5 masks are taught and forgotten in turn and all images
are judged again. A call counts as "meanwhile" where a job was under way when it began and when it was answered.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from app.services import Services
from app.services.importing import silent
from app.services.views import IncomingFile
from benchmarks.speed.lessons import Workshop
from benchmarks.speed.measured import Measured, timed
from benchmarks.speed.run import QUERY_SEED, SpeedRun, enlarged, rendered

WARM_UP = 5
FILES = 8
PEER = "while a lesson runs"


class ScoringFailedError(RuntimeError):
    """A file got no score; the message says why."""


def measure(run: SpeedRun) -> list[Measured]:
    """Measure p95 of one file; `ours_s` is idle, `peer_s` meanwhile, and `ratio` what a lesson costs the line."""
    images = run.sizes.scoring_images
    with tempfile.TemporaryDirectory(dir=run.folder, prefix="scoring-") as folder:
        shop = Workshop(Path(folder) / "workspace", run, images)
        try:
            shop.build_without_lessons()
            line = _Line(shop.services, _files(run.sizes.picture_side))
            line.warm_up()
            idle = line.ask(run.sizes.repeats)
            busy = _while_teaching(shop, line, run.sizes.repeats)
            idle += line.ask(run.sizes.repeats)
        finally:
            shop.close()
    details = {"images": images, "side": run.sizes.picture_side, "threads": run.threads}
    details |= {"calls": len(idle), "p50_s": _p(idle, 50), "p95_s": _p(idle, 95)}
    details |= {"busy_calls": len(busy), "busy_p50_s": _p(busy, 50), "busy_p95_s": _p(busy, 95)}
    details |= {"busy_longest_s": max(busy)}
    remark = (
        f"p95 of one file of {run.sizes.picture_side} x {run.sizes.picture_side} px (p50 {1000 * _p(idle, 50):.1f} ms "
        f"idle, {1000 * _p(busy, 50):.1f} ms meanwhile; longest {1000 * max(busy):.0f} ms of {len(busy)}); "
        f"5 masks among {images} images"
    )
    return [Measured("scoring", f"scoring_{images}", _p(idle, 95), PEER, _p(busy, 95), remark, details)]


class _Line:
    """Asks for the score of one file after the other."""

    def __init__(self, services: Services, files: Sequence[IncomingFile]) -> None:
        self._services = services
        self._files = files
        self._asked = 0

    def warm_up(self) -> None:
        """Wait until the process for files has loaded everything."""
        self.ask(1)
        self._services.scorer.run("warm_up", {}, silent)
        self.ask(WARM_UP)

    def ask(self, count: int) -> list[float]:
        """Return seconds of each of `count` calls."""
        return [self.once() for _ in range(count)]

    def once(self) -> float:
        """Return the seconds of one call."""
        file = self._files[self._asked % len(self._files)]
        self._asked += 1
        (found,), took = timed(lambda: self._services.scoring.score_files([file], None, silent))
        if found.error is not None:
            raise ScoringFailedError(f"{found.name} got no score: {found.error}")
        return took.seconds


def _while_teaching(shop: Workshop, line: _Line, count: int) -> list[float]:
    """Teach and forget in turn until `count` calls were answered meanwhile."""
    busy: list[float] = []
    is_taught = False
    while len(busy) < count:
        shop.change_lessons(is_taught := not is_taught)
        while shop.is_busy():
            took = line.once()
            if shop.is_busy():
                busy.append(took)
    return busy


def _files(side: int) -> list[IncomingFile]:
    """Parts that are in no workspace, as a camera would send them."""
    found = []
    for number, part in enumerate(rendered(FILES, first=QUERY_SEED)):
        buffer = io.BytesIO()
        Image.fromarray(enlarged(part, side)).save(buffer, format="JPEG", quality=95)
        found.append(IncomingFile(f"{number}.jpg", data=buffer.getvalue()))
    return found


def _p(seconds: list[float], percent: int) -> float:
    return float(np.percentile(seconds, percent))
