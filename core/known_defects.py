"""Known defects: what painted patches of a product say about others, without any training (our addition).

Two readings of the same distances, from the first painted defect on:
    resemblance     how much nearer a patch lies to a painted one than to a good one; a part of every score
    look-alike      patches that lie nearer to a painted patch than any good patch does: reason enough to reject

Shapes in this file
    A  painted patches      N  patches of an image      C  feature dimension
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.banks import Met, NeighbourMemory, PaintedLesson

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


def distances_between(patches: Tensor, painted: Tensor) -> Tensor:
    """(N, A) of one image's patches (N, C) and one lesson's (A, C): always this pair alone, for the last bits depend on
    what else is computed in the same go, and must not depend on what memory holds."""
    return torch.cdist(patches, painted)


def met(
    patches: Callable[[], Tensor], image_id: int | None, lesson: PaintedLesson, memory: NeighbourMemory | None
) -> Met:
    """Compare an image with a lesson, or recall it.

    Args:
        patches: gives (N, C) standardised.
        image_id: with `memory`, under which to look up and keep it.
    """
    found = memory.get_met(image_id, lesson.painted) if memory is not None and image_id is not None else None
    if found is None:
        distances = distances_between(patches(), lesson.painted.features)
        found = Met(of_painted=distances.amin(dim=0), of_patches=distances.amin(dim=1))
        if memory is not None and image_id is not None:
            memory.put_met(image_id, lesson.painted, found)
    return found


class ClosestGood:
    """How near good images come to each painted patch: a running minimum, image by image."""

    def __init__(self, lessons: Sequence[PaintedLesson]) -> None:
        self._by_product: dict[str, list[PaintedLesson]] = {}
        self._nearest: dict[int, Tensor] = {}
        for lesson in lessons:
            if len(lesson.painted):
                self._by_product.setdefault(lesson.product, []).append(lesson)
            self._nearest[lesson.lesson_id] = lesson.painted.features.new_full(
                (len(lesson.painted),), torch.inf
            )

    def compare(
        self,
        patches: Callable[[], Tensor],
        product: str,
        own: int,
        *,
        image_id: int | None = None,
        memory: NeighbourMemory | None = None,
    ) -> dict[int, Met]:
        """Compare a good image with the product's lessons, by lesson id; those painted on the same part are left out.

        Args:
            patches, image_id, memory: as in `met`.
            own: the image's "own image" id.
        """
        return {
            lesson.lesson_id: met(patches, image_id, lesson, memory)
            for lesson in self._by_product.get(product, ())
            if lesson.own_id != own
        }

    def take(self, found: Mapping[int, Met]) -> None:
        """Take in what the comparison of one image found."""
        for lesson_id, one in found.items():
            self._nearest[lesson_id] = torch.minimum(self._nearest[lesson_id], one.of_painted)

    def radii(self, margin: float) -> dict[int, Tensor]:
        """Per lesson (A,): `margin` times the distance to the nearest good patch; 0 where no good image was met."""
        found = {lesson_id: margin * nearest.cpu() for lesson_id, nearest in self._nearest.items()}
        return {
            lesson_id: torch.where(torch.isinf(radii), torch.zeros_like(radii), radii)
            for lesson_id, radii in found.items()
        }


def nearest_painted(found: Iterable[Met], count: int, device: torch.device) -> Tensor:
    """(count,) distance of each patch to the nearest painted one of any lesson; inf: nothing is painted."""
    nearest = torch.full((count,), torch.inf, device=device)
    for one in found:
        nearest = torch.minimum(nearest, one.of_patches)
    return nearest


def match(
    patches: Tensor,
    lessons: Sequence[PaintedLesson],
    *,
    product: str,
    own: int | None = None,
    image_id: int | None = None,
    memory: NeighbourMemory | None = None,
) -> KnownDefects:
    """Compare an image with the painted defects of its product, those of its own part left out.

    Args:
        patches: (N, C) standardised.
        image_id, memory: as in `met`. A lesson that memory knows to be too far away is not compared again.
    """
    best, nearest = patches.new_zeros(len(patches)), patches.new_full((len(patches),), torch.inf)
    image_score = 0.0
    for lesson in lessons:
        if lesson.product != product or lesson.own_id == own or not len(lesson.painted):
            continue
        found = met(lambda: patches, image_id, lesson, memory)
        nearest = torch.minimum(nearest, found.of_patches)
        radii = _radii(lesson).to(patches.device).clamp(min=1e-12)
        if not bool((found.of_patches < radii.max()).any()):
            continue
        closeness = (1 - distances_between(patches, lesson.painted.features) / radii).clamp(min=0)  # (N, A)
        matched = closeness.amax(dim=1)  # (N,)
        best = torch.maximum(best, matched)
        top = matched.topk(min(PATCHES_NEEDED, closeness.shape[1], len(matched))).values
        if bool((top > 0).all()):
            image_score = max(image_score, 1.0 + float(top.mean()))
    return KnownDefects(nearest, best, image_score)


def _radii(lesson: PaintedLesson) -> Tensor:
    """(A,) of a lesson; 0, so that nothing matches, as long as they have not been found."""
    return lesson.radii if len(lesson.radii) else torch.zeros(len(lesson.painted))
