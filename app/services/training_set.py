"""What a version would be made from now: good images, paintings, and what is new since the newest version.

verdict good, not kept for testing              -> memory of good parts
painted, not kept for testing, not judged good  -> a lesson ("unsure" teaches nothing)
judged defect without a painting                -> not learnt
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.services.catalogue import Snapshot, read_snapshot
from app.services.model_settings import Settings
from app.services.views import Waiting
from app.worker_specs import ImageTask, LessonTask
from storage.records import Image, Revision, Version
from storage.workspace import Work

MIN_GOOD_PARTS = 2  # of a product; one part alone has nothing to be compared with


@dataclass(frozen=True)
class TrainingSet:
    images: tuple[Image, ...]  # all that can be scored
    good: tuple[Image, ...]
    lessons: tuple[tuple[Revision, Image], ...]  # current paintings, with their images


@dataclass(frozen=True)
class Plan:
    """What one job makes a version from; read when the job begins."""

    parent: Version | None
    compared_with: Version | None  # whose scores the lesson is compared with
    training: TrainingSet
    settings: Settings  # that a person chose for a model built anew


def training_set(snapshot: Snapshot) -> TrainingSet:
    good = [image for image in snapshot.images if not image.held_out and snapshot.verdict(image.id) == "good"]
    enough = {product for product, parts in good_parts(good).items() if parts >= MIN_GOOD_PARTS}
    return TrainingSet(
        images=snapshot.images,
        good=tuple(image for image in good if image.product in enough),
        lessons=tuple(
            (snapshot.revisions[image.id], image)
            for image in snapshot.images
            if is_lesson(snapshot, image) and not image.held_out
        ),
    )


def is_lesson(snapshot: Snapshot, image: Image) -> bool:
    return snapshot.is_painted(image.id) and snapshot.verdict(image.id) in (None, "defect")


def good_parts(good: list[Image]) -> dict[str, int]:
    """Count different parts per product: shots of one part count once."""
    parts: dict[str, set[int]] = {}
    for image in good:
        parts.setdefault(image.product, set()).add(image.part_id)
    return {product: len(found) for product, found in parts.items()}


def newest_version(work: Work) -> Version | None:
    return max(work.versions.all(), key=lambda version: version.id, default=None)


def parent_version(work: Work, versions_in_use: Mapping[str, int]) -> Version | None:
    """Return what a lesson starts from: the newest version in use anywhere, else the newest there is."""
    if versions_in_use:
        return work.versions.get(max(versions_in_use.values()))
    return newest_version(work)


def read_waiting(work: Work) -> Waiting:
    """Say what is new since the newest version, whether or not that one is in use."""
    snapshot = read_snapshot(work)
    newest = newest_version(work)
    current = training_set(snapshot)
    known_lessons = set(newest.lessons) if newest else set()
    known_good = set(newest.good_image_ids) if newest else set()
    good = [image for image in snapshot.images if not image.held_out and snapshot.verdict(image.id) == "good"]
    products = sorted({image.product for image in snapshot.images})
    parts = good_parts(good)
    return Waiting(
        to_teach=tuple(image.id for revision, image in current.lessons if revision.id not in known_lessons),
        kept_for_testing=tuple(
            image.id for image in snapshot.images if image.held_out and is_lesson(snapshot, image)
        ),
        new_good=sum(image.id not in known_good for image in current.good),
        without_mask=tuple(
            image.id
            for image in snapshot.images
            if not image.held_out
            and snapshot.verdict(image.id) == "defect"
            and not snapshot.is_painted(image.id)
        ),
        to_forget=_to_forget(work, newest, current),
        has_model=newest is not None,
        good_images_per_product={product: parts.get(product, 0) for product in products},
    )


def image_task(image: Image) -> ImageTask:
    return ImageTask(image.id, image.part_id, image.product, image.pixels_sha256)


def lesson_task(revision: Revision, image: Image) -> LessonTask:
    layers = tuple((layer.defect_type, layer.mask_sha256) for layer in revision.layers)
    return LessonTask(revision.id, image_task(image), layers, revision.ignore_sha256, revision.complete)


def _to_forget(work: Work, newest: Version | None, current: TrainingSet) -> tuple[int, ...]:
    """Return images that were taught, or counted as good, and should be no longer; not the repainted ones."""
    if newest is None:
        return ()
    taught = {revision.image_id for revision in work.revisions.get_many(newest.lessons).values()}
    painted = {image.id for _, image in current.lessons}
    good = {image.id for image in current.good}
    return tuple(sorted((taught - painted) | (set(newest.good_image_ids) - good)))
