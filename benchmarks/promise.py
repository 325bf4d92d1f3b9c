"""The promise, measured: once painted and taught, is a missed defect caught when the part is shot again?

Build on good images alone; of the test defects that this version passes, teach some, and count
  (a) how many seeded re-shots of each taught defect are rejected, before and after,
  (b) what the lesson does for other, untaught defects of the same type,
  (c) false rejects among good test images, before and after.
A re-shot is an image of its own and may match the lesson; no image ever matches its own rows.

Two ways of teaching, both from the same build:
  one by one   each round teaches one missed defect of every product at once (products share only the trained part)
  together     the same missed defects of all products in one lesson
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from benchmarks.progress_line import print_progress
from core.confidence import wilson
from core.config import DmadConfig
from core.datasets import DefectImage, ProductData, read_dataset, read_pixels
from core.detector import DualMemoryDetector, ImageScore
from core.device import choose_device
from core.encoder import build_encoder
from core.evaluation.protocol import Ids, fit_detector, good_images, lesson_of
from core.feature_store import FeatureStore, RunMemory
from core.reshots import draw_poses, reshoot
from core.teaching import teach

ONE_BY_ONE, TOGETHER = "one by one", "together"


@dataclass(frozen=True)
class TaughtDefect:
    """What one lesson did."""

    teaching: str
    product: str
    defect_type: str
    image: str
    score_before: float  # of the painted image itself, 1 is the limit
    head_weight: float  # of its product after the lesson
    reshots: int
    rejected_before: int
    rejected_after: int
    others: int  # untaught defects of the type
    others_caught_before: int
    others_caught_after: int
    others_score_before: float | None  # mean
    others_score_after: float | None


@dataclass(frozen=True)
class GoodParts:
    """False rejects on good test images of one product, before and after one teaching."""

    teaching: str
    product: str
    good: int
    rejected_before: int
    rejected_after: int


@dataclass(frozen=True)
class PromisePlan:
    """How much is taught and shot again."""

    lessons: int = 5  # missed defects taught per product
    shots: int = 20  # re-shots of each
    one_by_one: bool = True


class Promise:
    """One build, and what teaching it does."""

    def __init__(
        self, products: Sequence[ProductData], store: FeatureStore, config: DmadConfig, shots: int
    ) -> None:
        self._products = {product.name: product for product in products}
        self._store, self._shots, self._seed = store, shots, config.seed
        self._ids, self._memory = Ids(), RunMemory()
        store.prepare([path for name, path in self._test_images()], print_progress)
        self._good = good_images(products, store, self._ids)
        self._reshot: dict[Path, Tensor] = {}
        self.fitted = fit_detector(self._good, config, store, self._memory, print_progress)
        self._before = {path: self._score(self.fitted, path, name) for name, path in self._test_images()}
        self.taught: list[TaughtDefect] = []
        self.good: list[GoodParts] = []

    def missed(self, product: ProductData) -> list[DefectImage]:
        """Defects with a mask that the build passes, in seeded order."""
        passed = [d for d in product.defects if d.mask and not self._before[d.path].is_reject]
        order = np.random.default_rng([self._seed, len(passed)]).permutation(len(passed))
        return [passed[index] for index in order]

    def teach(self, chosen: dict[str, list[DefectImage]], teaching: str) -> None:
        """Teach the chosen defects of all products in one lesson, and measure."""
        lessons = [
            lesson_of(d, name, self._store, self._ids) for name, drawn in chosen.items() for d in drawn
        ]
        detector = teach(self.fitted, self._good, lessons, memory=self._memory, report=print_progress)
        after = {path: self._score(detector, path, name) for name, path in self._test_images()}
        for name, drawn in chosen.items():
            for defect in drawn:
                self.taught.append(self._measure(detector, name, defect, drawn, after, teaching))
            good = self._products[name].test_good
            before_count, after_count = (
                sum(scores[p].is_reject for p in good) for scores in (self._before, after)
            )
            self.good.append(GoodParts(teaching, name, len(good), before_count, after_count))

    def _measure(
        self,
        detector: DualMemoryDetector,
        name: str,
        defect: DefectImage,
        drawn: list[DefectImage],
        after: dict[Path, ImageScore],
        teaching: str,
    ) -> TaughtDefect:
        of_type = [d for d in self._products[name].defects if d.defect_type == defect.defect_type]
        others = [d.path for d in of_type if d not in drawn]
        rejected = [self._rejected_reshots(version, name, defect) for version in (self.fitted, detector)]
        return TaughtDefect(
            teaching=teaching,
            product=name,
            defect_type=defect.defect_type,
            image=defect.path.name,
            score_before=self._before[defect.path].score,
            head_weight=detector.calibration(name).head_weight,
            reshots=self._shots,
            rejected_before=rejected[0],
            rejected_after=rejected[1],
            others=len(others),
            others_caught_before=sum(self._before[path].is_reject for path in others),
            others_caught_after=sum(after[path].is_reject for path in others),
            others_score_before=_mean([self._before[path].score for path in others]),
            others_score_after=_mean([after[path].score for path in others]),
        )

    def _rejected_reshots(self, detector: DualMemoryDetector, name: str, defect: DefectImage) -> int:
        if defect.path not in self._reshot:
            pixels = read_pixels(defect.path)
            poses = draw_poses(self._shots, self._seed * 100_003 + self._ids.of(defect.path))
            self._reshot[defect.path] = self._store.encoder.encode([reshoot(pixels, pose) for pose in poses])
        shots = self._reshot[defect.path]
        strangers = [self._ids.of(defect.path / str(number)) for number in range(self._shots)]
        return sum(
            detector.score(shot, name, own=stranger).is_reject
            for shot, stranger in zip(shots, strangers, strict=True)
        )

    def _score(self, detector: DualMemoryDetector, path: Path, name: str) -> ImageScore:
        number = self._ids.of(path)
        return detector.score(
            self._store.features(path), name, own=number, image_id=number, memory=self._memory
        )

    def _test_images(self) -> list[tuple[str, Path]]:
        return [
            (name, path)
            for name, product in self._products.items()
            for path in [*product.test_good, *(defect.path for defect in product.defects)]
        ]


def summary(taught: Sequence[TaughtDefect], good: Sequence[GoodParts]) -> list[dict[str, Any]]:
    """Add up per teaching and product, and over all products."""
    rows = []
    for teaching in dict.fromkeys(t.teaching for t in taught):
        products = list(dict.fromkeys(t.product for t in taught if t.teaching == teaching))
        for name in [*products, "all products"]:
            mine = [t for t in taught if t.teaching == teaching and name in (t.product, "all products")]
            parts = [g for g in good if g.teaching == teaching and name in (g.product, "all products")]
            rows.append({"teaching": teaching, "product": name} | _summed(mine, parts))
    return rows


def _summed(mine: Sequence[TaughtDefect], parts: Sequence[GoodParts]) -> dict[str, Any]:
    # Re-shots of one part resemble each other: the interval counts parts, each caught if 95 % of its re-shots are.
    kept = wilson(sum(t.rejected_after >= 0.95 * t.reshots for t in mine), len(mine))
    shots, others = sum(t.reshots for t in mine), sum(t.others for t in mine)
    gains = [
        t.others_score_after - t.others_score_before
        for t in mine
        if t.others_score_after and t.others_score_before
    ]
    return {
        "taught": len(mine),
        "reshots": shots,
        "reshots_rejected_before": sum(t.rejected_before for t in mine) / shots,
        "reshots_rejected_after": sum(t.rejected_after for t in mine) / shots,
        "defects_kept": {"count": kept.count, "of": kept.total, "low": kept.low, "high": kept.high},
        "others_caught_before": sum(t.others_caught_before for t in mine) / others if others else None,
        "others_caught_after": sum(t.others_caught_after for t in mine) / others if others else None,
        "others_score_gain": _mean(gains),
        "false_rejects_before": sum(g.rejected_before for g in parts) / max(1, sum(g.good for g in parts)),
        "false_rejects_after": sum(g.rejected_after for g in parts) / max(1, sum(g.good for g in parts)),
    }


def format_summary(rows: Sequence[dict[str, Any]]) -> str:
    """Return the summary as text, shares in per cent, before -> after."""
    pairs = (
        ("reshots_rejected", "re-shots rejected"),
        ("others_caught", "others caught"),
        ("false_rejects", "false rejects"),
    )
    lines = [
        f"{'teaching':11} {'product':16} {'taught':>6}  " + "  ".join(f"{title:>17}" for _, title in pairs)
    ]
    for row in rows:
        cells = [_pair(row[f"{key}_before"], row[f"{key}_after"]) for key, _ in pairs]
        lines.append(
            f"{row['teaching']:11} {row['product']:16} {row['taught']:6}  "
            + "  ".join(f"{c:>17}" for c in cells)
        )
    return "\n".join(lines)


def measure(
    products: Sequence[ProductData], store: FeatureStore, config: DmadConfig, plan: PromisePlan
) -> dict[str, Any]:
    """Run the whole measurement; what is returned is what is written."""
    promise = Promise(products, store, config, plan.shots)
    missed = {product.name: promise.missed(product) for product in products}
    print("missed by the first model: " + ", ".join(f"{name} {len(found)}" for name, found in missed.items()))
    chosen = {name: found[: plan.lessons] for name, found in missed.items() if found}
    rounds = max((len(found) for found in chosen.values()), default=0) if plan.one_by_one else 0
    for number in range(rounds):
        promise.teach({n: f[number : number + 1] for n, f in chosen.items() if f[number:]}, ONE_BY_ONE)
    if chosen:
        promise.teach(chosen, TOGETHER)
    settings = asdict(plan) | {"encoder": store.encoder.fingerprint, "config": asdict(config)}
    listed = {name: [f"{d.defect_type}/{d.path.name}" for d in found] for name, found in missed.items()}
    return {
        "settings": settings | {"missed": listed},
        "summary": summary(promise.taught, promise.good),
        "taught": [asdict(t) for t in promise.taught],
        "good": [asdict(g) for g in promise.good],
    }


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; the exit code."""
    options = _options(arguments)
    started = time.perf_counter()
    config = DmadConfig(seed=options.seed)
    products = read_dataset(options.data, options.products.split(",") if options.products else None)
    encoder = build_encoder(config, choose_device(options.device).device, options.weights)
    store = FeatureStore(encoder, options.cache)
    plan = PromisePlan(options.lessons, options.shots, not options.only_together)
    report = measure(products, store, config, plan) | {"seconds": round(time.perf_counter() - started, 1)}
    print(format_summary(report["summary"]))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="launch.py bench promise", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT", help="products in MVTec layout")
    parser.add_argument("--products", metavar="A,B", help="only these")
    parser.add_argument(
        "--lessons", type=int, default=5, help="missed defects taught per product (default 5)"
    )
    parser.add_argument("--shots", type=int, default=20, help="re-shots of each taught defect (default 20)")
    parser.add_argument("--only-together", action="store_true", help="leave out teaching one by one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--weights", type=Path, metavar="FILE", help="weights of the backbone")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep patch features here between runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure here")
    return parser.parse_args(list(arguments))


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _pair(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return "-"
    return f"{100 * before:.1f} -> {100 * after:.1f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
