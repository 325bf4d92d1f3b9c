"""Figures of one evaluated detector per product and scorer, from images as they come.

Shapes in this file
    H0, W0  patch grid      P  points of a curve
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.calibration import ProductCalibration
from core.confidence import Share, recall_at_overkill, wilson
from core.detector import LIMIT, ImageScore
from core.evaluation.shortlist import Shortlist
from core.heatmap import pixel_map
from core.metrics import auroc, average_precision, f1_max
from core.pixel_metrics import SIZE, PixelFigures, PixelMetrics

SCORERS = ("distance", "head", "combined")
METRICS = ("image_auroc", "image_ap", "image_f1max", "pixel_auroc", "pixel_ap", "pixel_f1max", "pro")
POOLED = "all products"
KINDS = ("painted", "other")  # types of defects: some were painted, or none


@dataclass(frozen=True)
class RunKey:
    """Which detector: how many defects per product it has seen, of which draw, in which experiment."""

    seen: int
    seed: int
    experiment: str = ""  # "": the evaluation itself


@dataclass(frozen=True)
class JudgedImage:
    """One test image."""

    product: str
    path: str  # relative to the data's folder, with slashes
    defect_type: str | None  # None: a good image
    mask: NDArray[np.bool_] | None  # (256, 256); None where the product has no masks
    mask_path: str | None = None  # relative, as `path`


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
        self._images: list[dict[str, Any]] = []
        self._shortlist = Shortlist()
        self._scores: dict[tuple[str, str], list[float]] = {}  # (product, scorer)
        self._types: dict[str, list[str | None]] = {}  # None: good
        self._figures: dict[tuple[str, str], PixelFigures | None] = {}  # taken once, when all images are in
        self._pixels = {
            (product, scorer): PixelMetrics() for product in [*with_masks, POOLED] for scorer in SCORERS
        }
        self._apart = {  # of the combined score: defects of painted types, and all others
            (product, kind): PixelMetrics(exact_pixels=8 * SIZE * SIZE)
            for product in with_masks
            if painted.get(product)
            for kind in KINDS
        }

    def add(self, image: JudgedImage, score: ImageScore) -> None:
        """Take in one image."""
        assert score.head is not None and score.head_score is not None, "evaluate asks for the head"
        product = image.product
        self._types.setdefault(product, []).append(image.defect_type)
        by_scorer = {
            "distance": (score.distance_score, score.distance),
            "head": (score.head_score, score.head),
            "combined": (score.score, score.combined),
        }
        for scorer, (value, patch_scores) in by_scorer.items():
            self._scores.setdefault((product, scorer), []).append(value)
            if image.mask is not None:
                heatmap = pixel_map(patch_scores, (SIZE, SIZE))
                self._pixels[product, scorer].add(heatmap, image.mask)
                self._pixels[POOLED, scorer].add(heatmap, image.mask)
                if scorer == "combined":
                    self._add_apart(image, heatmap)
        values = {scorer: float(value) for scorer, (value, _) in by_scorer.items()}
        where = {"product": product, "path": image.path, "defect_type": image.defect_type}
        self._images.append(where | self._when() | values)
        entry = where | self._when() | {"mask": image.mask_path, "score": float(score.score)}
        self._shortlist.add(entry, score.combined)

    def _add_apart(self, image: JudgedImage, heatmap: NDArray[np.float32]) -> None:
        is_painted = image.defect_type in self._painted.get(image.product, ())
        for kind in KINDS:
            metrics = self._apart.get((image.product, kind))
            belongs = image.defect_type is None or is_painted == (kind == "painted")
            if metrics is not None and image.mask is not None and belongs:
                metrics.add(heatmap, image.mask)

    def _when(self) -> dict[str, int]:
        return {"seen": self._key.seen, "seed": self._key.seed}

    def images(self) -> list[dict[str, Any]]:
        """Return every image with its scores, for a paired bootstrap of two runs."""
        return self._images

    def pictures(self) -> list[dict[str, Any]]:
        """Return the defects that score lowest and the good images that score highest, with their heatmaps."""
        return self._shortlist.pictures()

    def curves(self) -> list[dict[str, Any]]:
        """Return per product the PRO curve of the combined score, up to a false-positive rate of 0.3."""
        return [
            {"product": product} | self._when() | {"scorer": "combined", "pro": metrics.pro_curve()}
            for (product, scorer), metrics in self._pixels.items()
            if scorer == "combined" and product != POOLED and metrics.has_both_kinds
        ]

    def types(self) -> list[dict[str, Any]]:
        """Return per product the figures of defects of painted types and of all others, combined score."""
        found = []
        for product in self._types:
            for kind, (count, ranked) in self._apart_rankings(product, "combined").items():
                metrics = self._apart.get((product, kind))
                pixels = metrics.result() if metrics is not None and metrics.has_both_kinds else None
                if pixels is None and kind == "other" and not self._painted.get(product):
                    pixels = self._pixel_figures(product, "combined")  # nothing is painted: all are others
                found.append(
                    {"product": product}
                    | self._when()
                    | {"scorer": "combined", "types": kind, "defects": count, "image_auroc": ranked}
                    | {"pixel_ap": pixels.average_precision.value if pixels else None}
                )
        return found

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

    def calls(self, calibrations: Mapping[str, ProductCalibration]) -> list[dict[str, Any]]:
        """Return what each scorer rejects at the limit, and catches at the least overkill to be shown."""
        found = []
        for product in self._types:
            is_defect = np.array(self._labels(product), dtype=np.bool_)
            for scorer in SCORERS:
                scores = np.array(self._scores[product, scorer])
                good, defective = scores[~is_defect], scores[is_defect]
                call: dict[str, Any] = {"product": product} | self._when()
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
                call |= self._by_type(product, scorer)
                if scorer == "combined":
                    calibration = calibrations[product]
                    share, total = calibration.head_share, calibration.head_share + calibration.distance_share
                    call |= {
                        "head_share": share / total,
                        "evidence": calibration.evidence,
                        "limit": calibration.rule,
                    }
                found.append(call)
        return found

    def _by_type(self, product: str, scorer: str) -> dict[str, Any]:
        """Caught per defect type, and the ranking of painted types' defects apart from all others'."""
        types = np.array([name or "" for name in self._types[product]])
        scores = np.array(self._scores[product, scorer])
        found: dict[str, Any] = {
            "caught_by_type": {
                name: {"count": int((scores[types == name] > LIMIT).sum()), "of": int((types == name).sum())}
                for name in sorted(set(types.tolist()) - {""})
            }
        }
        for kind, (_, figure) in self._apart_rankings(product, scorer).items():
            found[f"image_auroc_of_{kind}_types"] = figure
        return found

    def _apart_rankings(self, product: str, scorer: str) -> dict[str, tuple[int, float | None]]:
        """Per kind of type the number of defects and their image AUROC against all good images."""
        types = np.array([name or "" for name in self._types[product]])
        scores = np.array(self._scores[product, scorer])
        is_painted = np.isin(types, list(self._painted.get(product, ())))
        found: dict[str, tuple[int, float | None]] = {}
        for kind, wanted in zip(KINDS, (is_painted, ~is_painted & (types != "")), strict=True):
            chosen = wanted | (types == "")
            both = wanted.any() and (types == "").any()
            found[kind] = (int(wanted.sum()), auroc(scores[chosen], wanted[chosen]) if both else None)
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
