"""The fits, lessons and judgements of one evaluation: a detector per cell, every test image once per detector."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.calibration import ProductCalibration
from core.config import DmadConfig
from core.datasets import DefectImage, ProductData
from core.detector import DualMemoryDetector
from core.evaluation.ablation import PREFIX, ROWS, row_config, row_of
from core.evaluation.cells import DETAILS, Cell
from core.evaluation.figures import JudgedImage, Measuring, RunKey
from core.evaluation.inputs import Drawn, Ids, fit_detector, full_mask, good_images, lesson_of
from core.feature_store import FeatureStore, RunMemory
from core.pixel_metrics import SIZE, resize_mask
from core.progress import Progress, Report
from core.teaching import teach

OTHERS = "other products' defects"


@dataclass(frozen=True)
class RunSettings:
    """What stays the same over all cells."""

    config: DmadConfig
    complete: bool
    full_test_set: (
        bool  # leave out of the test images only what a cell has seen, not what the largest number sees
    )
    root: Path | None


class Run:
    """Measures cells. Equal cells are equal in whatever order they are asked for, and whichever came before."""

    def __init__(
        self,
        products: Sequence[ProductData],
        settings: RunSettings,
        draws: Mapping[int, Drawn],
        store: FeatureStore,
    ) -> None:
        self._products, self._settings, self._draws, self._store = products, settings, draws, store
        self._ids = _numbered(products, draws)
        self._memory = RunMemory()
        self._masks: dict[Path, NDArray[np.bool_]] = {}  # 256 x 256
        self._fitted: tuple[DmadConfig, DualMemoryDetector] | None = None
        self._seconds: dict[str, float] = {}

    def keys(
        self, seen: Sequence[int], seeds: Sequence[int], *, ablate: bool, transfer: bool
    ) -> list[RunKey]:
        """Return the cells that are asked for, in the order of measuring."""
        numbers, most = sorted(set(seen)), max(seen)
        keys = []
        for seed in seeds:
            keys += [RunKey(number, seed) for number in numbers]
            if transfer:
                keys += [RunKey(number, seed, OTHERS) for number in numbers if number]
        for row in ROWS if ablate else ():
            if most or not row.has_seen:
                keys += [RunKey(most if row.has_seen else 0, seed, PREFIX + row.name) for seed in seeds]
        return keys

    def measure(self, key: RunKey, report: Report) -> Cell:
        """Fit, teach and judge for one cell."""
        self._seconds = {}
        with self._timed(f"{_name(key)}: all"):
            measuring = Measuring(key, [p.name for p in self._products if p.has_masks], self._painted(key))
            calibrations: dict[str, ProductCalibration] = {}
            for detector, judged in self._detectors(key, report):
                self._judge(measuring, detector, judged, key, report)
                calibrations |= {p.name: detector.calibration(p.name) for p in judged}
        calls, own = measuring.calls(calibrations), not key.experiment
        details = {
            "calls": calls,
            "types": measuring.types(),
            "images": measuring.images(),
            "curves": measuring.curves() if own else [],
            "pictures": measuring.pictures() if own else [],
        }
        assert set(details) == set(DETAILS)
        rows, pooled = tuple(measuring.rows()), tuple(measuring.pooled_rows())
        return Cell(key, rows, pooled, details, self._seconds, measuring.largest_pixel_error())

    def _painted(self, key: RunKey) -> dict[str, set[str]]:
        """Per product the types of its own defects that the cell's detector has been taught."""
        drawn = self._draws[key.seed] if key.experiment != OTHERS else {}
        return {name: {d.defect_type for d in defects[: key.seen]} for name, defects in drawn.items()}

    def _detectors(
        self, key: RunKey, report: Report
    ) -> Iterator[tuple[DualMemoryDetector, Sequence[ProductData]]]:
        """The cell's detectors, each with the products it is judged on."""
        row = row_of(key.experiment)
        config = replace(self._settings.config, seed=key.seed)
        fitted = self._fit(row_config(row, config) if row else config, key, report)
        if key.experiment != OTHERS:
            yield self._teach(fitted, self._draws[key.seed], key, report), self._products
            return
        for product in self._products:
            others = {name: drawn for name, drawn in self._draws[key.seed].items() if name != product.name}
            yield self._teach(fitted, others, key, report), [product]

    def _fit(self, config: DmadConfig, key: RunKey, report: Report) -> DualMemoryDetector:
        if self._fitted is None or self._fitted[0] != config:
            with self._timed(f"{_name(key)}: build"):
                good = good_images(self._products, self._store, self._ids)
                detector = fit_detector(good, config, self._store, self._memory, report, always_train=True)
            self._fitted = (config, detector)
        return self._fitted[1]

    def _teach(
        self, fitted: DualMemoryDetector, drawn: Drawn, key: RunKey, report: Report
    ) -> DualMemoryDetector:
        if not key.seen or not any(drawn.values()):
            return fitted
        with self._timed(f"{_name(key)}: teach"):
            lessons = [
                lesson_of(defect, product, self._store, self._ids, complete=self._settings.complete)
                for product, defects in drawn.items()
                for defect in defects[: key.seen]
            ]
            good = good_images(self._products, self._store, self._ids)
            return teach(fitted, good, lessons, memory=self._memory, always_train=True, report=report)

    def _judge(
        self,
        measuring: Measuring,
        detector: DualMemoryDetector,
        products: Sequence[ProductData],
        key: RunKey,
        report: Report,
    ) -> None:
        images = self._test_images(products, key)
        mixed = np.random.default_rng(0).permutation(len(images))  # the pixel bins follow the first images
        for number, index in enumerate(mixed):
            report(Progress(f"Judging with {key.seen} painted", number, len(images)))
            product, path, defect = images[index]
            number_of = self._ids.of(path)
            score = detector.score(
                self._store.features(path),
                product.name,
                own=number_of,
                image_id=number_of,
                memory=self._memory,
                with_head=True,
            )
            mask = self._mask(defect) if product.has_masks else None
            defect_type = defect.defect_type if defect else None
            mask_path = self._relative(defect.mask) if defect and defect.mask else None
            image = JudgedImage(product.name, self._relative(path), defect_type, mask, mask_path)
            measuring.add(image, score)

    def _test_images(
        self, products: Sequence[ProductData], key: RunKey
    ) -> list[tuple[ProductData, Path, DefectImage | None]]:
        drawn = self._draws[key.seed]
        count = key.seen if self._settings.full_test_set else None
        left_out = {name: set(defects[:count]) for name, defects in drawn.items()}
        good = [(p, path, None) for p in products for path in p.test_good]
        return [*good, *((p, d.path, d) for p in products for d in p.defects if d not in left_out[p.name])]

    def _mask(self, defect: DefectImage | None) -> NDArray[np.bool_]:
        if defect is None or defect.mask is None:
            return np.zeros((SIZE, SIZE), dtype=np.bool_)
        if defect.mask not in self._masks:
            self._masks[defect.mask] = resize_mask(full_mask(defect))
        return self._masks[defect.mask]

    def _relative(self, path: Path) -> str:
        root = self._settings.root
        return path.relative_to(root).as_posix() if root is not None else path.as_posix()

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self._seconds[name] = round(self._seconds.get(name, 0.0) + time.perf_counter() - start, 1)


def _name(key: RunKey) -> str:
    experiment = f", {key.experiment}" if key.experiment else ""
    return f"seed {key.seed}, {key.seen} seen{experiment}"


def _numbered(products: Sequence[ProductData], draws: Mapping[int, Drawn]) -> Ids:
    """Number all images before the first cell: a resumed run must not number them in another order."""
    ids = Ids()
    for product in products:
        for path in product.train_good:
            ids.of(path)
    for drawn in draws.values():
        for defects in drawn.values():
            for defect in defects:
                ids.of(defect.path)
    for product in products:
        for path in (*product.test_good, *(defect.path for defect in product.defects)):
            ids.of(path)
    return ids
