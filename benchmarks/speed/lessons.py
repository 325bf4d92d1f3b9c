"""One workspace of N rendered parts, and what fitting, teaching and forgetting cost there, as a person would wait.

The whole way is measured: the use cases, the training process, the stored version. N images of the demo's products;
5 painted defects are the lesson. In this order, so that the lesson starts from a fit without it:
    build      everything from nothing, the 5 lessons included (the peer of a lesson)
    rebuild    the same without them, put into use
    teach      the 5 lessons: click -> waiting version
    forget     one of them: click -> waiting version
"""

from __future__ import annotations

import io
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.demo import PRODUCTS, DemoProduct, render_part
from app.services import Services, open_services
from app.services.import_plan import PlannedImage, PlannedMask
from app.services.importing import silent
from app.services.views import IncomingFile
from benchmarks.speed.memory import written_parts
from benchmarks.speed.run import SpeedRun
from storage.workspace import Workspace

AUTHOR = "Benchmark"
LESSONS = 5
FORGOTTEN = 1  # one whose product has no other: the product with two keeps them, so training is still needed
UNJUDGED_SHARE = 0.1  # of the images nobody has judged
PAGE = 24  # images a page shows
DAMAGED_SEED = 90_000
POLL_SECONDS = 0.05
BACKGROUND_POLL_SECONDS = (
    0.5  # once the version is there: each look counts its scores, which takes the processor too
)


class JobFailedError(RuntimeError):
    """A job of the benchmark's workspace failed; the message holds its log."""


@dataclass(frozen=True)
class JobTimes:
    """Seconds from the click on."""

    candidate: float  # until the new version is there
    page: float  # until so many of its images are scored as one page shows
    rescored: float  # until all are
    stages: dict[str, float] = field(default_factory=dict)  # how long each stage took


@dataclass(frozen=True)
class LessonTimes:
    """What was measured in one workspace."""

    images: int
    build: JobTimes
    rebuild: JobTimes
    teach: JobTimes
    forget: JobTimes


def measure_lessons(run: SpeedRun, images: int) -> LessonTimes:
    """Make the workspace, measure, and throw it away. Measured once per run and number of images."""
    if images not in run.lessons:
        with tempfile.TemporaryDirectory(dir=run.folder, prefix=f"workspace-{images}-") as folder:
            shop = Workshop(Path(folder) / "workspace", run, images)  # new, so that nothing is cached there
            try:
                run.lessons[images] = shop.measure()
            finally:
                shop.close()
    return run.lessons[images]


class Workshop:
    """A workspace of rendered parts and the person who works there."""

    def __init__(self, path: Path, run: SpeedRun, images: int, lessons: int = LESSONS) -> None:
        self._images = images
        self._path = path
        self._services: Services = open_services(path, device="cpu", config=run.config.to_json())
        self._reader = Workspace.open(path)  # to see scores arrive, as pages do
        good = written_parts(run.folder / "parts", images - lessons)
        judged = len(good) - round(UNJUDGED_SHARE * images)
        planned = [_good(file, number < judged) for number, file in enumerate(good)]
        planned += [_damaged(number) for number in range(lessons)]
        report = self._services.importing.import_planned(planned, AUTHOR)
        self._lessons = report.image_ids[-lessons:]
        # Waits until the process has loaded everything: else the first build alone would pay for its imports.
        self._services.worker.run("warm_up", {}, silent)

    def close(self) -> None:
        """End the training process and give the workspace back."""
        self._services.close()
        self._reader.close()

    @property
    def services(self) -> Services:
        """The use cases of this workspace."""
        return self._services

    @property
    def lesson_images(self) -> tuple[int, ...]:
        """Ids of the painted images."""
        return self._lessons

    def build_without_lessons(self) -> None:
        """Build a first model that no painted image had a part in, put it into use and judge everything."""
        self._judge(self._lessons, "unsure")  # teaches nothing
        self._job(self._services.teaching.start_fit)
        self._services.versions.put_into_use(self._newest(), None, AUTHOR)
        self._wait_until_idle()

    def change_lessons(self, are_taught: bool) -> None:
        """Begin to teach all painted images, or to forget all but one."""
        self._judge(self._lessons if are_taught else self._lessons[1:], "defect" if are_taught else "unsure")
        self._services.teaching.start_teach(AUTHOR)

    def is_busy(self) -> bool:
        """Tell whether a job is under way."""
        job = self._services.jobs.current()
        return job is not None and job.is_active

    def measure(self) -> LessonTimes:
        """Measure in the order that the module describes."""
        build = self._job(self._services.teaching.start_fit)
        self._judge(self._lessons, "unsure")  # teaches nothing
        rebuild = self._job(self._services.teaching.start_fit)
        self._services.versions.put_into_use(self._newest(), None, AUTHOR)
        self._wait_until_idle()
        self._judge(self._lessons, "defect")
        teach = self._job(self._services.teaching.start_teach)
        self._judge(self._lessons[FORGOTTEN : FORGOTTEN + 1], "unsure")
        forget = self._job(self._services.teaching.start_teach)
        return LessonTimes(self._images, build, rebuild, teach, forget)

    def one_more(self, earlier: Sequence[int]) -> list[tuple[JobTimes, JobTimes]]:
        """Teach one lesson beside so many that were taught before; then another as if nothing had been compared."""
        self.build_without_lessons()
        return [self._one_more(number) for number in earlier]

    def _one_more(self, earlier: int) -> tuple[JobTimes, JobTimes]:
        self._judge(self._lessons[:earlier], "defect")
        self._job(self._services.teaching.start_teach)
        self._judge(self._lessons[earlier : earlier + 1], "defect")
        ours = self._job(self._services.teaching.start_teach)
        shutil.rmtree(self._path / "cache" / "painted")
        self._judge(self._lessons[earlier : earlier + 1], "unsure")
        self._judge(self._lessons[earlier + 1 : earlier + 2], "defect")
        peer = self._job(self._services.teaching.start_teach)
        return ours, peer

    def _judge(self, images: tuple[int, ...], verdict: str) -> None:
        self._services.labelling.judge(images, verdict, AUTHOR)

    def _newest(self) -> int:
        return max((version.id for version in self._services.versions.names()), default=0)

    def _job(self, start: Callable[[str], int]) -> JobTimes:
        before, clicked = self._newest(), time.perf_counter()
        job, stages = start(AUTHOR), _Stages()
        candidate = page = None
        while True:
            view = self._services.teaching.job(job)
            stages.note(view.stage)
            if view.state in ("failed", "cancelled"):
                raise JobFailedError(f"{view.error}\n{self._services.teaching.log(job)}")
            if not view.is_active or stages.may_be_stored:
                version = self._newest()
                scored = self._scored(version) if version != before else 0
                now = time.perf_counter() - clicked
                candidate = candidate or (now if version != before else None)
                page = page or (now if scored >= min(PAGE, self._images) else None)
                if scored >= self._images and candidate and page and not view.is_active:
                    return JobTimes(candidate, page, now, stages.seconds())
            time.sleep(BACKGROUND_POLL_SECONDS if candidate and page else POLL_SECONDS)

    def _scored(self, version: int) -> int:
        with self._reader.reading() as work:
            return len(work.scores.summaries(version))

    def _wait_until_idle(self) -> None:
        while self.is_busy():
            time.sleep(POLL_SECONDS)


class _Stages:
    """How long each stage of a job lasted, as far as looking now and then can tell."""

    def __init__(self) -> None:
        self._since = time.perf_counter()
        self._stage = ""
        self._seconds: dict[str, float] = {}

    def note(self, stage: str) -> None:
        """Take what the job says of itself now."""
        now = time.perf_counter()
        self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = stage, now

    @property
    def may_be_stored(self) -> bool:
        """Whether a version may be there already: the job has come to judging or storing."""
        return any(word in self._stage for word in ("Judging", "Storing"))

    def seconds(self) -> dict[str, float]:
        """Return the stages in order, those of no length left out."""
        return {name: round(value, 3) for name, value in self._seconds.items() if name and value > 0.01}


def _good(file: Path, is_judged: bool) -> PlannedImage:
    name = f"{file.parent.name}/{file.name}"
    return PlannedImage(
        IncomingFile(name, path=file), file.parent.name, name, "good" if is_judged else None, held_out=False
    )


def product_of_lesson(number: int) -> DemoProduct:
    """Return the product of a lesson: the products in turn."""
    return PRODUCTS[number % len(PRODUCTS)]


def _damaged(number: int) -> PlannedImage:
    """Render a painted defect."""
    product = product_of_lesson(number)
    kind = product.defect_types[number // len(PRODUCTS) % len(product.defect_types)]
    part = render_part(product.name, kind, DAMAGED_SEED + number)
    name = f"{product.name}/damaged-{number}.png"
    mask = IncomingFile(f"{kind}.png", data=_png(part.mask.astype(np.uint8) * 255))
    return PlannedImage(
        IncomingFile(name, data=_png(part.pixels)),
        product.name,
        name,
        "defect",
        held_out=False,
        masks=(PlannedMask(kind, mask),),
    )


def _png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()
