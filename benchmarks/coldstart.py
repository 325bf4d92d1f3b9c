"""Cold start: how good is the first model of a new product from few good images, alone and beside other products?

    python3 launch.py bench coldstart --data ROOT --product NAME

For each number of good images and each seed (a draw of the good images; the first n of one permutation are taken at n)
a model is built from nothing but good images, and judged on all test images of the product: once alone, once in a
workspace with all good images of the other products.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import machine
from benchmarks.progress_line import print_progress
from core.confidence import wilson
from core.config import DmadConfig
from core.datasets import DatasetError, ProductData, read_dataset
from core.detector import DualMemoryDetector, ImageScore
from core.device import choose_device
from core.encoder import build_encoder
from core.evaluation.inputs import Ids, fit_detector, full_mask, good_images
from core.feature_store import FeatureStore, RunMemory
from core.heatmap import pixel_map
from core.metrics import auroc
from core.pixel_metrics import SIZE, PixelFigures, PixelMetrics, resize_mask
from core.teaching import NothingToLearnError

COUNTS = (1, 2, 3, 5, 10, 20, 31)
FIGURES = ("image_auroc", "pixel_auroc", "pixel_ap", "pro", "false_rejects", "caught")
TITLES = ("image AUROC", "pixel AUROC", "pixel AP", "PRO", "false rejects", "caught")
WRONG_USE = 2


@dataclass(frozen=True)
class Cell:
    """One first model, judged. Shares of 1; None where it could not be taken."""

    good: int  # images it was built from
    others: bool  # the other products are in the workspace
    seed: int
    image_auroc: float | None = None
    pixel_auroc: float | None = None
    pixel_ap: float | None = None
    pro: float | None = None
    false_rejects: float | None = None
    caught: float | None = None
    good_tested: int = 0
    defects_tested: int = 0
    rule: str = ""  # how the limit was set, as a person reads it
    refused: str = ""  # why there is no model
    seconds: float = 0.0


class ColdStart:
    """One product, and what first models of it are judged on."""

    def __init__(
        self,
        product: ProductData,
        others: Sequence[ProductData],
        store: FeatureStore,
        config: DmadConfig,
    ) -> None:
        self._product, self._others, self._store, self._config = product, others, store, config
        wanted = [*product.train_good, *product.test_good, *(d.path for d in product.defects)]
        store.prepare([*wanted, *(path for p in others for path in p.train_good)], print_progress)
        self._masks = {d.path: resize_mask(full_mask(d)) for d in product.defects if d.mask is not None}

    def measure(self, good: int, seed: int, *, others: bool) -> Cell:
        """Build from `good` images drawn by `seed`, and judge."""
        started, empty = time.perf_counter(), Cell(good, others, seed)
        drawn = replace(self._product, train_good=draw_good(self._product, good, seed))
        products = [drawn, *(self._others if others else ())]
        try:
            detector = fit_detector(
                good_images(products, self._store, Ids()),
                replace(self._config, seed=seed),
                self._store,
                RunMemory(),
            )
        except NothingToLearnError as error:
            return replace(empty, refused=str(error))
        return replace(self._judged(detector, empty), seconds=round(time.perf_counter() - started, 1))

    def _judged(self, detector: DualMemoryDetector, cell: Cell) -> Cell:
        good = [self._score(detector, path) for path in self._product.test_good]
        bad = [self._score(detector, defect.path) for defect in self._product.defects]
        labels = [False] * len(good) + [True] * len(bad)
        pixels = self._pixels(good, bad)
        return replace(
            cell,
            image_auroc=auroc([s.score for s in (*good, *bad)], labels) if good and bad else None,
            pixel_auroc=pixels.auroc.value if pixels else None,
            pixel_ap=pixels.average_precision.value if pixels else None,
            pro=pixels.pro.value if pixels else None,
            false_rejects=_share(good),
            caught=_share(bad),
            good_tested=len(good),
            defects_tested=len(bad),
            rule=detector.calibration(self._product.name).rule,
        )

    def _score(self, detector: DualMemoryDetector, path: Path) -> ImageScore:
        return detector.score(self._store.features(path), self._product.name)

    def _pixels(self, good: Sequence[ImageScore], bad: Sequence[ImageScore]) -> PixelFigures | None:
        metrics = PixelMetrics()
        for score in good:
            metrics.add(pixel_map(score.combined, (SIZE, SIZE)), np.zeros((SIZE, SIZE), dtype=np.bool_))
        for score, defect in zip(bad, self._product.defects, strict=True):
            if defect.path in self._masks:
                metrics.add(pixel_map(score.combined, (SIZE, SIZE)), self._masks[defect.path])
        return metrics.result() if metrics.has_both_kinds else None


def draw_good(product: ProductData, count: int, seed: int) -> tuple[Path, ...]:
    """Draw good training images; the first n of the draw of m are the draw of n."""
    rng = np.random.default_rng([seed, zlib.crc32(product.name.encode())])
    return tuple(product.train_good[index] for index in rng.permutation(len(product.train_good))[:count])


def _share(scores: Sequence[ImageScore]) -> float | None:
    return sum(score.is_reject for score in scores) / len(scores) if scores else None


def summary(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Return mean and spread over seeds, per number of good images, alone and beside others."""
    rows = []
    for good, others in sorted({(cell.good, cell.others) for cell in cells}):
        mine = [cell for cell in cells if (cell.good, cell.others) == (good, others)]
        row: dict[str, Any] = {"good": good, "others": others, "seeds": len(mine), "refused": mine[0].refused}
        for name in FIGURES:
            values = [value for cell in mine if (value := getattr(cell, name)) is not None]
            row[name] = {"mean": float(np.mean(values)), "std": float(np.std(values))} if values else None
        row["false_rejects_interval"] = _interval(mine)
        rows.append(row)
    return rows


def _interval(cells: Sequence[Cell]) -> dict[str, float] | None:
    """95 % Wilson interval of the false rejects. The seeds judge the same test images: one seed's number counts."""
    shares = [cell.false_rejects for cell in cells if cell.false_rejects is not None]
    if not shares:
        return None
    total = cells[0].good_tested
    share = wilson(round(float(np.mean(shares)) * total), total)
    return {"low": share.low, "high": share.high, "of": total}


def format_summary(rows: Sequence[dict[str, Any]]) -> str:
    """Return the table, in per cent, mean ± standard deviation over seeds."""
    lines = [f"{'good images':>11}  {'workspace':12}" + "".join(f"{title:>15}" for title in TITLES)]
    for row in rows:
        where = "with others" if row["others"] else "alone"
        cells = "".join(f"{_cell(row[name]):>15}" for name in FIGURES)
        lines.append(f"{row['good']:>11}  {where:12}{cells if not row['refused'] else '  ' + row['refused']}")
    return "\n".join(lines)


def _cell(figure: dict[str, float] | None) -> str:
    return "-" if figure is None else f"{100 * figure['mean']:.1f} ± {100 * figure['std']:.1f}"


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; the exit code."""
    options = _options(arguments)
    try:
        products = read_dataset(options.data)
    except DatasetError as error:
        print(f"{error}", file=sys.stderr)
        return WRONG_USE
    chosen = [product for product in products if product.name == options.product]
    if not chosen:
        names = ", ".join(product.name for product in products)
        print(f"There is no product {options.product!r}; there are {names}.", file=sys.stderr)
        return WRONG_USE
    product, config = chosen[0], DmadConfig()
    if max(options.good) > len(product.train_good):
        print(
            f"{product.name} has {len(product.train_good)} good training images, but --good asks for "
            f"{max(options.good)}.",
            file=sys.stderr,
        )
        return WRONG_USE
    others = [] if options.alone else [other for other in products if other is not product]
    store = FeatureStore(build_encoder(config, choose_device(options.device).device), options.cache)
    cells = list(_cells(ColdStart(product, others, store, config), options, both=bool(others)))
    print(format_summary(summary(cells)))
    if options.json:
        report = {
            "product": product.name,
            "others": [other.name for other in others],
            "encoder": store.encoder.fingerprint,
            "config": asdict(config),
            "machine": machine(),
            "summary": summary(cells),
            "cells": [asdict(cell) for cell in cells],
        }
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def _cells(measured: ColdStart, options: argparse.Namespace, *, both: bool) -> Iterator[Cell]:
    for good in options.good:
        for seed in options.seeds:
            for others in (False, True) if both else (False,):
                cell = measured.measure(good, seed, others=others)
                where = "beside others" if others else "alone"
                print(f"{good} good, seed {seed}, {where}: {cell.seconds} s", file=sys.stderr, flush=True)
                yield cell


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="launch.py bench coldstart", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT", help="products in MVTec layout")
    parser.add_argument("--product", default="cookie", metavar="NAME", help="the new one (default: cookie)")
    parser.add_argument("--good", type=_numbers, default=COUNTS, metavar="N,N", help="numbers of good images")
    parser.add_argument("--seeds", type=_numbers, default=(0, 1, 2), metavar="N,N", help="default 0,1,2")
    parser.add_argument("--alone", action="store_true", help="leave out the other products")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure here")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep patch features here between runs")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    return parser.parse_args(list(arguments))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))
