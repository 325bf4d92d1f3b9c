"""Build a first model, teach paintings, forget them: jobs whose result is a version and what it changed."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from app.services.authorship import checked_author, now
from app.services.catalogue import versions_in_use
from app.services.errors import NoModelError, NotEnoughGoodImagesError, NothingToTeachError, UnknownJobError
from app.services.jobs import JobControl, JobRunner
from app.services.judging_order import JUDGED_WITH_THE_LESSON, judging_order
from app.services.lesson_result import from_json, lesson_result, to_json
from app.services.model_settings import CHOSEN_SETTINGS, Settings, config_with, last_chosen
from app.services.score_rows import read_scores
from app.services.training_set import (
    MIN_GOOD_PARTS,
    Plan,
    image_task,
    lesson_task,
    parent_version,
    read_waiting,
    training_set,
)
from app.services.views import JobView, LessonResult, Waiting
from app.services.worker_link import Message, WorkerLink
from app.worker_specs import TrainSpec, as_json
from storage.records import JobKind, VersionKind
from storage.workspace import Workspace


class TeachingService:
    """Starts and follows the jobs that make versions."""

    def __init__(
        self,
        workspace: Workspace,
        jobs: JobRunner,
        worker: WorkerLink,
        judge_after: Callable[[str, int], object],
        config: str = "",
    ) -> None:
        self._workspace = workspace
        self._jobs = jobs
        self._worker = worker
        self._judge_after = judge_after
        self._config = config

    def waiting(self) -> Waiting:
        with self._workspace.reading() as work:
            return read_waiting(work)

    def start_fit(self, author: str, settings: Settings | None = None) -> int:
        """Build a model from every good image, teach it every painting, and return the job's id.

        A product that had no model gets it at once; the others keep theirs until it is put into use there.

        Args:
            settings: those that differ from the usual ones; None: the ones chosen for the last model built.

        Raises:
            InvalidRequestError: a setting that does not exist, or its value.
            NotEnoughGoodImagesError, JobRunningError, AuthorMissingError: nothing was started.
        """
        name = checked_author(author)
        with self._workspace.reading() as work:
            chosen = last_chosen(work) if settings is None else settings
        config_with(self._config, chosen)
        waiting = self.waiting()
        per_product = waiting.good_images_per_product
        if not any(count >= MIN_GOOD_PARTS for count in per_product.values()):
            product, count = max(
                per_product.items(), key=lambda entry: entry[1], default=("The workspace", 0)
            )
            raise NotEnoughGoodImagesError(product, count, MIN_GOOD_PARTS)
        return self._start(JobKind.FIT, VersionKind.FIT, name, waiting, chosen)

    def start_teach(self, author: str) -> int:
        """Teach what is waiting to the version in use, as a waiting version, and return the job's id.

        Raises:
            NoModelError, NothingToTeachError, JobRunningError, AuthorMissingError: nothing was started.
        """
        name = checked_author(author)
        waiting = self.waiting()
        if not waiting.has_model:
            raise NoModelError()
        if not (waiting.to_teach or waiting.to_forget or waiting.new_good):
            raise NothingToTeachError()
        return self._start(JobKind.TEACH, VersionKind.TEACH, name, waiting)

    def cancel(self, job_id: int) -> None:
        self._jobs.cancel(job_id)

    def job(self, job_id: int) -> JobView:
        return self._jobs.view(job_id)

    def current(self) -> JobView | None:
        return self._jobs.current()

    def latest(self) -> JobView | None:
        """Return the newest job that made, or was to make, a version."""
        jobs = [self._jobs.latest(kind) for kind in (JobKind.FIT, JobKind.TEACH)]
        return max((job for job in jobs if job is not None), key=lambda job: job.id, default=None)

    def wait(self, job_id: int, timeout: float | None = None) -> JobView:
        return self._jobs.wait(job_id, timeout)

    def log(self, job_id: int) -> str:
        return self._jobs.log(job_id)

    def result(self, job_id: int) -> LessonResult:
        """Return what a finished job did.

        Raises:
            UnknownJobError: it has no result (yet).
        """
        result = self._jobs.view(job_id).result
        if result is None or "version_id" not in result:
            raise UnknownJobError(job_id)
        return from_json(result)

    def _start(
        self,
        kind: JobKind,
        version_kind: VersionKind,
        author: str,
        waiting: Waiting,
        settings: Settings | None = None,
    ) -> int:
        def work(control: JobControl) -> Mapping[str, object]:
            return self._make_version(control, version_kind, author, settings or {})

        spec = {
            "to_teach": list(waiting.to_teach),
            "new_good": waiting.new_good,
            "to_forget": list(waiting.to_forget),
            "settings": dict(settings or {}),
        }
        return self._jobs.start(kind, author, spec, work)

    def _make_version(
        self, control: JobControl, kind: VersionKind, author: str, settings: Settings
    ) -> Mapping[str, object]:
        with self._workspace.reading() as work:
            training = training_set(work)
            current = parent_version(work, versions_in_use(work))
            taught = [image.id for _, image in training.lessons]
            products = {image.product for image in training.good}
            images = [image for image in training.images if image.product in products]
            ordered = judging_order(work, images, taught, current)
        parent = current if kind is VersionKind.TEACH else None
        plan = Plan(parent, current, training, settings, tuple(ordered[:JUDGED_WITH_THE_LESSON]))
        staging = self._workspace.models.staging(control.job_id)
        try:
            made = self._worker.run(
                "train",
                as_json(self._spec(plan, staging)),
                control.note,
                control.cancelled.is_set,
                control.log,
            )
            control.report("Storing the version", 0, 1)
            if len(ordered) > JUDGED_WITH_THE_LESSON:
                self._judge_after(author, len(ordered) - JUDGED_WITH_THE_LESSON)
            manifest = self._workspace.models.adopt(Path(made["folder"]))
            return self._store(control, kind, author, plan, made, manifest)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _spec(self, plan: Plan, staging: Path) -> TrainSpec:
        parent = plan.parent
        return TrainSpec(
            staging=str(staging),
            parent_manifest=str(self._workspace.models.manifest_path(parent.manifest_sha256))
            if parent
            else None,
            config=config_with(self._config, plan.settings).to_json(),
            good=tuple(image_task(image) for image in plan.training.good),
            lessons=tuple(lesson_task(revision, image) for revision, image in plan.training.lessons),
            score=tuple(image_task(image) for image in plan.judged_first),
        )

    def _store(
        self, control: JobControl, kind: VersionKind, author: str, plan: Plan, made: Message, manifest: str
    ) -> Mapping[str, object]:
        products = tuple(made["products"])
        with self._workspace.writing() as work:
            at = now()
            version = work.versions.add(
                plan.parent.id if plan.parent else None,
                kind,
                manifest,
                author,
                at,
                made["config"],
                {**made["report"], CHOSEN_SETTINGS: dict(plan.settings)},
                tuple(revision.id for revision, _ in plan.training.lessons),
                tuple(image.id for image in plan.training.good),
                products,
            )
            work.scores.add_many(read_scores(Path(made["scores"]), version.id, at))
            in_use = work.in_use.current()
            if kind is VersionKind.FIT:
                for product in products:
                    if product not in in_use:
                        work.in_use.put(product, version.id, author, at)
            result = to_json(lesson_result(work, version, plan.compared_with))
            control.finish(work, result)
        return result
