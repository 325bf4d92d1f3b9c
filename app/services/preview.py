"""Before anything is taught: which images would a painting change?"""

from app.services.catalogue import Snapshot, read_image, read_snapshot
from app.services.training_set import good_images, image_task, lesson_task
from app.services.views import ChangedImage, PaintingPreview
from app.services.worker_link import WorkerLink
from app.worker_specs import PreviewScore, PreviewSpec, as_json
from storage.records import Image, ScoreSummary
from storage.workspace import Workspace

SECONDS = 1.5  # of comparing; with what stands around it the answer is there within 2 s


class PreviewService:
    """Asks the training process when it has nothing else to do; stores nothing."""

    def __init__(self, workspace: Workspace, worker: WorkerLink) -> None:
        self._workspace = workspace
        self._worker = worker

    def of(self, image_id: int) -> PaintingPreview:
        """Estimate what teaching the image's saved painting to the version in use would change.

        Raises:
            UnknownImageError, WorkerDiedError, WorkerRefusedError
        """
        with self._workspace.reading() as work:
            image, _ = read_image(work, image_id)
            snapshot = read_snapshot(work, image.product)
            version_id = snapshot.versions_in_use.get(image.product)
            version = work.versions.get(version_id) if version_id is not None else None
            good = good_images(work, image.product)
        if version is None or not snapshot.is_painted(image.id) or snapshot.verdict(image.id) == "good":
            return PaintingPreview(image_id, "nothing")
        scored = _in_order(snapshot, image)
        spec = PreviewSpec(
            manifest=str(self._workspace.models.manifest_path(version.manifest_sha256)),
            lesson=lesson_task(snapshot.revisions[image.id], image),
            good=tuple(image_task(found) for found in good),
            images=tuple(image_task(found) for found in scored),
            seconds=SECONDS,
        )
        answer = self._worker.run_if_free("preview", as_json(spec))
        if answer is None:
            return PaintingPreview(image_id, "busy")
        scores = [PreviewScore(**found) for found in answer["scores"]]
        return PaintingPreview(image_id, "done", _changes(snapshot, scored, scores), len(scores), len(scored))


def _in_order(snapshot: Snapshot, painted: Image) -> list[Image]:
    """Other images with a score, those nearest to the reject limit first: what may change comes before time is up."""
    scored = [found for found in snapshot.images if found.id in snapshot.scores and found.id != painted.id]
    return sorted(scored, key=lambda found: (_from_limit(snapshot.scores[found.id]), found.id))


def _from_limit(score: ScoreSummary) -> float:
    return abs(score.score - score.limit)


def _changes(snapshot: Snapshot, images: list[Image], scores: list[PreviewScore]) -> tuple[ChangedImage, ...]:
    by_id = {image.id: image for image in images}
    found = []
    for score in scores:
        before = snapshot.scores[score.image_id]
        call = "reject" if score.is_reject else "pass"
        if call == before.call.value:
            continue
        image = by_id[score.image_id]
        found.append(
            ChangedImage(
                image_id=image.id,
                name=image.name,
                product=image.product,
                score_before=before.score,
                score_after=score.score,
                call_before=before.call.value,
                call_after=call,
                is_taught=False,
                verdict=snapshot.verdict(image.id),
            )
        )
    return tuple(
        sorted(found, key=lambda change: (-abs(change.score_after - change.score_before), change.image_id))
    )
