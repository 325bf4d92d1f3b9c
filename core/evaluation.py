"""Evaluation: fit on good images, teach n painted defects per product, judge on the rest.

The rules: nothing is chosen on test images; products are never pooled but for the figure that says so; the
seen defects of a seed are left out of the test images at every n, so that columns compare; the first n of one
permutation are seen at n, so that what 5 saw, 10 saw too.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.config import DmadConfig
from core.datasets import DefectImage, ProductData, read_mask, read_pixels
from core.detector import DualMemoryDetector
from core.evaluation_figures import Measuring, ResultRow, RunKey, means
from core.feature_store import FeatureStore, RunMemory
from core.pixel_metrics import SIZE, resize_mask
from core.progress import Progress, Report, silent
from core.teaching import GoodImage, Lesson, fit, teach


class TooFewDefectsError(ValueError):
    """A product has too few painted defects to see so many and be judged on others; gives both numbers."""


@dataclass(frozen=True)
class EvaluationPlan:
    """What is asked for."""

    seen: tuple[int, ...] = (0, 10)
    seeds: tuple[int, ...] = (0,)
    config: DmadConfig = field(default_factory=DmadConfig)
    complete: bool = True  # a mask shows every defect of its image, so the rest of it may serve as normal


@dataclass(frozen=True)
class Evaluation:
    """What was measured. Figures are fractions of 1."""

    settings: dict[str, Any]
    results: tuple[ResultRow, ...]  # per product
    pooled: tuple[ResultRow, ...]  # all products' images ranked as one: what one common threshold would see
    calls: tuple[dict[str, Any], ...]  # at each product's reject limit, and at the overkill that can be shown

    def to_json_object(self) -> dict[str, Any]:
        """Return what is written to a file."""
        return {
            "settings": self.settings,
            "results": [asdict(row) for row in self.results],
            "means": [asdict(row) for row in means(self.results)],
            "pooled": [asdict(row) for row in self.pooled],
            "calls": list(self.calls),
        }


class Ids:
    """Numbers images; every file is a part of its own."""

    def __init__(self) -> None:
        self._ids: dict[Path, int] = {}

    def of(self, path: Path) -> int:
        """Return the file's number, from 1 in order of first asking."""
        return self._ids.setdefault(path, len(self._ids) + 1)


def draw_seen(product: ProductData, count: int, seed: int) -> tuple[DefectImage, ...]:
    """Draw painted defects to be seen. The first n of the draw of m are the draw of n.

    Raises:
        TooFewDefectsError: fewer than count + 1 defects. A product without any mask has none drawn.
    """
    painted = sorted((defect for defect in product.defects if defect.mask is not None), key=lambda d: d.path)
    if not painted or count == 0:
        return ()
    if len(painted) < count or len(product.defects) <= count:
        raise TooFewDefectsError(
            f"{product.name} has {len(product.defects)} defects, {len(painted)} of them with a mask; "
            f"to see {count} it takes at least {count + 1}"
        )
    rng = np.random.default_rng([seed, zlib.crc32(product.name.encode())])
    return tuple(painted[index] for index in rng.permutation(len(painted))[:count])


def evaluate(
    products: Sequence[ProductData], plan: EvaluationPlan, store: FeatureStore, report: Report = silent
) -> Evaluation:
    """Run the protocol.

    Args:
        store: gives patch features; its encoder must be the one that `plan.config` names.

    Raises:
        TooFewDefectsError, NothingToLearnError, MaskSizeError, ImageRefusedError
    """
    draws = {seed: {p.name: draw_seen(p, max(plan.seen), seed) for p in products} for seed in plan.seeds}
    store.prepare([path for product in products for path in _paths(product)], report)
    run = _Run(products, plan, store, report)
    for seed in plan.seeds:
        run.evaluate_seed(seed, draws[seed])
    settings = _settings(products, plan, store, draws)
    settings |= {"seconds": run.seconds, "largest_pixel_error": run.largest_pixel_error}
    return Evaluation(settings, tuple(run.results), tuple(run.pooled), tuple(run.calls))


Drawn = dict[str, tuple[DefectImage, ...]]  # per product


class _Run:
    """What stays the same over all fits of one evaluation, and what has been measured so far."""

    def __init__(
        self, products: Sequence[ProductData], plan: EvaluationPlan, store: FeatureStore, report: Report
    ) -> None:
        self._products, self._plan, self._store, self._report = products, plan, store, report
        self._ids = Ids()
        self._memory = RunMemory()
        self._masks: dict[Path, NDArray[np.bool_]] = {}  # 256 x 256
        self.results: list[ResultRow] = []
        self.pooled: list[ResultRow] = []
        self.calls: list[dict[str, Any]] = []
        self.seconds: dict[str, float] = {}
        self.largest_pixel_error = 0.0

    def evaluate_seed(self, seed: int, drawn: Drawn) -> None:
        start = time.perf_counter()
        fitted = self._fit(seed)
        self.seconds[f"seed {seed}: build"] = round(time.perf_counter() - start, 1)
        for seen in sorted(set(self._plan.seen)):
            start = time.perf_counter()
            detector = self._teach(fitted, drawn, seen) if seen and any(drawn.values()) else fitted
            self.seconds[f"seed {seed}: teach {seen}"] = round(time.perf_counter() - start, 1)
            measured = self._measure(detector, drawn, RunKey(seen, seed))
            self.results += measured.rows()
            self.pooled += measured.pooled_rows()
            self.calls += measured.calls(detector)
            self.largest_pixel_error = max(self.largest_pixel_error, measured.largest_pixel_error())
            self.seconds[f"seed {seed}: all of {seen}"] = round(time.perf_counter() - start, 1)

    def _good(self) -> list[GoodImage]:
        return good_images(self._products, self._store, self._ids)

    def _fit(self, seed: int) -> DualMemoryDetector:
        config = replace(self._plan.config, seed=seed)
        good = self._good()
        return fit_detector(good, config, self._store, self._memory, self._report, always_train=True)

    def _teach(self, fitted: DualMemoryDetector, drawn: Drawn, seen: int) -> DualMemoryDetector:
        lessons = [
            lesson_of(defect, product, self._store, self._ids, complete=self._plan.complete)
            for product, defects in drawn.items()
            for defect in defects[:seen]
        ]
        return teach(
            fitted, self._good(), lessons, memory=self._memory, always_train=True, report=self._report
        )

    def _measure(self, detector: DualMemoryDetector, drawn: Drawn, key: RunKey) -> Measuring:
        painted = {name: {d.defect_type for d in defects[: key.seen]} for name, defects in drawn.items()}
        measuring = Measuring(key, [p.name for p in self._products if p.has_masks], painted)
        images: list[tuple[ProductData, Path, DefectImage | None]] = [
            (p, path, None) for p in self._products for path in p.test_good
        ]
        images += [(p, d.path, d) for p in self._products for d in p.defects if d not in drawn[p.name]]
        order = np.random.default_rng(0).permutation(
            len(images)
        )  # mixed: the pixel bins follow the first images
        for number, index in enumerate(order):
            self._report(Progress(f"Judging with {key.seen} painted", number, len(images)))
            product, path, defect = images[index]
            number_of = self._ids.of(path)
            features = self._store.features(path)
            score = detector.score(
                features,
                product.name,
                own=number_of,
                image_id=number_of,
                memory=self._memory,
                with_head=True,
            )
            defect_type = defect.defect_type if defect else None
            measuring.add(product.name, score, defect_type, self._mask(defect) if product.has_masks else None)
        return measuring

    def _mask(self, defect: DefectImage | None) -> NDArray[np.bool_]:
        if defect is None or defect.mask is None:
            return np.zeros((SIZE, SIZE), dtype=np.bool_)
        if defect.mask not in self._masks:
            self._masks[defect.mask] = resize_mask(full_mask(defect))
        return self._masks[defect.mask]


def good_images(products: Sequence[ProductData], store: FeatureStore, ids: Ids) -> list[GoodImage]:
    """Return the training images of all products."""
    return [
        GoodImage(ids.of(path), ids.of(path), product.name, _lazily(store, path))
        for product in products
        for path in product.train_good
    ]


def lesson_of(
    defect: DefectImage, product: str, store: FeatureStore, ids: Ids, *, complete: bool = True
) -> Lesson:
    """Return a painted defect as a lesson; its mask stands for an inspector's painting."""
    number = ids.of(defect.path)
    layers = ((defect.defect_type, full_mask(defect)),)
    return Lesson(number, number, number, product, _lazily(store, defect.path), layers, complete=complete)


def fit_detector(
    good: Sequence[GoodImage],
    config: DmadConfig,
    store: FeatureStore,
    memory: RunMemory,
    report: Report = silent,
    *,
    always_train: bool = False,
) -> DualMemoryDetector:
    """Fit on good images with the built-in outlier textures; `always_train` as in `core.teaching.fit`."""
    encoder = store.encoder
    return fit(
        good,
        lambda: store.outliers(config.seed),
        config,
        fingerprint=encoder.fingerprint,
        grid=encoder.grid,
        memory=memory,
        always_train=always_train,
        report=report,
    ).detector


def full_mask(defect: DefectImage) -> NDArray[np.bool_]:
    """(H, W) mask at the image's own size."""
    assert defect.mask is not None, "only defects with masks are asked for theirs"
    height, width, _ = read_pixels(defect.path).shape
    return read_mask(defect.mask, (height, width))


def _lazily(store: FeatureStore, path: Path) -> Callable[[], Tensor]:
    return lambda: store.features(path)


def _paths(product: ProductData) -> list[Path]:
    return [*product.train_good, *product.test_good, *(defect.path for defect in product.defects)]


def _settings(
    products: Sequence[ProductData],
    plan: EvaluationPlan,
    store: FeatureStore,
    draws: dict[int, Drawn],
) -> dict[str, Any]:
    return {
        "seen": sorted(set(plan.seen)),
        "seeds": list(plan.seeds),
        "config": asdict(plan.config),
        "encoder": store.encoder.fingerprint,
        "pixel_size": SIZE,
        "masks_are_complete": plan.complete,
        "threads": torch.get_num_threads(),
        "products": {
            p.name: {
                "train_good": len(p.train_good),
                "test_good": len(p.test_good),
                "defects": len(p.defects),
            }
            for p in products
        },
        "seen_images": {
            str(seed): {
                name: [f"{d.defect_type}/{d.path.name}" for d in drawn] for name, drawn in by_product.items()
            }
            for seed, by_product in draws.items()
        },
    }
