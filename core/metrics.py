"""Ranking metrics from a curve of counts: AUROC, AP, F1max, each exact or with the bound that its bins leave.

Shapes in this file
    K  distinct thresholds, or bins, from the highest score down      N  images or pixels
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Counts = NDArray[np.float64]  # whole numbers; float64 holds them exactly up to 2**53


class OneClassError(ValueError):
    """A ranking needs both good and defective samples; the message gives both numbers."""


class MetricInputError(ValueError):
    """Scores, labels or masks don't fit together; the message gives both shapes or the bad values."""


@dataclass(frozen=True, eq=False)
class Curve:
    """How many defective and good samples each step down the scores adds."""

    defective: Counts  # (K,)
    good: Counts  # (K,)

    @property
    def defective_count(self) -> float:
        """All defective samples."""
        return float(self.defective.sum())

    @property
    def good_count(self) -> float:
        """All good samples."""
        return float(self.good.sum())


@dataclass(frozen=True)
class Figure:
    """A metric and how far the exact one can lie from it, because samples in one bin are taken as tied."""

    value: float
    error: float = 0.0  # 0: exact


def curve_of(scores: ArrayLike, is_defect: ArrayLike) -> Curve:
    """Count samples at each distinct score, highest first. Equal scores are one step.

    Args:
        scores: (N,) finite; high means defective.
        is_defect: (N,) booleans.

    Raises:
        MetricInputError, OneClassError
    """
    values, labels = _checked(scores, is_defect)
    order = np.argsort(-values, kind="stable")
    values, labels = values[order], labels[order]
    last = np.flatnonzero(np.append(values[1:] != values[:-1], True))
    defective = np.cumsum(labels, dtype=np.float64)[last]
    return Curve(np.diff(defective, prepend=0.0), np.diff((last + 1.0) - defective, prepend=0.0))


def auroc(scores: ArrayLike, is_defect: ArrayLike) -> float:
    """Area under the ROC curve: the chance that a defect scores above a good sample, ties counted half."""
    return curve_auroc(curve_of(scores, is_defect)).value


def average_precision(scores: ArrayLike, is_defect: ArrayLike) -> float:
    """Mean precision over the defective samples, without interpolation."""
    return curve_average_precision(curve_of(scores, is_defect)).value


def f1_max(scores: ArrayLike, is_defect: ArrayLike) -> float:
    """Best F1 that any threshold gives."""
    return curve_f1_max(curve_of(scores, is_defect)).value


def curve_auroc(curve: Curve) -> Figure:
    """AUROC of a curve; the error bound is what reordering inside the steps could change."""
    pairs = curve.defective_count * curve.good_count
    above = np.cumsum(curve.defective) - curve.defective
    tied = float((curve.defective * curve.good).sum()) / 2
    return Figure(float((curve.good * above).sum() + tied) / pairs, tied / pairs)


def curve_average_precision(curve: Curve) -> Figure:
    """AP of a curve; the bound compares with all defects first, and all defects last, inside each step."""
    steps = curve.defective > 0
    found, alarms = curve.defective[steps], np.cumsum(curve.good)[steps]
    hits, alarms_before = np.cumsum(found), alarms - curve.good[steps]
    value = float((found * hits / (hits + alarms)).sum())
    # Over a step, sum_j (hits before + j) / (hits before + j + a) with a = all of its alarms or none of them;
    # bounded by the integral.
    start = hits - found + alarms
    lost = np.where(alarms > 0, alarms * np.log1p(found / np.maximum(start, 1)), 0)
    lost_at_best = alarms_before * np.log1p(found / (hits - found + alarms_before + 1))
    lowest, highest = float((found - lost).sum()), float((found - lost_at_best).sum())
    return Figure(
        value / curve.defective_count, max(highest - value, value - lowest, 0.0) / curve.defective_count
    )


def curve_f1_max(curve: Curve) -> Figure:
    """F1max of a curve. Every step's end is a real threshold, so the exact value is never lower."""
    hits, alarms = np.cumsum(curve.defective), np.cumsum(curve.good)
    value = float((2 * hits / (hits + alarms + curve.defective_count)).max())
    highest = float((2 * hits / (hits + (alarms - curve.good) + curve.defective_count)).max())
    return Figure(value, max(highest - value, 0.0))


def _checked(scores: ArrayLike, is_defect: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    values, labels = (
        np.asarray(scores, dtype=np.float64).ravel(),
        np.asarray(is_defect, dtype=np.bool_).ravel(),
    )
    if values.shape != labels.shape:
        raise MetricInputError(f"{values.size} scores, but {labels.size} labels")
    if not np.isfinite(values).all():
        raise MetricInputError(f"{int((~np.isfinite(values)).sum())} of {values.size} scores are not finite")
    defects = int(labels.sum())
    if defects in (0, labels.size):
        raise OneClassError(
            f"a ranking needs both kinds: there are {labels.size - defects} good, {defects} defective"
        )
    return values, labels
