"""Evidence: the good patch and the earlier painted defect that an image's worst patch was compared with."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core.banks import AbnormalBank, BankNeighbours, NormalBank


@dataclass(frozen=True)
class ComparedPatch:
    """One patch of an earlier image, and how far the image's worst patch is from it."""

    image_id: int
    cell: int  # row-major index into that image's patch grid
    distance: float
    product: str
    lesson: int | None = None
    defect_type: str | None = None


@dataclass(frozen=True)
class Evidence:
    """What decided: the worst patch, its nearest good patch, its nearest painted patch if anything is painted."""

    cell: int
    good: ComparedPatch
    painted: ComparedPatch | None


def gather_evidence(
    cell: int, q: Tensor, found: BankNeighbours, normal: NormalBank, abnormal: AbnormalBank, own: int | None
) -> Evidence:
    """Look up what patch `cell` of q (N, C) was compared with; the image's own rows are skipped."""
    segment, row = normal.locate(int(found.rows[cell]))
    good = ComparedPatch(
        image_id=int(segment.provenance.images[row]),
        cell=int(segment.provenance.cells[row]),
        distance=float(found.distances[cell]),
        product=segment.product or "",
    )
    return Evidence(cell, good, _nearest_painted(q[cell], abnormal, own))


def _nearest_painted(patch: Tensor, abnormal: AbnormalBank, own: int | None) -> ComparedPatch | None:
    best: ComparedPatch | None = None
    for lesson in abnormal.lessons:
        if lesson.own_id == own or not len(lesson.painted):
            continue
        distances = torch.linalg.vector_norm(lesson.painted.features - patch, dim=1)
        row = int(distances.argmin())
        if best is None or float(distances[row]) < best.distance:
            provenance = lesson.painted.provenance
            best = ComparedPatch(
                image_id=int(provenance.images[row]),
                cell=int(provenance.cells[row]),
                distance=float(distances[row]),
                product=lesson.product,
                lesson=lesson.lesson_id,
                defect_type=lesson.painted.defect_types[int(provenance.types[row])],
            )
    return best
