"""How sure a figure is: Wilson intervals, recall at an overkill that can be shown, paired bootstrap."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.metrics import MetricInputError, OneClassError

Z95 = 1.959963984540054  # normal quantile of a two-sided 95 % interval
RULE_OF_THREE = 3.0  # 0 of n good parts rejected supports, at 95 %, an overkill of 3 / n


class OverkillNotShownError(ValueError):
    """An overkill was asked for that so few good images can't support; the message gives both numbers."""


@dataclass(frozen=True)
class Share:
    """`count` of `total`, with its 95 % Wilson interval."""

    count: int
    total: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself, 0..1."""
        return self.count / self.total


@dataclass(frozen=True)
class RecallAtOverkill:
    """What is caught at a threshold that rejects at most a stated share of good parts."""

    overkill: float  # the stated one
    threshold: float  # reject above it
    rejected_good: Share
    caught: Share


@dataclass(frozen=True)
class Paired:
    """The same images scored by two versions. All (N,)."""

    is_defect: NDArray[np.bool_]
    before: NDArray[np.float64]
    after: NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """Mean of after - before, with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


Metric = Callable[[NDArray[np.float64], NDArray[np.bool_]], float]


def wilson(count: int, total: int) -> Share:
    """Return the 95 % Wilson score interval of `count` in `total`.

    Raises:
        MetricInputError: unless 0 <= count <= total and total >= 1.
    """
    if total < 1 or not 0 <= count <= total:
        raise MetricInputError(f"no share: {count} of {total}")
    rate, z2 = count / total, Z95 * Z95
    centre = (rate + z2 / (2 * total)) / (1 + z2 / total)
    reach = Z95 / (1 + z2 / total) * math.sqrt(rate * (1 - rate) / total + z2 / (4 * total * total))
    # At the ends the interval starts at exactly 0 or 1; in floats it may miss by a hair.
    low = 0.0 if count == 0 else max(0.0, centre - reach)
    return Share(count, total, low, 1.0 if count == total else min(1.0, centre + reach))


def smallest_overkill(good_count: int) -> float:
    """Return the smallest overkill that so many good images can show: none of n rejected supports 3 / n."""
    return min(1.0, RULE_OF_THREE / good_count)


def recall_at_overkill(
    good: NDArray[np.float64], defective: NDArray[np.float64], overkill: float | None = None
) -> RecallAtOverkill:
    """Share of defects caught at the lowest threshold that keeps to an overkill on these good images.

    Args:
        good: (G,) image scores of good parts.   defective: (D,) of defects.
        overkill: 0..1. None: the smallest that so many good images can show, with none of them rejected.

    Raises:
        OneClassError, OverkillNotShownError
    """
    if not good.size or not defective.size:
        raise OneClassError(f"needs both kinds: there are {good.size} good, {defective.size} defective")
    smallest = smallest_overkill(good.size)
    if overkill is not None and overkill < smallest:
        raise OverkillNotShownError(
            f"{good.size} good images can show an overkill of {smallest:.3g} at best; asked: {overkill:.3g}"
        )
    allowed = 0 if overkill is None else min(int(overkill * good.size + 1e-9), good.size - 1)
    threshold = float(np.sort(good)[good.size - 1 - allowed])
    return RecallAtOverkill(
        smallest if overkill is None else overkill,
        threshold,
        wilson(int((good > threshold).sum()), good.size),
        wilson(int((defective > threshold).sum()), defective.size),
    )


def paired_bootstrap(
    runs: Sequence[Sequence[Paired]], metric: Metric, *, resamples: int = 2000, seed: int = 0
) -> Difference:
    """Bootstrap the mean difference of a metric over seeds and images; both versions see the same draw.

    Args:
        runs: per seed, per product, the images both versions scored. Seeds are drawn first, then images
            within each product, good and defective apart, so that no draw loses a kind.
        metric: of (scores, is_defect), such as `auroc`.
    """
    rng = np.random.default_rng(seed)
    kinds = [[(np.flatnonzero(p.is_defect), np.flatnonzero(~p.is_defect)) for p in run] for run in runs]
    value = float(np.mean([_difference(p, np.arange(p.is_defect.size), metric) for run in runs for p in run]))
    drawn = np.empty(resamples)
    for resample in range(resamples):
        differences = []
        for run in rng.integers(len(runs), size=len(runs)):
            for paired, kind in zip(runs[run], kinds[run], strict=True):
                chosen = np.concatenate(
                    [members[rng.integers(members.size, size=members.size)] for members in kind]
                )
                differences.append(_difference(paired, chosen, metric))
        drawn[resample] = np.mean(differences)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Difference(value, float(low), float(high))


def _difference(paired: Paired, chosen: NDArray[np.int64], metric: Metric) -> float:
    labels = paired.is_defect[chosen]
    return metric(paired.after[chosen], labels) - metric(paired.before[chosen], labels)
