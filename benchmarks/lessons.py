"""Lessons, measured: nothing old is lost, nothing depends on the way, and what is forgotten is gone.

    python3 launch.py bench lessons --data ROOT

Of each product and draw (seed) some painted defects are taught, never those that are judged:
  old and new     defects of all products' types but one are taught, then those of the last one, which each product
                  gives in turn: what that costs the old types (image and pixel AUROC), and how the new type stands
                  beside a model built anew with all of them (pixel AP)
  one by one      20 lessons, each a version of its own, against the same 20 in one lesson (image AUROC)
  forgotten       teach A, teach B, forget A, against teach B from the same model: what is remembered, bit for bit, and
                  every score
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import machine
from benchmarks.progress_line import print_progress
from core.config import DmadConfig
from core.datasets import DatasetError, DefectImage, ProductData, read_dataset
from core.detector import DualMemoryDetector, ImageScore
from core.device import choose_device
from core.encoder import build_encoder
from core.evaluation.inputs import Drawn, Ids, fit_detector, full_mask, good_images, lesson_of
from core.feature_store import FeatureStore, RunMemory
from core.heatmap import pixel_map
from core.metrics import auroc
from core.pixel_metrics import SIZE, PixelMetrics, resize_mask
from core.teaching import Lesson, fit, forget, teach

WRONG_USE = 2
PER_TYPE = 3  # painted defects taught of each old type and of the new one
LESSONS = 20


@dataclass(frozen=True)
class Figures:
    """Some defects against the good test images of their product. Shares of 1."""

    image_auroc: float
    pixel_auroc: float
    pixel_ap: float
    images: int


@dataclass(frozen=True)
class Old:
    """The defects of one product that were taught before, or are like those."""

    product: str
    before: Figures
    after: Figures


@dataclass(frozen=True)
class OldAndNew:
    """What teaching one more type did."""

    seed: int
    product: str  # of the new type
    new_type: str
    old_taught: int
    new_taught: int
    old: tuple[Old, ...]
    new_before: Figures
    new_after: Figures
    new_from_scratch: Figures


@dataclass(frozen=True)
class OneByOne:
    """Single lessons against one joint lesson, one product; all defects that none of them taught."""

    seed: int
    product: str
    lessons: int  # of all products
    singles: Figures
    joint: Figures
    largest_difference: float  # of any image's score


@dataclass(frozen=True)
class Forgotten:
    """Teach A, teach B, forget A, against teach B."""

    seed: int
    rows_are_equal: bool  # of all memories, bit for bit
    distances_are_equal: bool  # of every test patch to the good ones, bit for bit
    largest_difference: float  # of any test image's score
    images: int


@dataclass(frozen=True)
class LessonsPlan:
    """How much is taught."""

    per_type: int = PER_TYPE
    lessons: int = LESSONS


class LessonsRun:
    """One draw: a model of good images, and what teaching it in different ways does."""

    def __init__(
        self, products: Sequence[ProductData], store: FeatureStore, config: DmadConfig, plan: LessonsPlan
    ) -> None:
        self._products, self._store, self._plan = products, store, plan
        self._config, self._seed = config, config.seed
        self._ids, self._memory = Ids(), RunMemory()
        self._masks: dict[Path, NDArray[np.bool_]] = {}
        self._good = good_images(products, store, self._ids)
        self._fitted = fit_detector(self._good, config, store, self._memory, print_progress)

    def old_and_new(self) -> list[OldAndNew]:
        """Let each product's drawn type be the new one."""
        drawn = {product.name: self._by_type(product) for product in self._products}
        lessons = self._lessons(drawn)
        scratch = self._from_scratch(lessons)
        return [
            self._one_new(product, drawn, lessons, scratch) for product in self._products if _types(product)
        ]

    def _one_new(
        self, product: ProductData, drawn: Drawn, lessons: Sequence[Lesson], scratch: DualMemoryDetector
    ) -> OldAndNew:
        types = _types(product)
        new_type = types[(self._seed + zlib.crc32(product.name.encode())) % len(types)]
        new = {self._ids.of(d.path) for d in drawn[product.name] if d.defect_type == new_type}
        before = self._teach(self._fitted, [lesson for lesson in lessons if lesson.lesson_id not in new])
        after = self._teach(before, lessons)
        old = []
        for other in self._products:
            left = [d for d in _left(other, drawn) if other is not product or d.defect_type != new_type]
            if left:
                figures = [self._figures(detector, other, left) for detector in (before, after)]
                old.append(Old(other.name, *figures))
        of_new = [d for d in _left(product, drawn) if d.defect_type == new_type]
        figures = [self._figures(detector, product, of_new) for detector in (before, after, scratch)]
        taught = len(lessons) - len(new), len(new)
        return OldAndNew(self._seed, product.name, new_type, *taught, tuple(old), *figures)

    def one_by_one(self) -> list[OneByOne]:
        """Teach the lessons of all products in turn, one at a time, and all at once."""
        share = -(-self._plan.lessons // len(self._products))
        drawn = {p.name: self._shuffled(p)[:share] for p in self._products}
        lessons = self._lessons(drawn)[: self._plan.lessons]
        singles = self._fitted
        for number in range(len(lessons)):
            singles = self._teach(singles, lessons[: number + 1])
        joint = self._teach(self._fitted, lessons)
        results = []
        for product in self._products:
            left = _left(product, drawn)
            figures = [self._figures(detector, product, left) for detector in (singles, joint)]
            differences = self._differences(singles, joint, product, left)
            results.append(OneByOne(self._seed, product.name, len(lessons), *figures, max(differences)))
        return results

    def forgotten(self) -> Forgotten:
        """A: one defect of each product; B: another one of each, and one more."""
        drawn = {p.name: self._shuffled(p)[:3] for p in self._products}
        a = self._lessons({name: taught[:1] for name, taught in drawn.items()})
        b = self._lessons({name: taught[1:] for name, taught in drawn.items()})
        both = self._teach(self._teach(self._fitted, a), [*a, *b])
        gone = {lesson.lesson_id for lesson in a}
        without = forget(both, self._good, [*a, *b], gone, memory=self._memory, report=print_progress)
        only_b = self._teach(self._fitted, b)
        of_all = [s for one in (without, only_b) for s in (*one.normal.segments, *one.abnormal.segments)]
        half = len(of_all) // 2
        rows = [s.digest for s in of_all[:half]] == [s.digest for s in of_all[half:]]
        differences, is_equal, images = [0.0], True, 0
        for product in self._products:
            for path in [*product.test_good, *(d.path for d in product.defects)]:
                first, second = self._score(without, product, path), self._score(only_b, product, path)
                differences.append(_difference(first, second))
                is_equal &= np.array_equal(first.distance, second.distance)
                images += 1
        return Forgotten(self._seed, rows, is_equal, max(differences), images)

    def _teach(self, parent: DualMemoryDetector, lessons: Sequence[Lesson]) -> DualMemoryDetector:
        return teach(parent, self._good, lessons, memory=self._memory, report=print_progress)

    def _from_scratch(self, lessons: Sequence[Lesson]) -> DualMemoryDetector:
        encoder = self._store.encoder
        return fit(
            self._good,
            lambda: self._store.outliers(self._seed),
            self._config,
            fingerprint=encoder.fingerprint,
            grid=encoder.grid,
            lessons=lessons,
            memory=RunMemory(),  # nothing is known yet
            report=print_progress,
        ).detector

    def _lessons(self, drawn: Drawn) -> list[Lesson]:
        """In turn: the first of each product, then the second of each, ..."""
        turns = max((len(taught) for taught in drawn.values()), default=0)
        return [
            lesson_of(taught[turn], name, self._store, self._ids)
            for turn in range(turns)
            for name, taught in drawn.items()
            if turn < len(taught)
        ]

    def _by_type(self, product: ProductData) -> tuple[DefectImage, ...]:
        """Some of each type, at most half of them: the others are judged."""
        found: list[DefectImage] = []
        shuffled = self._shuffled(product)
        for defect_type in _types(product):
            mine = [defect for defect in shuffled if defect.defect_type == defect_type]
            found += mine[: min(self._plan.per_type, len(mine) // 2)]
        return tuple(found)

    def _shuffled(self, product: ProductData) -> tuple[DefectImage, ...]:
        painted = sorted((d for d in product.defects if d.mask), key=lambda d: d.path)
        rng = np.random.default_rng([self._seed, zlib.crc32(product.name.encode())])
        return tuple(painted[index] for index in rng.permutation(len(painted)))

    def _figures(
        self, detector: DualMemoryDetector, product: ProductData, defects: Sequence[DefectImage]
    ) -> Figures:
        scores: list[float] = []
        pixels = PixelMetrics()
        for path, defect in _judged(product, defects):
            score = self._score(detector, product, path)
            scores.append(score.score)
            pixels.add(pixel_map(score.combined, (SIZE, SIZE)), self._mask(defect))
        labels = [False] * len(product.test_good) + [True] * len(defects)
        found = pixels.result()
        return Figures(
            auroc(scores, labels), found.auroc.value, found.average_precision.value, images=len(defects)
        )

    def _differences(
        self,
        first: DualMemoryDetector,
        second: DualMemoryDetector,
        product: ProductData,
        defects: Sequence[DefectImage],
    ) -> Iterable[float]:
        for path, _ in _judged(product, defects):
            yield _difference(self._score(first, product, path), self._score(second, product, path))

    def _score(self, detector: DualMemoryDetector, product: ProductData, path: Path) -> ImageScore:
        number = self._ids.of(path)
        return detector.score(
            self._store.features(path), product.name, own=number, image_id=number, memory=self._memory
        )

    def _mask(self, defect: DefectImage | None) -> NDArray[np.bool_]:
        if defect is None:
            return np.zeros((SIZE, SIZE), dtype=np.bool_)
        if defect.path not in self._masks:
            self._masks[defect.path] = resize_mask(full_mask(defect))
        return self._masks[defect.path]


def _judged(product: ProductData, defects: Sequence[DefectImage]) -> list[tuple[Path, DefectImage | None]]:
    return [*((path, None) for path in product.test_good), *((d.path, d) for d in defects)]


def _left(product: ProductData, drawn: Drawn) -> list[DefectImage]:
    """Defects that nothing was taught of."""
    return [d for d in product.defects if d.mask and d not in drawn[product.name]]


def _types(product: ProductData) -> list[str]:
    """Types that have at least two painted defects: one to teach, one to judge."""
    painted = [d.defect_type for d in product.defects if d.mask]
    return [name for name in sorted(set(painted)) if painted.count(name) > 1]


def _difference(first: ImageScore, second: ImageScore) -> float:
    """Return how far two scores of an image lie apart, in the image's score or anywhere in its heatmap."""
    return max(abs(first.score - second.score), float(np.abs(first.combined - second.combined).max()))


def measure(
    products: Sequence[ProductData],
    store: FeatureStore,
    config: DmadConfig,
    plan: LessonsPlan,
    seeds: Sequence[int],
    after_each: Callable[[dict[str, Any]], None] = lambda found: None,
) -> dict[str, Any]:
    """Measure every draw, the quickest comparison first; `after_each` gets all that was found so far."""
    old_and_new: list[OldAndNew] = []
    one_by_one: list[OneByOne] = []
    forgotten: list[Forgotten] = []
    store.prepare([path for p in products for path in _all_images(p)], print_progress)
    runs = [LessonsRun(products, store, replace(config, seed=seed), plan) for seed in seeds]
    found: dict[str, Any] = {}
    for part in ("forgotten", "old_and_new", "one_by_one"):
        for seed, run in zip(seeds, runs, strict=True):
            if part == "forgotten":
                forgotten.append(run.forgotten())
            elif part == "old_and_new":
                old_and_new += run.old_and_new()
            else:
                one_by_one += run.one_by_one()
            found = {
                "summary": summary(old_and_new, one_by_one, forgotten),
                "old_and_new": [asdict(row) for row in old_and_new],
                "one_by_one": [asdict(row) for row in one_by_one],
                "forgotten": [asdict(row) for row in forgotten],
            }
            print(f"{part} of seed {seed} is measured", file=sys.stderr, flush=True)
            after_each(found)
    return found


def _all_images(product: ProductData) -> list[Path]:
    return [*product.train_good, *product.test_good, *(defect.path for defect in product.defects)]


def summary(
    old_and_new: Sequence[OldAndNew], one_by_one: Sequence[OneByOne], forgotten: Sequence[Forgotten]
) -> dict[str, Any]:
    """Return differences in points (hundredths), means of all products and draws, and the worst of them."""
    old = [one for r in old_and_new for one in r.old]
    return {
        "old_image_auroc": _points([one.after.image_auroc - one.before.image_auroc for one in old]),
        "old_pixel_auroc": _points([one.after.pixel_auroc - one.before.pixel_auroc for one in old]),
        "new_pixel_ap_gained": _points([r.new_after.pixel_ap - r.new_before.pixel_ap for r in old_and_new]),
        "new_pixel_ap_from_scratch": _points(
            [r.new_after.pixel_ap - r.new_from_scratch.pixel_ap for r in old_and_new]
        ),
        "singles_image_auroc": _points([r.singles.image_auroc - r.joint.image_auroc for r in one_by_one]),
        "singles_largest_score_difference": max((r.largest_difference for r in one_by_one), default=None),
        "forgotten_is_bit_equal": all(r.rows_are_equal and r.distances_are_equal for r in forgotten),
        "forgotten_largest_score_difference": max((r.largest_difference for r in forgotten), default=None),
    }


def _points(differences: Sequence[float]) -> dict[str, float] | None:
    if not differences:
        return None
    points = [100 * difference for difference in differences]
    return {"mean": float(np.mean(points)), "least": min(points), "most": max(points), "cells": len(points)}


def format_summary(found: dict[str, Any]) -> str:
    """Return the table: points gained or lost, mean and range over products and draws."""
    lines = []
    for name, title in (
        ("old_image_auroc", "old types after a new one: image AUROC"),
        ("old_pixel_auroc", "... pixel AUROC"),
        ("new_pixel_ap_gained", "the new type: pixel AP gained"),
        ("new_pixel_ap_from_scratch", "... against building anew with all"),
        ("singles_image_auroc", "one by one against together: image AUROC"),
    ):
        row = found[name]
        if row is None:
            lines.append(f"{title:44} nothing to compare")
        else:
            lines.append(f"{title:44} {row['mean']:+.2f} points ({row['least']:+.2f} to {row['most']:+.2f})")
    apart = found["singles_largest_score_difference"]
    lines.append(f"{'... any score':44} {apart:.1e} apart at most")
    equal = "equal" if found["forgotten_is_bit_equal"] else "NOT equal"
    lines.append(f"{'teach A, teach B, forget A: memories':44} bit for bit {equal} to teach B alone")
    lines.append(f"{'... any score':44} {found['forgotten_largest_score_difference']:.1e} apart at most")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; the exit code."""
    options = _options(arguments)
    try:
        products = read_dataset(options.data, options.products.split(",") if options.products else None)
    except DatasetError as error:
        print(f"{error}", file=sys.stderr)
        return WRONG_USE
    config = DmadConfig()
    store = FeatureStore(build_encoder(config, choose_device(options.device).device), options.cache)
    plan = LessonsPlan(options.per_type, options.lessons)

    def keep(found: dict[str, Any]) -> None:
        if options.json:
            settings = {"plan": asdict(plan), "encoder": store.encoder.fingerprint, "config": asdict(config)}
            report = {"machine": machine(), "settings": settings, **found}
            options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")

    print(format_summary(measure(products, store, config, plan, options.seeds, keep)["summary"]))
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="launch.py bench lessons", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT", help="products in MVTec layout")
    parser.add_argument("--products", metavar="A,B", help="only these")
    parser.add_argument("--seeds", type=_numbers, default=(0, 1, 2), metavar="N,N", help="default 0,1,2")
    parser.add_argument(
        "--per-type", type=int, default=PER_TYPE, metavar="N", help="taught of each type (default 3)"
    )
    parser.add_argument(
        "--lessons", type=int, default=LESSONS, metavar="N", help="taught one by one (default 20)"
    )
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep patch features here between runs")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure here")
    return parser.parse_args(list(arguments))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))
