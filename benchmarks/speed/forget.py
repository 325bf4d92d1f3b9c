"""Forget: one of 5 lessons, click to waiting version, against building everything anew; and beside a lesson's price."""

from __future__ import annotations

from benchmarks.speed.lessons import LessonTimes, measure_lessons
from benchmarks.speed.measured import Measured, seconds
from benchmarks.speed.run import SpeedRun
from benchmarks.speed.teach import PEER


def measure(run: SpeedRun) -> list[Measured]:
    """Measure every number of images."""
    return [_result(measure_lessons(run, images)) for images in run.sizes.images]


def _result(times: LessonTimes) -> Measured:
    forget, teach = times.forget, times.teach
    share = forget.candidate / teach.candidate
    remark = (
        f"1 of 5 lessons, click to version; teaching them took {seconds(teach.candidate)} ({share:.2f} of it)"
    )
    details = {
        "images": times.images,
        "page_s": forget.page,
        "rescored_s": forget.rescored,
        "teach_s": teach.candidate,
        "share_of_teach": share,
        "stages_s": forget.stages,
    }
    return Measured(
        "forget", f"forget_{times.images}", forget.candidate, PEER, times.build.candidate, remark, details
    )
