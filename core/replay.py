"""Replay: every lesson and a reservoir of normal patches, cross-fitted, so that teaching never forgets.

Shapes in this file
    N  patches of an image      C  feature dimension      A  painted patches of a lesson
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from core.banks import NeighbourMemory
from core.config import DmadConfig
from core.known_defects import ClosestGood
from core.mask_filter import FilteredCells, filter_mask
from core.progress import Progress, Report
from core.score_mapper import Head
from core.training import (
    IGNORED,
    NORMAL,
    SEEN,
    BankTables,
    LabelledImage,
    PatchPool,
    balanced_batches,
    image_batches,
    train_head,
)

if TYPE_CHECKING:
    from core.detector import Compared, DualMemoryDetector
    from core.teaching import GoodImage, Lesson


@dataclass(frozen=True, eq=False)
class Pools:
    """What heads are trained on, and how near good images come to painted patches."""

    normal: PatchPool
    seen: PatchPool | None
    good_images: tuple[LabelledImage, ...]  # whole images, where batches are made of them
    painted_images: tuple[LabelledImage, ...]
    radii: dict[int, Tensor]  # per lesson (A,)
    compared: dict[int, Compared]  # what each training image's patches are nearest to, by image id


def fold_of(own_id: int, folds: int) -> int:
    """Cross-fitting fold of a good part: fixed for ever, whoever comes or goes."""
    return (own_id * 2654435761 % 2**32 >> 16) % folds


def lesson_folds(lessons: Sequence[Lesson], folds: int) -> dict[int, int]:
    """Fold of each lesson: in turn within its product, so that every fold leaves some of a product's lessons in."""
    ranks: dict[str, list[int]] = {}
    result = {}
    for lesson in sorted(lessons, key=lambda lesson: lesson.lesson_id):
        owners = ranks.setdefault(lesson.product, [])
        if lesson.own_id not in owners:
            owners.append(lesson.own_id)
        result[lesson.lesson_id] = owners.index(lesson.own_id) % folds
    return result


def cells_of(lesson: Lesson, grid: tuple[int, int], config: DmadConfig) -> FilteredCells:
    """Apply the filter to all layers of a lesson at once (eq. 2)."""
    mask = lesson.layers[0][1].copy()
    for _, layer in lesson.layers[1:]:
        mask |= layer
    return filter_mask(
        mask,
        grid,
        ignore=lesson.ignore,
        complete=lesson.complete,
        threshold=config.coverage_threshold,
        mode=config.mask_filter,
    )


def build_pools(
    detector: DualMemoryDetector,
    good: Sequence[GoodImage],
    lessons: Sequence[Lesson],
    memory: NeighbourMemory | None,
    report: Report,
) -> Pools:
    """Compare every training patch with both memories, own image excluded, and draw the reservoir."""
    config = detector.config
    products = sorted({image.product for image in good} | {lesson.product for lesson in lessons})
    per_product = config.reservoir // max(1, len(products))
    counts = {product: sum(image.product == product for image in good) for product in products}
    normal = _Collector()
    whole: list[LabelledImage] = []
    closest = ClosestGood(detector.abnormal.lessons)
    compared: dict[int, Compared] = {}
    for number, image in enumerate(good):
        report(Progress("Comparing with the memories", number, len(good)))
        q = detector.standardise(image.features())
        raw = detector.compare(q, image.product, own=image.own_id, image_id=image.image_id, memory=memory)
        compared[image.image_id] = raw
        closest.meet(q, image.product, image.own_id)
        share = min(len(q), -(-per_product // counts[image.product]))
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + image.image_id)
        cells = torch.randperm(len(q), generator=generator)[:share].sort().values.to(q.device)
        place = (products.index(image.product), image.image_id, fold_of(image.own_id, config.folds))
        normal.add(q[cells], raw.normal.rows[cells], raw.abnormal.rows[cells], *place)
        if not config.balanced:
            label = torch.full((len(q),), NORMAL)
            whole.append(_labelled(detector, image, raw.normal.rows, raw.abnormal.rows, label))
    seen, painted_images = _collect_seen(detector, lessons, products, normal, compared)
    return Pools(
        normal.pool(), seen, tuple(whole), tuple(painted_images), closest.radii(config.match_margin), compared
    )


class _Collector:
    """Gathers patches image by image."""

    def __init__(self) -> None:
        self._parts: list[tuple[Tensor, ...]] = []

    def add(
        self, q: Tensor, normal_rows: Tensor, abnormal_rows: Tensor, product: int, image: int, fold: int
    ) -> None:
        fixed = (torch.full((len(q),), value, dtype=torch.int64) for value in (product, image, fold))
        self._parts.append((q.cpu(), normal_rows.cpu(), abnormal_rows.cpu(), *fixed))

    def pool(self) -> PatchPool:
        return PatchPool(*(torch.cat(values) for values in zip(*self._parts, strict=True)))


def _collect_seen(
    detector: DualMemoryDetector,
    lessons: Sequence[Lesson],
    products: list[str],
    normal: _Collector,
    compared: dict[int, Compared],
) -> tuple[PatchPool | None, list[LabelledImage]]:
    """Painted patches of all lessons; the rest of completely painted images joins the normal patches."""
    config, seen, whole = detector.config, _Collector(), []
    folds = lesson_folds(lessons, config.folds)
    for lesson in lessons:
        q = detector.standardise(lesson.features())
        raw = compared[lesson.image_id] = detector.compare(q, lesson.product, own=lesson.own_id)
        cells = cells_of(lesson, detector.grid, config)
        anomalous = torch.from_numpy(cells.anomalous.ravel()).to(q.device)
        clean = torch.from_numpy(cells.normal.ravel()).to(q.device)
        place = (products.index(lesson.product), lesson.image_id, folds[lesson.lesson_id])
        seen.add(q[anomalous], raw.normal.rows[anomalous], raw.abnormal.rows[anomalous], *place)
        if bool(clean.any()):
            normal.add(q[clean], raw.normal.rows[clean], raw.abnormal.rows[clean], *place)
        if not config.balanced:
            label = torch.full((len(q),), IGNORED)
            label[clean.cpu()], label[anomalous.cpu()] = NORMAL, SEEN
            whole.append(_labelled(detector, lesson, raw.normal.rows, raw.abnormal.rows, label))
    return (seen.pool() if lessons else None), whole


def _labelled(
    detector: DualMemoryDetector, source: GoodImage | Lesson, normal: Tensor, abnormal: Tensor, label: Tensor
) -> LabelledImage:
    return LabelledImage(lambda: detector.standardise(source.features()), normal, abnormal, label)


def train_heads(
    detector: DualMemoryDetector, start: Sequence[Head], pools: Pools, steps: int, report: Report
) -> tuple[Head, ...]:
    """Train one head per fold, each on everything but its fold; with one fold, on everything."""
    config = detector.config
    tables = BankTables(detector.normal.features, detector.abnormal.features)
    has_seen = pools.seen is not None
    heads = []
    for number, blank in enumerate(start):
        generator = torch.Generator().manual_seed(config.seed * 7919 + number)
        left_out = number if len(start) > 1 else None
        seen = pools.seen.without_fold(left_out) if pools.seen is not None else None
        seen = seen if seen is not None and len(seen) else None
        if config.balanced:
            normal = pools.normal.without_fold(left_out)
            batches = balanced_batches(normal, seen, tables, config, generator)
        else:
            whole = config.attention == "always" or (config.attention == "unsupervised" and not has_seen)
            batches = image_batches(
                pools.good_images, pools.painted_images, tables, config, generator, whole=whole
            )
            steps = config.epochs * -(-len(pools.good_images) // config.batch_images)
        stage = f"Training ({number + 1} of {len(start)})" if len(start) > 1 else "Training"
        heads.append(
            train_head(
                blank, batches, steps, config, generator, has_seen=has_seen, stage=stage, report=report
            )
        )
    return tuple(heads)
