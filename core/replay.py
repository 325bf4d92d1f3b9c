"""Replay: every lesson and a reservoir of normal patches, cross-fitted, so that teaching never forgets.

Shapes in this file
    N  patches of an image      C  feature dimension      A  painted patches of a lesson
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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
    Batch,
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
    to_painted: dict[int, Tensor]  # (N,) distance of its patches to painted ones of its product, by image id


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
    to_painted: dict[int, Tensor] = {}
    for number, image in enumerate(good):
        report(Progress("Comparing with the memories", number, len(good)))
        q = detector.standardise(image.features())
        raw = detector.compare(q, image.product, own=image.own_id, image_id=image.image_id, memory=memory)
        compared[image.image_id] = raw
        to_painted[image.image_id] = closest.meet(q, image.product, image.own_id)
        share = min(len(q), -(-per_product // counts[image.product]))
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + image.image_id)
        cells = torch.randperm(len(q), generator=generator)[:share].sort().values.to(q.device)
        place = (products.index(image.product), image.image_id, fold_of(image.own_id, config.folds))
        normal.add(q[cells], raw.normal.rows[cells], raw.abnormal.rows[cells], *place)
        if not config.balanced:
            label = torch.full((len(q),), NORMAL)
            whole.append(_labelled(detector, image, raw.normal.rows, raw.abnormal.rows, label))
    seen, painted_images = _collect_seen(detector, lessons, products, normal, compared)
    for lesson in lessons:
        q = detector.standardise(lesson.features())
        to_painted[lesson.image_id] = detector.known_matches(q, lesson.product, lesson.own_id).distances
    return Pools(
        normal=normal.pool(),
        seen=seen,
        good_images=tuple(whole),
        painted_images=tuple(painted_images),
        radii=closest.radii(config.match_margin),
        compared=compared,
        to_painted=to_painted,
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

    return side_by_side(train, len(start), detector.mean.device)


def _batches(
    pools: Pools, tables: BankTables, config: DmadConfig, generator: torch.Generator, left_out: int | None
) -> Iterator[Batch]:
    """Batches of everything but one fold; None: of everything."""
    if config.balanced:
        seen = pools.seen.without_fold(left_out) if pools.seen is not None else None
        return balanced_batches(pools.normal.without_fold(left_out), seen, tables, config, generator)
    whole = config.attention == "always" or (config.attention == "unsupervised" and pools.seen is None)
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


def side_by_side(train: Callable[[int], Head], count: int, device: torch.device) -> tuple[Head, ...]:
    """Call `train` for 0 .. count - 1: on a CPU in as many threads as torch would use, each computing alone.

    The matrices of a head are too small to be worth splitting, and a head computed by one thread has the same bits
    however many there are.
    """
    threads = torch.get_num_threads()
    if device.type != "cpu":
        return tuple(train(number) for number in range(count))

    def alone(number: int) -> Head:
        torch.set_num_threads(1)
        return train(number)

    with ThreadPoolExecutor(max_workers=min(threads, count)) as pool:
        heads = tuple(pool.map(alone, range(count)))
    torch.set_num_threads(threads)
    return heads
