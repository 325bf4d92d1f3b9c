"""Growth: how each cost follows the number of images N: cost ~ N^exponent, fitted on logarithms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.speed.lessons import LessonTimes, measure_lessons
from benchmarks.speed.measured import Measured
from benchmarks.speed.run import SpeedRun

COSTS: dict[str, Callable[[LessonTimes], float]] = {
    "build": lambda times: times.build.candidate,
    "teach": lambda times: times.teach.candidate,
    "teach_rescored": lambda times: times.teach.rescored,
    "forget": lambda times: times.forget.candidate,
}


def measure(run: SpeedRun) -> list[Measured]:
    """Fit every cost; `ours_s` is the cost at the largest number of images. One number of images gives none."""
    measured = [measure_lessons(run, images) for images in sorted(set(run.sizes.images))]
    if len(measured) < 2:
        return []
    return [_result(name, [(t.images, cost(t)) for t in measured]) for name, cost in COSTS.items()]


def exponent(points: list[tuple[int, float]]) -> float:
    """Return the slope of log cost over log N."""
    sizes, costs = np.log([n for n, _ in points]), np.log([cost for _, cost in points])
    return float(np.polyfit(sizes, costs, 1)[0])


def _result(name: str, points: list[tuple[int, float]]) -> Measured:
    slope = exponent(points)
    # The part of the largest cost that a straight line through all points gives to N.
    per_image, fixed = np.polyfit([n for n, _ in points], [cost for _, cost in points], 1)
    largest_n, largest = points[-1]
    share = float(np.clip(per_image * largest_n / (per_image * largest_n + max(fixed, 0.0)), 0, 1))
    remark = (
        f"~ N^{slope:.2f} over {points[0][0]} to {largest_n} images; {100 * share:.0f} % of it depends on N"
    )
    details = {"exponent": slope, "points": points, "share_that_depends_on_n": share}
    return Measured("growth", f"growth_{name}", largest, None, None, remark, details)
