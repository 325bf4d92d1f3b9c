"""Known defects: what painted patches of a product say about others, without any training (our addition).

Two readings of the same distances, from the first painted defect on:
    resemblance     how much nearer a patch lies to a painted one than to a good one; a part of every score
    look-alike      patches that lie nearer to a painted patch than any good patch does: reason enough to reject

Shapes in this file
    A  painted patches      N  patches of an image      C  feature dimension
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.banks import PaintedLesson

PATCHES_NEEDED = (
    2  # of an image that must match one lesson before the image counts as a look-alike (1 if it has 1)
)


@dataclass(frozen=True, eq=False)
class KnownDefects:
    """How an image resembles earlier painted defects of its product, those of its own part left out."""

    distances: Tensor  # (N,) to the nearest painted patch; inf: nothing is painted
    patches: Tensor  # (N,) in [0, 1]; 0: no look-alike
    image_score: float  # above 1 (the reject limit) if enough patches match one lesson, else 0


def resemblance(to_good: Tensor, to_painted: Tensor, margin: float) -> Tensor:
    """(N,) how much farther a patch lies from good ones than `margin` times its distance from painted ones; at least 0."""
    return (to_good - margin * to_painted).clamp(min=0)


@dataclass(frozen=True, eq=False)
class Met:
    """One good image against the painted patches of its product."""

    product: str
    of_painted: Tensor  # (A,) distance of each painted patch to the image's nearest one
    of_patches: (
        Tensor  # (N,) distance of each of its patches to the nearest painted one; inf: nothing is painted
    )


class ClosestGood:
    """How near good images come to each painted patch: a running minimum, image by image."""

    def __init__(self, lessons: Sequence[PaintedLesson]) -> None:
        self._by_product: dict[str, list[PaintedLesson]] = {}
        for lesson in lessons:
            self._by_product.setdefault(lesson.product, []).append(lesson)
        self._painted: dict[str, Tensor] = {}
        self._owners: dict[str, Tensor] = {}
        self._nearest: dict[str, Tensor] = {}
        for product, members in self._by_product.items():
            painted = torch.cat([lesson.painted.features for lesson in members])
            owners = torch.cat([lesson.painted.provenance.owners for lesson in members])
            self._painted[product], self._owners[product] = painted, owners.to(painted.device)
            self._nearest[product] = painted.new_full((len(painted),), torch.inf)

    def compare(self, patches: Tensor, product: str, owners: Sequence[int]) -> list[Met]:
        """Compare the patches (B, N, C) of good images with the product's painted ones, those of the same part left out.

        Args:
            owners: "own image" of each of the B images.
        """
        count, per_image, channels = patches.shape
        if product not in self._painted or not len(self._painted[product]):
            nothing = Met(product, patches.new_zeros(0), patches.new_full((per_image,), torch.inf))
            return [nothing] * count
        painted, painted_owners = self._painted[product], self._owners[product]
        distances = torch.cdist(painted, patches.reshape(-1, channels)).reshape(
            len(painted), count, per_image
        )
        for number, own in enumerate(owners):
            is_own = painted_owners == own
            if bool(is_own.any()):
                distances[is_own, number] = torch.inf
        of_painted, of_patches = distances.amin(dim=2), distances.amin(dim=0)  # (A, B), (B, N)
        return [Met(product, of_painted[:, number], of_patches[number]) for number in range(count)]

    def take(self, met: Met) -> None:
        """Take in what the comparison of one image found."""
        if len(met.of_painted):
            nearest = self._nearest[met.product]
            self._nearest[met.product] = torch.minimum(nearest, met.of_painted)

    def radii(self, margin: float) -> dict[int, Tensor]:
        """Per lesson (A,): `margin` times the distance to the nearest good patch; 0 where no good image was met."""
        result = {}
        for product, members in self._by_product.items():
            radii = margin * self._nearest[product].cpu()
            radii = torch.where(torch.isinf(radii), torch.zeros_like(radii), radii)
            parts = radii.split([len(lesson.painted) for lesson in members])
            result.update({lesson.lesson_id: part for lesson, part in zip(members, parts, strict=True)})
        return result


def match(
    patches: Tensor, lessons: Sequence[PaintedLesson], *, product: str, own: int | None = None
) -> KnownDefects:
    """Compare an image with the painted defects of its product, those of its own part left out.

    Args:
        patches: (N, C) standardised.
    """
    usable = [
        lesson
        for lesson in lessons
        if lesson.product == product and lesson.own_id != own and len(lesson.painted)
    ]
    best = patches.new_zeros(patches.shape[0])
    if not usable:
        return KnownDefects(patches.new_full((len(patches),), torch.inf), best, 0.0)
    distances = torch.cdist(patches, torch.cat([lesson.painted.features for lesson in usable]))
    radii = torch.cat([_radii(lesson) for lesson in usable]).to(patches.device).clamp(min=1e-12)
    closeness = (1 - distances / radii).clamp(min=0)  # (N, A of all lessons)
    image_score = 0.0
    for of_lesson in closeness.split([len(lesson.painted) for lesson in usable], dim=1):
        matched = of_lesson.amax(dim=1)  # (N,)
        best = torch.maximum(best, matched)
        top = matched.topk(min(PATCHES_NEEDED, of_lesson.shape[1], len(matched))).values
        if bool((top > 0).all()):
            image_score = max(image_score, 1.0 + float(top.mean()))
    return KnownDefects(distances.amin(dim=1), best, image_score)


def _radii(lesson: PaintedLesson) -> Tensor:
    """(A,) of a lesson; 0, so that nothing matches, as long as they have not been found."""
    return lesson.radii if len(lesson.radii) else torch.zeros(len(lesson.painted))
