"""Known-defect match: a patch that lies nearer to a painted patch than any good patch does is evidence of its own.

So a single painted defect already counts, before any training can rest on it.

Shapes in this file
    A  painted patches of a lesson      N  patches of an image      C  feature dimension
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from core.banks import NOBODY, PaintedLesson

MIN_MATCHED = 3  # patches that must match before a whole image counts as a look-alike (or all of the lesson's)


def closest_good(painted: Tensor, good: Iterable[Tensor]) -> Tensor:
    """Return how near good images come to each painted patch.

    Args:
        painted: (A, C) standardised.
        good: each good image's patches (N, C), the painted image and its part left out.

    Returns:
        (A, 2): distance to the nearest good patch, and to the nearest one of any other good image; inf if none.
    """
    nearest = torch.full((painted.shape[0], 2), torch.inf, device=painted.device)
    for patches in good:
        distances = torch.cdist(painted, patches.to(painted.device)).min(dim=1).values
        nearest = merge_closest(nearest, distances)
    return nearest


def merge_closest(nearest: Tensor, distances: Tensor) -> Tensor:
    """Fold one more image's (A,) nearest distances into (A, 2): a running minimum."""
    return torch.cat([nearest, distances[:, None]], dim=1).sort(dim=1).values[:, :2]


def match_radii(nearest: Tensor, margin: float) -> Tensor:
    """Return (A,) radii within which a patch counts as a look-alike of the painted patch.

    The radius is `margin` times the distance to the nearest good patch. Where leaving that good image out would have
    made a radius that swallows it, the radius is no evidence and shrinks by as much.
    """
    first, second = nearest[:, 0], nearest[:, 1]
    honest = torch.where(torch.isinf(second), torch.ones_like(first), first / (margin * second).clamp(min=1e-12))
    radii = margin * first * honest.clamp(max=1.0)
    return torch.where(torch.isinf(radii), torch.zeros_like(radii), radii)


def match(patches: Tensor, lessons: Sequence[PaintedLesson], *, product: str, own: int = NOBODY) -> Tensor:
    """Return how well each patch matches an earlier painted defect of its product: (N,) in [0, 1), 0 is no match."""
    best = patches.new_zeros(patches.shape[0])
    for lesson in lessons:
        if lesson.product != product or (own != NOBODY and lesson.own_id == own) or not len(lesson.painted):
            continue
        distances = torch.cdist(patches, lesson.painted.features)  # (N, A)
        radii = lesson.radii.to(patches.device).clamp(min=1e-12)
        best = torch.maximum(best, (1 - distances / radii).max(dim=1).values)
    return best.clamp(min=0)


def image_match(matched: Tensor) -> float:
    """Return the image score that look-alikes alone give: above 1 if enough patches match, else 0."""
    top = matched.topk(min(MIN_MATCHED, matched.numel())).values
    return 1.0 + float(top.mean()) if bool((top > 0).all()) else 0.0
