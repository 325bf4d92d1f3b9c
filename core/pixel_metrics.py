"""Pixel metrics of many images in bounded memory: AUROC, AP, F1max, PRO; exact for few images, else binned.

Shapes in this file
    H, W  the size that metrics are taken at (256)      K  steps down the scores      P  pixels kept so far
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label

from core.mask_filter import cell_coverage
from core.metrics import (
    Curve,
    Figure,
    MetricInputError,
    OneClassError,
    curve_auroc,
    curve_average_precision,
    curve_f1_max,
)

SIZE = 256  # px: the one size that pixel metrics are stated at
BINS = 65_536
EXACT_PIXELS = 32 * SIZE * SIZE  # up to here every pixel is kept: 17 MB
PRO_LIMIT = 0.3

Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class PixelFigures:
    """Pixel metrics, each with the most that binning can have changed it by (0: exact)."""

    auroc: Figure
    average_precision: Figure
    f1_max: Figure
    pro: Figure
    region_count: int


@dataclass(frozen=True, eq=False)
class _Steps:
    """What each step down the scores adds; PRO needs the regions' shares beside the counts."""

    curve: Curve
    region_share: NDArray[np.float64]  # (K,) sum over pixels of 1 / size of their region


def resize_mask(mask: Mask, size: int = SIZE) -> Mask:
    """Return a mask of any size as (size, size): True where at least half of a pixel is painted."""
    return cell_coverage(mask, (size, size)) >= 0.5 - 1e-6  # float32 sums of exact halves end a hair below


class PixelMetrics:
    """Takes score maps one at a time; memory stays bounded however many there are.

    The first `exact_pixels` pixels are kept as they are. If no more come, `result` is exact. Otherwise they
    choose the bins: a third are quantiles of all pixels, a third those of painted pixels, a third spread
    evenly over all values that a float32 can have, so that later scores out of range are still told apart.
    Images are best added in mixed order; the error that `result` states is a true bound for any order.
    """

    def __init__(self, *, bins: int = BINS, exact_pixels: int = EXACT_PIXELS) -> None:
        self._bins = bins
        self._exact_pixels = exact_pixels
        self._kept: list[tuple[Scores, NDArray[np.float32]]] = []  # scores; share (0: good pixel)
        self._edges: Scores | None = None
        self._defective = np.zeros(bins)
        self._good = np.zeros(bins)
        self._share = np.zeros(bins)
        self._region_count = 0
        self._pixel_count = 0
        self._painted_count = 0

    def add(self, score_map: NDArray[np.floating], mask: Mask) -> None:
        """Take in one image.

        Args:
            score_map: (H, W) finite, high means defective.
            mask: (H, W) True on the defect; all False for a good image.

        Raises:
            MetricInputError
        """
        scores = np.ascontiguousarray(score_map, dtype=np.float32)
        if scores.shape != mask.shape:
            raise MetricInputError(f"a score map of {scores.shape}, but a mask of {mask.shape}")
        if not np.isfinite(scores).all():
            raise MetricInputError(
                f"{int((~np.isfinite(scores)).sum())} of {scores.size} pixel scores are not finite"
            )
        share, regions = _region_shares(mask)
        self._region_count += regions
        self._pixel_count += scores.size
        self._painted_count += int(mask.sum())
        if self._edges is None:
            self._kept.append((scores.ravel(), share.ravel()))
            if self._pixel_count > self._exact_pixels:
                self._choose_bins()
            return
        self._count(scores.ravel(), share.ravel())

    @property
    def has_both_kinds(self) -> bool:
        """True if `result` has something to rank: painted pixels and good ones."""
        return 0 < self._painted_count < self._pixel_count

    def result(self) -> PixelFigures:
        """Return the figures over all images added.

        Raises:
            OneClassError: if no pixel was painted, or every one.
        """
        if not self.has_both_kinds:
            raise OneClassError(
                f"a ranking needs both kinds: there are {self._pixel_count - self._painted_count} good, "
                f"{self._painted_count} defective pixels"
            )
        steps = self._binned_steps() if self._edges is not None else self._exact_steps()
        is_exact = self._edges is None  # equal scores are then really equal
        auroc, average_precision, f1_max, pro = (
            Figure(figure.value, 0.0 if is_exact else figure.error)
            for figure in (
                curve_auroc(steps.curve),
                curve_average_precision(steps.curve),
                curve_f1_max(steps.curve),
                _pro(steps, self._region_count),
            )
        )
        return PixelFigures(auroc, average_precision, f1_max, pro, self._region_count)

    def pro_curve(self, points: int = 60) -> list[list[float]]:
        """(P, 2) false-positive rate and mean region overlap, at most `points` of them, up to a rate of 0.3."""
        steps = self._binned_steps() if self._edges is not None else self._exact_steps()
        rate = np.concatenate([[0.0], np.cumsum(steps.curve.good) / steps.curve.good_count])
        overlap = np.concatenate([[0.0], np.cumsum(steps.region_share) / self._region_count])
        wanted = PRO_LIMIT * np.linspace(0, 1, points) ** 2  # denser where the curve is steep
        places = np.searchsorted(rate, wanted, side="right") - 1
        return [
            [round(float(x), 5), round(float(overlap[i]), 5)] for x, i in zip(wanted, places, strict=True)
        ]

    def _choose_bins(self) -> None:
        scores = np.concatenate([kept for kept, _ in self._kept])
        painted = np.concatenate([kept[share > 0] for kept, share in self._kept])
        third = self._bins // 3
        edges = [_spread_over_floats(self._bins - 2 * third - 1)]
        edges += [_quantiles(values, third) for values in (scores, painted if painted.size else scores)]
        self._edges = np.sort(np.concatenate(edges))  # (bins - 1,)
        for kept, share in self._kept:
            self._count(kept, share)
        self._kept = []

    def _count(self, scores: Scores, share: NDArray[np.float32]) -> None:
        assert self._edges is not None
        # Looking the edges up among the sorted scores is four times as fast as the other way round.
        below = np.searchsorted(np.sort(scores), self._edges, side="left")
        total = np.diff(below, prepend=0, append=scores.size)
        is_painted = share > 0
        if is_painted.any():
            bins = np.searchsorted(self._edges, scores[is_painted], side="right")
            defective = np.bincount(bins, minlength=self._bins)
            self._defective += defective
            self._share += np.bincount(bins, weights=share[is_painted], minlength=self._bins)
            total = total - defective
        self._good += total

    def _binned_steps(self) -> _Steps:
        return _Steps(Curve(self._defective[::-1], self._good[::-1]), self._share[::-1])

    def _exact_steps(self) -> _Steps:
        scores = np.concatenate([kept for kept, _ in self._kept])
        share = np.concatenate([share for _, share in self._kept])
        order = np.argsort(scores)[::-1]
        scores, share = scores[order], share[order]
        last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
        defective = np.cumsum(share > 0, dtype=np.float64)[last]
        shares = np.cumsum(share, dtype=np.float64)[last]
        curve = Curve(np.diff(defective, prepend=0.0), np.diff((last + 1.0) - defective, prepend=0.0))
        return _Steps(curve, np.diff(shares, prepend=0.0))


def _region_shares(mask: Mask) -> tuple[NDArray[np.float32], int]:
    """(H, W) 1 / size of each painted pixel's 8-connected region, 0 elsewhere; and the number of regions."""
    if not mask.any():
        return np.zeros(mask.shape, dtype=np.float32), 0
    regions, count = label(mask, connectivity=2, return_num=True)
    sizes = np.bincount(regions.ravel(), minlength=count + 1)
    shares = (1.0 / np.maximum(sizes, 1)).astype(np.float32)
    shares[0] = 0.0
    return shares[regions], int(count)


def _pro(steps: _Steps, region_count: float) -> Figure:
    """Area under (false-positive rate, mean region overlap) up to 0.3, divided by 0.3.

    The curve is interpolated at 0.3. Inside a step the exact curve rises somehow from corner to corner, so it
    encloses at most half the corner's rectangle more or less.
    """
    rate = np.concatenate([[0.0], np.cumsum(steps.curve.good) / steps.curve.good_count])
    overlap = np.concatenate([[0.0], np.cumsum(steps.region_share) / region_count])
    inside = int(np.searchsorted(rate, PRO_LIMIT, side="right"))  # points with rate <= limit
    x, y = rate[:inside], overlap[:inside]
    slack = float((np.diff(x) * np.diff(y)).sum()) / 2
    if inside < rate.size and x[-1] < PRO_LIMIT:
        height = overlap[inside] - overlap[inside - 1]
        width = PRO_LIMIT - rate[inside - 1]
        slack += height * width  # the cut piece may hold all of the step's rise
        x = np.append(x, PRO_LIMIT)
        y = np.append(y, overlap[inside - 1] + height * width / (rate[inside] - rate[inside - 1]))
    return Figure(float(np.trapezoid(y, x)) / PRO_LIMIT, float(slack) / PRO_LIMIT)


def _quantiles(values: Scores, count: int) -> Scores:
    """`count` values at evenly spaced ranks, the highest included."""
    ordered = np.sort(values)
    return ordered[np.linspace(0, ordered.size - 1, count).round().astype(np.int64)]


def _spread_over_floats(count: int) -> Scores:
    """`count` float32 values evenly spaced in the order of bit patterns, most negative to largest."""
    largest = int(np.array(np.finfo(np.float32).max).view(np.uint32))
    ranks = np.linspace(-largest, largest, count).round().astype(np.int64)
    bits = np.abs(ranks).astype(np.uint32).view(np.float32)
    return np.where(ranks < 0, -bits, bits).astype(np.float32)


@dataclass(frozen=True, eq=False)
class BinnedPixels:
    """Pixels of one image, or of several added up, counted in bins of rising score."""

    defective: NDArray[np.float64]  # (K,)
    good: NDArray[np.float64]  # (K,)
    region_share: NDArray[np.float64]  # (K,) sum over painted pixels of 1 / size of their region
    region_count: float


def bin_pixels(score_map: NDArray[np.floating], mask: Mask, edges: Scores) -> BinnedPixels:
    """Count an image's pixels (H, W) in the bins between `edges` (K - 1,), rising.

    Counts add up over images, so that a resampled set of images has its figures without its pixels.
    """
    scores = np.ascontiguousarray(score_map, dtype=np.float32).ravel()
    share, regions = _region_shares(mask)
    bins, is_painted, size = np.searchsorted(edges, scores, side="right"), mask.ravel(), edges.size + 1
    return BinnedPixels(
        np.bincount(bins[is_painted], minlength=size).astype(np.float64),
        np.bincount(bins[~is_painted], minlength=size).astype(np.float64),
        np.bincount(bins, weights=share.ravel(), minlength=size).astype(np.float64),
        float(regions),
    )


def binned_figures(pixels: BinnedPixels) -> PixelFigures:
    """Return the figures of counted pixels, each with the most that binning can have changed it by."""
    curve = Curve(pixels.defective[::-1], pixels.good[::-1])
    pro = _pro(_Steps(curve, pixels.region_share[::-1]), pixels.region_count)
    return PixelFigures(
        curve_auroc(curve),
        curve_average_precision(curve),
        curve_f1_max(curve),
        pro,
        round(pixels.region_count),
    )
