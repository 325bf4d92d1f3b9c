"""Known-defect match: a patch that lies nearer to a painted patch than any good patch does is evidence of its own.

So a single painted defect already counts, before any training can rest on it.

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
    """How an image resembles earlier painted defects of its product."""

    patches: Tensor  # (N,) in [0, 1]; 0: no match
    image_score: float  # above 1 (the reject limit) if enough patches match one lesson, else 0


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

    def meet(self, patches: Tensor, product: str, own: int) -> None:
        """Take in one good image's patches (N, C); painted patches of the same part are left out."""
        if product not in self._painted:
            return
        distances = torch.cdist(self._painted[product], patches).min(dim=1).values
        distances[self._owners[product] == own] = torch.inf
        self._nearest[product] = torch.minimum(self._nearest[product], distances)

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
        return KnownDefects(best, 0.0)
    painted = torch.cat([lesson.painted.features for lesson in usable])
    radii = torch.cat([lesson.radii for lesson in usable]).to(patches.device).clamp(min=1e-12)
    closeness = (1 - torch.cdist(patches, painted) / radii).clamp(min=0)  # (N, A of all lessons)
    image_score = 0.0
    for of_lesson in closeness.split([len(lesson.painted) for lesson in usable], dim=1):
        matched = of_lesson.max(dim=1).values  # (N,)
        best = torch.maximum(best, matched)
        top = matched.topk(min(PATCHES_NEEDED, of_lesson.shape[1], len(matched))).values
        if bool((top > 0).all()):
            image_score = max(image_score, 1.0 + float(top.mean()))
    return KnownDefects(best, image_score)
