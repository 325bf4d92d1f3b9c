"""Replay: every lesson and a reservoir of normal patches, cross-fitted, so that teaching never forgets.

Shapes in this file
    N  patches of an image      C  feature dimension      A  painted patches of a lesson
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from core.banks import BankNeighbours
from core.comparison import Comparison
from core.config import DmadConfig
from core.mask_filter import FilteredCells, filter_mask
from core.progress import Progress, Report
from core.score_mapper import Head
from core.side_by_side import side_by_side
from core.training import (
    IGNORED,
    NORMAL,
    SEEN,
    BankTables,
    Batch,
    LabelledImage,
    PatchPool,
    balanced_batches,
    image_batches,
    train_head,
)

if TYPE_CHECKING:
    from core.detector import DualMemoryDetector
    from core.teaching import GoodImage, Lesson


@dataclass(frozen=True, eq=False)
class Pools:
    """What heads are trained on."""

    normal: PatchPool
    seen: PatchPool | None
    good_images: tuple[LabelledImage, ...]  # whole images, where batches are made of them
    painted_images: tuple[LabelledImage, ...]


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


@dataclass(frozen=True, eq=False)
class Drawn:
    """One good image's share of the reservoir."""

    image: GoodImage
    q: Tensor  # (n, C) standardised
    normal_rows: Tensor  # (n,)
    whole: LabelledImage | None  # where batches are made of whole images


class PoolBuilder:
    """Gathers what heads are trained on: a reservoir of normal patches, and every painted one."""

    def __init__(
        self, detector: DualMemoryDetector, good: Sequence[GoodImage], lessons: Sequence[Lesson]
    ) -> None:
        self._detector, self._lessons, self._config = detector, lessons, detector.config
        self._products = sorted({image.product for image in good} | {lesson.product for lesson in lessons})
        counts = Counter(image.product for image in good)
        per_product = self._config.reservoir // max(1, len(self._products))
        self._shares = {product: -(-per_product // count) for product, count in counts.items()}  # per image
        self._drawn: list[Drawn] = []

    def draw(self, image: GoodImage, features: Callable[[], Tensor], found: BankNeighbours) -> Drawn:
        """Draw one good image's share of the reservoir; safe in any thread.

        Args:
            features: gives (N, C) as the encoder gave them.
        """
        config, detector = self._config, self._detector
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + image.image_id)
        count = len(found.rows)
        share = min(count, self._shares[image.product])
        cells = torch.randperm(count, generator=generator)[:share].sort().values
        whole = None
        if not config.balanced:
            q = detector.standardise(features())
            abnormal = detector.nearest_abnormal(q, own=image.own_id).rows
            whole = _labelled(detector, image, found.rows, abnormal, torch.full((count,), NORMAL))
        drawn = detector.standardise(features()[cells])
        return Drawn(image, drawn, found.rows[cells.to(found.rows.device)], whole)

    def take(self, drawn: Drawn) -> None:
        """Add what was drawn from one image."""
        self._drawn.append(drawn)

    def pools(self, comparison: Comparison) -> Pools:
        """Add the lessons and return everything; the rest of completely painted images joins the normal patches."""
        config, detector = self._config, self._detector
        reservoir, seen = self._reservoir(), _Collector()
        painted_images = []
        folds = lesson_folds(self._lessons, config.folds)
        for lesson in self._lessons:
            q = detector.standardise(lesson.features())
            normal = comparison.normal[lesson.image_id].rows
            abnormal = detector.nearest_abnormal(q, own=lesson.own_id).rows
            cells = cells_of(lesson, detector.grid, config)
            anomalous = torch.from_numpy(cells.anomalous.ravel()).to(q.device)
            clean = torch.from_numpy(cells.normal.ravel()).to(q.device)
            place = (self._products.index(lesson.product), lesson.image_id, folds[lesson.lesson_id])
            seen.add(q[anomalous], normal[anomalous], abnormal[anomalous], *place)
            if bool(clean.any()):
                reservoir.add(q[clean], normal[clean], abnormal[clean], *place)
            if not config.balanced:
                label = torch.full((len(q),), IGNORED)
                label[clean.cpu()], label[anomalous.cpu()] = NORMAL, SEEN
                painted_images.append(_labelled(detector, lesson, normal, abnormal, label))
        return Pools(
            normal=reservoir.pool(),
            seen=seen.pool() if self._lessons else None,
            good_images=tuple(drawn.whole for drawn in self._drawn if drawn.whole is not None),
            painted_images=tuple(painted_images),
        )

    def _reservoir(self) -> _Collector:
        """Find the nearest abnormal rows of all that was drawn in one search: quicker than some patches at a time."""
        collector = _Collector()
        sizes = [len(drawn.q) for drawn in self._drawn]
        own = torch.tensor([drawn.image.own_id for drawn in self._drawn]).repeat_interleave(
            torch.tensor(sizes)
        )
        abnormal = self._detector.nearest_abnormal(
            torch.cat([drawn.q for drawn in self._drawn]), own=own
        ).rows
        for drawn, rows in zip(self._drawn, abnormal.split(sizes), strict=True):
            image = drawn.image
            fold = fold_of(image.own_id, self._config.folds)
            place = (self._products.index(image.product), image.image_id, fold)
            collector.add(drawn.q, drawn.normal_rows, rows, *place)
        return collector


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
    if not config.balanced:
        steps = config.epochs * -(-len(pools.good_images) // config.batch_images)
    together = _Together(report, steps * len(start))

    def train(number: int) -> Head:
        generator = torch.Generator().manual_seed(config.seed * 7919 + number)
        batches = _batches(pools, tables, config, generator, number if len(start) > 1 else None)
        return train_head(
            start[number],
            batches,
            steps,
            config,
            generator,
            has_seen=pools.seen is not None,
            report=together.reporter(number),
        )

    return tuple(side_by_side(train, range(len(start)), detector.mean.device, all_at_once=True))


def _batches(
    pools: Pools, tables: BankTables, config: DmadConfig, generator: torch.Generator, left_out: int | None
) -> Iterator[Batch]:
    """Batches of everything but one fold; None: of everything."""
    if config.balanced:
        seen = pools.seen.without_fold(left_out) if pools.seen is not None else None
        return balanced_batches(pools.normal.without_fold(left_out), seen, tables, config, generator)
    whole = config.attends(has_seen=pools.seen is not None)
    return image_batches(pools.good_images, pools.painted_images, tables, config, generator, whole=whole)


class _Together:
    """Joins the progress of heads that are trained side by side into one."""

    def __init__(self, report: Report, total: int) -> None:
        self._report, self._total = report, total
        self._done: dict[int, int] = {}
        self._lock = threading.Lock()

    def reporter(self, number: int) -> Report:
        """Return what head `number` reports to."""

        def report(progress: Progress) -> None:
            with self._lock:
                self._done[number] = progress.done
                self._report(Progress(progress.stage, sum(self._done.values()), self._total))

        return report
