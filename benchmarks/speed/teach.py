"""Teach: 5 painted defects, click to waiting version, against building everything anew with them."""

from __future__ import annotations

from benchmarks.speed.lessons import LESSONS, LessonTimes, measure_lessons
from benchmarks.speed.measured import Measured, seconds
from benchmarks.speed.run import SpeedRun

PEER = "build from nothing"


def measure(run: SpeedRun) -> list[Measured]:
    """Measure every number of images."""
    return [_result(measure_lessons(run, images)) for images in run.sizes.images]


def _result(times: LessonTimes) -> Measured:
    teach = times.teach
    remark = (
        f"{LESSONS} masks, click to version; a page scored after {seconds(teach.page)}, all {times.images} after "
        f"{seconds(teach.rescored)}"
    )
    details = {
        "images": times.images,
        "page_s": teach.page,
        "rescored_s": teach.rescored,
        "stages_s": teach.stages,
        "peer_stages_s": times.build.stages,
        "peer_rescored_s": times.build.rescored,
    }
    return Measured(
        "teach", f"teach_{times.images}", teach.candidate, PEER, times.build.candidate, remark, details
    )
