"""Training images against the memories: one pass over all of them, which everything a lesson changes rests on.

Shapes in this file
    N  patches of an image      C  feature dimension      A  painted patches of a lesson
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from core.banks import BankNeighbours, NeighbourMemory
from core.known_defects import ClosestGood, Met
from core.progress import Progress, Report
from core.side_by_side import side_by_side

if TYPE_CHECKING:
    from core.detector import DualMemoryDetector
    from core.replay import Drawn, PoolBuilder
    from core.teaching import GoodImage, Lesson

AT_ONCE = 4  # images of a product: one takes a millisecond, too little to be handed from thread to thread


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
        memory: what earlier searches in the normal bank found.
        builder: draws its reservoir while an image's features are at hand.
    """
    normal: dict[int, BankNeighbours] = {}
    to_painted: dict[int, Tensor] = {}
    closest = ClosestGood(detector.abnormal.lessons)

    def compare(group: Sequence[GoodImage]) -> list[tuple[BankNeighbours, Met, Drawn | None]]:
        product = group[0].product
        q = detector.standardise(torch.stack([image.features() for image in group]))  # (B, N, C)
        met = closest.compare(q, product, [image.own_id for image in group])
        compared = []
        for image, patches, met_one in zip(group, q, met, strict=True):
            found = detector.nearest_good(
                patches, product, own=image.own_id, image_id=image.image_id, memory=memory
            )
            drawn = builder.draw(image, patches, found) if builder is not None else None
            compared.append((found, met_one, drawn))
        return compared

    groups = _groups(good)
    results = chain.from_iterable(side_by_side(compare, groups, detector.mean.device))
    for number, (image, (found, met, drawn)) in enumerate(zip(chain(*groups), results, strict=True)):
        report(Progress("Comparing with the memories", number, len(good)))
        normal[image.image_id] = found
        to_painted[image.image_id] = met.of_patches
        closest.take(met)
        if builder is not None and drawn is not None:
            builder.take(drawn)
    for lesson in lessons:
        q = detector.standardise(lesson.features())
        normal[lesson.image_id] = detector.nearest_good(
            q, lesson.product, own=lesson.own_id, image_id=lesson.image_id, memory=memory
        )
        to_painted[lesson.image_id] = detector.known_matches(q, lesson.product, lesson.own_id).distances
    return Comparison(normal, to_painted, closest.radii(detector.config.match_margin))


def _groups(good: Sequence[GoodImage]) -> list[list[GoodImage]]:
    """A few images of one product each, product by product."""
    products: dict[str, list[GoodImage]] = {}
    for image in good:
        products.setdefault(image.product, []).append(image)
    return [
        images[start : start + AT_ONCE]
        for images in products.values()
        for start in range(0, len(images), AT_ONCE)
    ]
