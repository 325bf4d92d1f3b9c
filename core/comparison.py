"""Training images against the memories: one pass over all of them, which everything a lesson changes rests on.

Shapes in this file
    N  patches of an image      C  feature dimension      A  painted patches of a lesson
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from torch import Tensor

from core.banks import BankNeighbours, Met, NeighbourMemory
from core.known_defects import ClosestGood, nearest_painted
from core.progress import Progress, Report
from core.side_by_side import side_by_side

if TYPE_CHECKING:
    from core.detector import DualMemoryDetector
    from core.replay import Drawn, PoolBuilder
    from core.teaching import GoodImage, Lesson

IN_A_TURN = 4  # images: one takes a millisecond, too little to be handed from thread to thread


@dataclass(frozen=True, eq=False)
class Comparison:
    """What each training image's patches are nearest to, own image excluded; by image id."""

    normal: dict[int, BankNeighbours]  # (N,) in the normal bank
    to_painted: dict[int, Tensor]  # (N,) distance to the nearest painted patch of the product; inf: none
    radii: dict[int, Tensor]  # per lesson (A,): how near a look-alike must lie to count


def compare_training_images(
    detector: DualMemoryDetector,
    good: Sequence[GoodImage],
    lessons: Sequence[Lesson],
    memory: NeighbourMemory | None,
    report: Report,
    builder: PoolBuilder | None = None,
) -> Comparison:
    """Compare good images and lessons with the normal bank and with painted patches.

    Args:
        memory: what earlier searches and comparisons found.
        builder: draws its reservoir while an image's features are at hand.
    """
    normal: dict[int, BankNeighbours] = {}
    to_painted: dict[int, Tensor] = {}
    closest = ClosestGood(detector.abnormal.lessons)

    def compare(image: GoodImage) -> tuple[BankNeighbours, dict[int, Met], Drawn | None]:
        features = cache(image.features)  # read once, and only where memory does not know
        patches = cache(lambda: detector.standardise(features()))
        met = closest.compare(patches, image.product, image.own_id, image_id=image.image_id, memory=memory)
        found = detector.recall_good(image.image_id, image.product, memory) or detector.nearest_good(
            patches(), image.product, own=image.own_id, image_id=image.image_id, memory=memory
        )
        return found, met, builder.draw(image, features, found) if builder is not None else None

    results = side_by_side(compare, good, detector.mean.device, in_a_turn=IN_A_TURN)
    for number, (image, (found, met, drawn)) in enumerate(zip(good, results, strict=True)):
        report(Progress("Comparing with the memories", number, len(good)))
        normal[image.image_id] = found
        to_painted[image.image_id] = nearest_painted(met.values(), len(found.rows), found.distances.device)
        closest.take(met)
        if builder is not None and drawn is not None:
            builder.take(drawn)

    def compare_lesson(lesson: Lesson) -> tuple[BankNeighbours, Tensor]:
        q, own, number = detector.standardise(lesson.features()), lesson.own_id, lesson.image_id
        found = detector.nearest_good(q, lesson.product, own=own, image_id=number, memory=memory)
        known = detector.known_matches(q, lesson.product, own, image_id=number, memory=memory)
        return found, known.distances

    of_lessons = side_by_side(compare_lesson, lessons, detector.mean.device)
    for lesson, (found, nearest) in zip(lessons, of_lessons, strict=True):
        normal[lesson.image_id], to_painted[lesson.image_id] = found, nearest
    return Comparison(normal, to_painted, closest.radii(detector.config.match_margin))
