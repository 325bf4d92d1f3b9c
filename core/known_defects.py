"""Known-defect match: a patch that lies nearer to a painted patch than any good patch does is evidence of its own.

So a single painted defect already counts, before any training can rest on it.

Shapes in this file
    A  painted patches of a lesson      N  patches of an image      C  feature dimension
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from core.banks import PaintedLesson

MIN_MATCHED = 3  # patches that must match before a whole image counts as a look-alike (or all of the lesson's)


class ClosestGood:
    """How near good images come to each painted patch: a running minimum, image by image."""

    def __init__(self, lessons: Sequence[PaintedLesson]) -> None:
        self._by_product: dict[str, list[PaintedLesson]] = {}
        for lesson in lessons:
            self._by_product.setdefault(lesson.product, []).append(lesson)
        self._painted = {
            product: torch.cat([lesson.painted.features for lesson in members])
            for product, members in self._by_product.items()
        }
        self._owners = {
            product: torch.cat([lesson.painted.provenance.owners for lesson in members])
            for product, members in self._by_product.items()
        }
        self._nearest = {
            product: painted.new_full((len(painted), 2), torch.inf) for product, painted in self._painted.items()
        }

    def meet(self, patches: Tensor, product: str, own: int) -> None:
        """Take in one good image's patches (N, C); painted patches of the same part are left out."""
        if product not in self._painted:
            return
        distances = torch.cdist(self._painted[product], patches).min(dim=1).values
        distances[(self._owners[product] == own).to(distances.device)] = torch.inf
        merged = torch.cat([self._nearest[product], distances[:, None]], dim=1)
        self._nearest[product] = merged.sort(dim=1).values[:, :2]

    def nearest(self) -> dict[int, Tensor]:
        """Per lesson (A, 2): distance to the nearest good patch, and to the nearest one of any other good image."""
        result = {}
        for product, members in self._by_product.items():
            parts = self._nearest[product].cpu().split([len(lesson.painted) for lesson in members])
            result.update({lesson.lesson_id: part for lesson, part in zip(members, parts, strict=True)})
        return result

    def radii(self, margin: float) -> dict[int, Tensor]:
        """Per lesson (A,): see `match_radii`."""
        return {lesson_id: match_radii(nearest, margin) for lesson_id, nearest in self.nearest().items()}


def match_radii(nearest: Tensor, margin: float) -> Tensor:
    """Return (A,) radii within which a patch counts as a look-alike of the painted patch.

    The radius is `margin` times the distance to the nearest good patch. Where leaving that good image out would have
    made a radius that swallows it, the radius is no evidence and shrinks by as much.
    """
    first, second = nearest[:, 0], nearest[:, 1]
    honest = torch.where(torch.isinf(second), torch.ones_like(first), first / (margin * second).clamp(min=1e-12))
    radii = margin * first * honest.clamp(max=1.0)
    return torch.where(torch.isinf(radii), torch.zeros_like(radii), radii)


def match(patches: Tensor, lessons: Sequence[PaintedLesson], *, product: str, own: int | None = None) -> Tensor:
    """Return how well each patch matches an earlier painted defect of its product: (N,) in [0, 1], 0 is no match."""
    usable = [lesson for lesson in lessons if lesson.product == product and lesson.own_id != own and len(lesson.painted)]
    if not usable:
        return patches.new_zeros(patches.shape[0])
    painted = torch.cat([lesson.painted.features for lesson in usable])
    radii = torch.cat([lesson.radii for lesson in usable]).to(patches.device).clamp(min=1e-12)
    distances = torch.cdist(patches, painted)  # (N, A of all lessons)
    return (1 - distances / radii).max(dim=1).values.clamp(min=0)


def image_match(matched: Tensor) -> float:
    """Return the image score that look-alikes alone give: above 1 if enough patches match, else 0."""
    top = matched.topk(min(MIN_MATCHED, matched.numel())).values
    return 1.0 + float(top.mean()) if bool((top > 0).all()) else 0.0
