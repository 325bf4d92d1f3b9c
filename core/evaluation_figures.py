"""Figures of one evaluated detector per product and scorer, from images as they come."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.confidence import Share, recall_at_overkill, wilson
from core.detector import LIMIT, DualMemoryDetector, ImageScore
from core.heatmap import pixel_map
from core.metrics import auroc, average_precision, f1_max
from core.pixel_metrics import SIZE, PixelFigures, PixelMetrics

SCORERS = ("distance", "head", "combined")
METRICS = ("image_auroc", "image_ap", "image_f1max", "pixel_auroc", "pixel_ap", "pixel_f1max", "pro")
POOLED = "all products"


@dataclass(frozen=True)
class RunKey:
    """Which detector: how many defects per product it has seen, of which draw."""

    seen: int
    seed: int


@dataclass(frozen=True)
class ResultRow:
    """Figures of one product and scorer, fractions of 1; None where they can't be taken."""

    product: str
    seen: int
    seed: int
    scorer: str
    image_auroc: float | None
    image_ap: float | None
    image_f1max: float | None
    pixel_auroc: float | None
    pixel_ap: float | None
    pixel_f1max: float | None
    pro: float | None


class Measuring:
    """Takes scored images of all products; memory does not grow with their pixels."""

    def __init__(
        self, key: RunKey, with_masks: Sequence[str], painted: Mapping[str, Collection[str]]
    ) -> None:
        """
        Args:
            with_masks: products whose pixel figures are taken.
            painted: per product the defect types that the detector has been taught.
        """
        self._key, self._painted = key, painted
        self._scores: dict[tuple[str, str], list[float]] = {}  # (product, scorer)
        self._types: dict[str, list[str | None]] = {}  # None: good
        self._figures: dict[tuple[str, str], PixelFigures | None] = {}  # taken once, when all images are in
        self._pixels = {
            (product, scorer): PixelMetrics() for product in [*with_masks, POOLED] for scorer in SCORERS
        }

    def add(
        self, product: str, score: ImageScore, defect_type: str | None, mask: NDArray[np.bool_] | None
    ) -> None:
        """Take in one image.

        Args:
            defect_type: None for a good image.
            mask: (256, 256), None where the product has none.
        """
        assert score.head is not None and score.head_score is not None, "evaluate asks for the head"
        self._types.setdefault(product, []).append(defect_type)
        by_scorer = {
            "distance": (score.distance_score, score.distance),
            "head": (score.head_score, score.head),
            "combined": (score.score, score.combined),
        }
        for scorer, (value, patch_scores) in by_scorer.items():
            self._scores.setdefault((product, scorer), []).append(value)
            if mask is not None:
                heatmap = pixel_map(patch_scores, (SIZE, SIZE))
                self._pixels[product, scorer].add(heatmap, mask)
                self._pixels[POOLED, scorer].add(heatmap, mask)

    def rows(self) -> list[ResultRow]:
        """Return the figures per product and scorer."""
        return [
            self._row(product, scorer, self._scores[product, scorer], self._labels(product))
            for product in self._types
            for scorer in SCORERS
        ]

    def pooled_rows(self) -> list[ResultRow]:
        """Return the figures per scorer over the images of all products together."""
        labels = [label for product in self._types for label in self._labels(product)]
        return [
            self._row(POOLED, s, [v for product in self._types for v in self._scores[product, s]], labels)
            for s in SCORERS
        ]

    def calls(self, detector: DualMemoryDetector) -> list[dict[str, Any]]:
        """Return what each scorer rejects at the limit, and catches at the least overkill to be shown."""
        found = []
        for product in self._types:
            is_defect = np.array(self._labels(product), dtype=np.bool_)
            for scorer in SCORERS:
                scores = np.array(self._scores[product, scorer])
                good, defective = scores[~is_defect], scores[is_defect]
                call: dict[str, Any] = {"product": product, "seen": self._key.seen, "seed": self._key.seed}
                call |= {
                    "scorer": scorer,
                    "false_rejects": _share(good > LIMIT),
                    "caught": _share(defective > LIMIT),
                }
                if good.size and defective.size:
                    least = recall_at_overkill(good, defective)
                    call |= {
                        "least_overkill": least.overkill,
                        "caught_at_least_overkill": _shown(least.caught),
                    }
                call |= self._by_type(product, scores)
                if scorer == "combined":
                    calibration = detector.calibration(product)
                    share, total = calibration.head_share, calibration.head_share + calibration.distance_share
                    call |= {
                        "head_share": share / total,
                        "evidence": calibration.evidence,
                        "limit": calibration.rule,
                    }
                found.append(call)
        return found

    def _by_type(self, product: str, scores: NDArray[np.float64]) -> dict[str, Any]:
        """Caught per defect type, and the ranking of painted types' defects apart from all others'."""
        types = np.array([name or "" for name in self._types[product]])
        found: dict[str, Any] = {
            "caught_by_type": {
                name: {"count": int((scores[types == name] > LIMIT).sum()), "of": int((types == name).sum())}
                for name in sorted(set(types.tolist()) - {""})
            }
        }
        is_painted = np.isin(types, list(self._painted.get(product, ())))
        for label, wanted in (("painted", is_painted), ("other", ~is_painted & (types != ""))):
            chosen = wanted | (types == "")
            both = wanted.any() and (types == "").any()
            figure = auroc(scores[chosen], wanted[chosen]) if both else None
            found[f"image_auroc_of_{label}_types"] = figure
        return found

    def _labels(self, product: str) -> list[bool]:
        return [name is not None for name in self._types[product]]

    def _row(self, product: str, scorer: str, scores: list[float], labels: list[bool]) -> ResultRow:
        both = any(labels) and not all(labels)
        pixels = self._pixel_figures(product, scorer)
        return ResultRow(
            product,
            self._key.seen,
            self._key.seed,
            scorer,
            auroc(scores, labels) if both else None,
            average_precision(scores, labels) if both else None,
            f1_max(scores, labels) if both else None,
            pixels.auroc.value if pixels else None,
            pixels.average_precision.value if pixels else None,
            pixels.f1_max.value if pixels else None,
            pixels.pro.value if pixels else None,
        )

    def _pixel_figures(self, product: str, scorer: str) -> PixelFigures | None:
        place = (product, scorer)
        if place not in self._figures:
            metrics = self._pixels.get(place)
            self._figures[place] = (
                metrics.result() if metrics is not None and metrics.has_both_kinds else None
            )
        return self._figures[place]

    def largest_pixel_error(self) -> float:
        """Return the largest bound that binning leaves on any pixel figure."""
        figures = [self._pixel_figures(*place) for place in self._pixels]
        errors = [
            max(f.auroc.error, f.average_precision.error, f.f1_max.error, f.pro.error) for f in figures if f
        ]
        return max(errors, default=0.0)


def means(rows: Iterable[ResultRow]) -> list[ResultRow]:
    """Average over products, per number seen, seed and scorer; products without a metric are left out."""
    groups: dict[tuple[int, int, str], list[ResultRow]] = {}
    for row in rows:
        groups.setdefault((row.seen, row.seed, row.scorer), []).append(row)
    result = []
    for (seen, seed, scorer), members in groups.items():
        figures = [_mean([getattr(row, metric) for row in members]) for metric in METRICS]
        result.append(ResultRow("mean", seen, seed, scorer, *figures))
    return result


def _mean(values: list[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return float(np.mean(present)) if present else None


def _share(rejected: NDArray[np.bool_]) -> dict[str, float] | None:
    return _shown(wilson(int(rejected.sum()), rejected.size)) if rejected.size else None


def _shown(share: Share) -> dict[str, float]:
    return {"count": share.count, "of": share.total, "low": share.low, "high": share.high}
