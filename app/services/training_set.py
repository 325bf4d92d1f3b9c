"""What a version would be made from now: good images, paintings, and what is new since the newest version.

verdict good, not kept for testing, not painted -> memory of good parts
painted, not kept for testing, not judged good  -> a lesson ("unsure" teaches nothing)
judged defect without a painting                -> not learnt
judged good with a painting                     -> not learnt: one of the two is wrong
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.services.model_settings import Settings
from app.services.views import Waiting
from app.worker_specs import ImageTask, LessonTask
from storage.listing import Labels
from storage.records import Image, Revision, Version
from storage.workspace import Work

MIN_GOOD_PARTS = 2  # of a product; one part alone has nothing to be compared with


@dataclass(frozen=True)
class TrainingSet:
    images: tuple[Image, ...]  # all there are
    good: tuple[Image, ...]
    lessons: tuple[tuple[Revision, Image], ...]  # current paintings, with their images


@dataclass(frozen=True)
class Plan:
    """What one job makes a version from; read when the job begins."""

    parent: Version | None
    compared_with: Version | None  # whose scores the lesson is compared with
    training: TrainingSet
    settings: Settings  # that a person chose for a model built anew
    judged_first: tuple[Image, ...]  # with the lesson; the rest follows


@dataclass(frozen=True)
class Sides:
    """Labelled images by what they are to a lesson."""

    good: tuple[Labels, ...]  # not kept for testing
    lessons: tuple[Labels, ...]  # painted, not kept for testing
    kept: tuple[Labels, ...]  # painted, kept for testing
    unpainted: tuple[Labels, ...]  # judged defect, nothing painted, not kept for testing
    painted_good: tuple[Labels, ...]  # judged good, but painted, not kept for testing


def read_sides(work: Work) -> Sides:
    labels = work.listing.labels()
    painted = [image for image in labels if image.painted and image.verdict in (None, "defect")]
    teachable = [image for image in labels if not image.held_out]
    return Sides(
        good=tuple(image for image in teachable if image.verdict == "good" and not image.painted),
        lessons=tuple(image for image in painted if not image.held_out),
        kept=tuple(image for image in painted if image.held_out),
        unpainted=tuple(image for image in teachable if image.verdict == "defect" and not image.painted),
        painted_good=tuple(image for image in teachable if image.verdict == "good" and image.painted),
    )


def training_set(work: Work) -> TrainingSet:
    """Read everything that a version would be made from now."""
    sides = read_sides(work)
    images = {image.id: image for image in work.images.all()}
    revisions = work.revisions.get_many(image.revision_id for image in sides.lessons if image.revision_id)
    by_image = {revision.image_id: revision for revision in revisions.values()}
    return TrainingSet(
        images=tuple(images.values()),
        good=tuple(images[image.id] for image in learnable(sides.good)),
        lessons=tuple((by_image[image.id], images[image.id]) for image in sides.lessons),
    )


def good_images(work: Work, product: str) -> tuple[Image, ...]:
    """Read the good images that a version of now would know of a product."""
    found = learnable(read_sides(work).good)
    return work.images.get_many(image.id for image in found if image.product == product)


def learnable(good: Sequence[Labels]) -> tuple[Labels, ...]:
    """Return the good images of products that have enough good parts."""
    enough = {product for product, parts in good_parts(good).items() if parts >= MIN_GOOD_PARTS}
    return tuple(image for image in good if image.product in enough)


def good_parts(good: Sequence[Labels]) -> dict[str, int]:
    """Count different parts per product: shots of one part count once."""
    parts: dict[str, set[int]] = {}
    for image in good:
        parts.setdefault(image.product, set()).add(image.part_id)
    return {product: len(found) for product, found in parts.items()}


def parent_version(work: Work, versions_in_use: Mapping[str, int]) -> Version | None:
    """Return what a lesson starts from: the newest version in use anywhere, else the newest there is."""
    if versions_in_use:
        return work.versions.get(max(versions_in_use.values()))
    return work.versions.newest()


def read_waiting(work: Work) -> Waiting:
    """Say what is new since the newest version, whether or not that one is in use."""
    sides = read_sides(work)
    newest = work.versions.newest()
    known_lessons = set(newest.lessons) if newest else set()
    known_good = set(newest.good_image_ids) if newest else set()
    good = {image.id for image in learnable(sides.good)}
    parts = good_parts(sides.good)
    products = sorted(total.product for total in work.listing.totals())
    return Waiting(
        to_teach=tuple(image.id for image in sides.lessons if image.revision_id not in known_lessons),
        kept_for_testing=tuple(image.id for image in sides.kept),
        new_good=len(good - known_good),
        without_mask=tuple(image.id for image in sides.unpainted),
        painted_good=tuple(image.id for image in sides.painted_good),
        to_forget=_to_forget(work, newest, {image.id for image in sides.lessons}, good),
        has_model=newest is not None,
        good_images_per_product={product: parts.get(product, 0) for product in products},
    )


def image_task(image: Image) -> ImageTask:
    return ImageTask(image.id, image.part_id, image.product, image.pixels_sha256)


def lesson_task(revision: Revision, image: Image) -> LessonTask:
    layers = tuple((layer.defect_type, layer.mask_sha256) for layer in revision.layers)
    return LessonTask(revision.id, image_task(image), layers, revision.ignore_sha256, revision.complete)


def _to_forget(work: Work, newest: Version | None, painted: set[int], good: set[int]) -> tuple[int, ...]:
    """Return images that were taught, or counted as good, and should be no longer; not the repainted ones."""
    if newest is None:
        return ()
    taught = {revision.image_id for revision in work.revisions.get_many(newest.lessons).values()}
    return tuple(sorted((taught - painted) | (set(newest.good_image_ids) - good)))
