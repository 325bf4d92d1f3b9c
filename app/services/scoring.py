"""Have images judged by the versions in use: stored ones that lack a score, and files that are not stored."""

import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.services.authorship import now
from app.services.catalogue import sentence, versions_in_use
from app.services.errors import NoModelError, TooManyWaitingError, UnknownProductError
from app.services.heatmaps import render_grid
from app.services.jobs import JobControl, JobRunner, StageReport
from app.services.judging_order import judging_order
from app.services.lesson_result import complete_result
from app.services.score_rows import read_scores
from app.services.training_set import image_task
from app.services.views import IncomingFile
from app.services.worker_link import Message, WorkerLink
from app.worker_specs import FilesSpec, FileTask, ScoreLine, ScoreSpec, as_json, read_score_lines
from storage.records import Image, JobKind, Version
from storage.workspace import Work, Workspace

MOST_AT_ONCE = 12  # requests for scores, the one that is answered among them
AT_ONCE = 32  # files handed over at a time; then other callers get their turn
IMAGES_AT_ONCE = 200  # stored images: their scores are shown, and other work gets its turn, after so many


@dataclass(frozen=True)
class FileScore:
    """What the version in use says of a file; `error` says why it could not be scored."""

    name: str
    product: str
    score: float | None
    limit: float | None
    call: str | None
    sentence: str
    heatmap_png: bytes | None
    error: str | None


class ScoringService:
    """Asks the processes that compute for scores; rows only for stored images.

    Stored images are a job of the training process. Files have a process of their own, so that a line gets its answer
    while somebody teaches; it starts when the first file comes.
    """

    def __init__(self, workspace: Workspace, jobs: JobRunner, worker: WorkerLink, scorer: WorkerLink) -> None:
        self._workspace = workspace
        self._jobs = jobs
        self._worker = worker
        self._scorer = scorer
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)

    def score_missing(self, author: str) -> int | None:
        """Start a job that scores what the versions in use, and one that waits, have not; None: nothing is missing."""
        with self._workspace.reading() as work:
            missing = _missing(work)
        return self.score_after(author, sum(map(len, missing.values()))) if missing else None

    def score_after(self, author: str, images: int) -> int | None:
        """Start the same behind what runs now, which leaves about so many images; None: such a job waits already."""
        if self._jobs.has_waiting(JobKind.SCORE):
            return None
        return self._jobs.start(
            JobKind.SCORE, author, {"images": images}, lambda control: self._score_missing(control, author)
        )

    def score_files(
        self,
        files: Sequence[IncomingFile],
        product: str | None,
        report: StageReport,
        with_heatmaps: bool = False,
    ) -> tuple[FileScore, ...]:
        """Score files without storing them, each by the version in use for its product. A job may be under way.

        Args:
            product: None: the one that most of a file's patches resemble.
            with_heatmaps: also render each overlay at the file's own proportions.

        Raises:
            NoModelError, UnknownProductError, WorkerDiedError, WorkerRefusedError, ClosingError
            TooManyWaitingError: each that waits holds a thread and its files, and others need theirs.
        """
        if not self._places.acquire(blocking=False):
            raise TooManyWaitingError(MOST_AT_ONCE)
        try:
            return tuple(self.score_each(files, product, report, with_heatmaps))
        finally:
            self._places.release()

    def score_each(
        self,
        files: Sequence[IncomingFile],
        product: str | None,
        report: StageReport,
        with_heatmaps: bool = False,
    ) -> Iterator[FileScore]:
        """As `score_files`, but yield each as it is done: of any number of files only a few are held at a time."""
        manifests, guide = self._manifests(product)
        for start in range(0, len(files), AT_ONCE):

            def so_far(stage: str, done: int, _total: int, start: int = start) -> None:
                report(stage, start + done, len(files))

            with tempfile.TemporaryDirectory(prefix="twinbank-score-", ignore_cleanup_errors=True) as staging:
                part = files[start : start + AT_ONCE]
                tasks = tuple(
                    _file_task(file, Path(staging), number, product) for number, file in enumerate(part)
                )
                spec = FilesSpec(staging, manifests, guide, tasks)
                answer = self._ask(as_json(spec), so_far)
                for line in read_score_lines(Path(str(answer["scores"]))):
                    yield _file_score(line, with_heatmaps)

    def _ask(self, spec: Mapping[str, object], report: StageReport) -> Message:
        if not self._scorer.is_ready and self._worker.is_ready:
            self._scorer.warm_up()  # takes seconds; meanwhile the training process may have time
            answer = self._worker.run_if_free("score_files", spec, report)
            if answer is not None:
                return answer
        return self._scorer.run("score_files", spec, report)

    def _manifests(self, product: str | None) -> tuple[dict[str, str], str]:
        with self._workspace.reading() as work:
            in_use = versions_in_use(work)
            versions = {version.id: version for version in work.versions.all()}
        if not in_use:
            raise NoModelError()
        if product is not None and product not in in_use:
            raise UnknownProductError(product, tuple(sorted(in_use)))
        paths = {
            version_id: str(self._workspace.models.manifest_path(versions[version_id].manifest_sha256))
            for version_id in in_use.values()
        }
        return {name: paths[version_id] for name, version_id in in_use.items()}, paths[max(paths)]

    def _score_missing(self, control: JobControl, author: str) -> Mapping[str, object]:
        with self._workspace.reading() as work:
            missing = _missing(work)
            versions = {version_id: work.versions.get(version_id) for version_id in missing}
        scored, of = 0, sum(map(len, missing.values()))
        staging = self._workspace.models.staging(control.job_id)
        try:
            for version_id, images in missing.items():
                version = versions[version_id]
                assert version is not None, "a version that judges has a row"
                for start in range(0, len(images), IMAGES_AT_ONCE):
                    part = images[start : start + IMAGES_AT_ONCE]
                    if scored and self._jobs.is_wanted():
                        self.score_after(author, of - scored)  # a person's own job does not wait for this one
                        return {"scored": scored}
                    self._score_part(control, version, part, staging, scored, of)
                    scored += len(part)
                with self._workspace.writing() as work:
                    complete_result(work, version)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return {"scored": scored}

    def _score_part(
        self,
        control: JobControl,
        version: Version,
        images: Sequence[Image],
        staging: Path,
        before: int,
        of: int,
    ) -> None:
        def so_far(stage: str, done: int, total: int) -> None:
            if total == len(images):  # the stages that count these images
                control.note(stage, before + done, of)

        manifest = str(self._workspace.models.manifest_path(version.manifest_sha256))
        spec = ScoreSpec(str(staging), manifest, tuple(image_task(image) for image in images))
        answer = self._worker.run("score", as_json(spec), so_far, control.cancelled.is_set, control.log)
        rows = read_scores(Path(str(answer["scores"])), version.id, now())
        with self._workspace.writing() as work:
            work.scores.add_many(rows)


def _missing(work: Work) -> dict[int, list[Image]]:
    """Return the images that their version in use, or a newer one that waits, has not judged, by version."""
    in_use, images, newest = versions_in_use(work), work.images.all(), work.versions.newest()
    judged_by = {product: {version_id} for product, version_id in in_use.items()}
    if newest is not None and newest.id > max(in_use.values(), default=0):
        for product in newest.products:
            judged_by.setdefault(product, set()).add(newest.id)
    found: dict[int, list[Image]] = {}
    for version_id in sorted({version_id for ids in judged_by.values() for version_id in ids}):
        scored = work.scores.summaries(version_id)
        missing = [
            image
            for image in images
            if version_id in judged_by.get(image.product, ()) and image.id not in scored
        ]
        if missing:
            version = work.versions.get(version_id)
            compared_with = work.versions.get(version.parent_id) if version and version.parent_id else None
            found[version_id] = judging_order(work, missing, (), compared_with)
    return found


def _file_task(file: IncomingFile, folder: Path, number: int, product: str | None) -> FileTask:
    path = file.path
    if path is None:
        path = folder / str(number)
        path.write_bytes(file.data or b"")
    return FileTask(file.name, str(path.resolve()), product)


def _file_score(line: ScoreLine, with_heatmap: bool) -> FileScore:
    if line.error is not None:
        return FileScore(line.name, line.product, None, None, None, line.error, None, line.error)
    heatmap = None
    if with_heatmap:
        grid = np.frombuffer(line.patch_scores, dtype=np.float16).reshape(line.grid).astype(np.float32)
        heatmap = render_grid(grid, line.size)
    return FileScore(
        name=line.name,
        product=line.product,
        score=line.score,
        limit=line.limit,
        call="reject" if line.is_reject else "pass",
        sentence=sentence(line.score, line.limit),
        heatmap_png=heatmap,
        error=None,
    )
