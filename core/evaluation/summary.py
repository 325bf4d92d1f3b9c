"""Mean and spread over seeds, and the interval of the difference of two runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.confidence import Difference, Paired, paired_bootstrap
from core.evaluation.figures import METRICS, ResultRow, means
from core.metrics import auroc


class DifferentImagesError(ValueError):
    """Two runs did not judge the same images; the message gives both numbers."""


@dataclass(frozen=True)
class MeanAndSpread:
    """A figure over seeds."""

    mean: float
    std: float | None  # sample standard deviation; None with one seed
    seeds: int


def over_seeds(
    rows: Iterable[ResultRow], product: str, seen: int, scorer: str, metric: str
) -> MeanAndSpread | None:
    """Return a metric's mean and spread over seeds; None where it could not be taken. Product "mean": over products."""
    rows = [row for row in rows if (row.seen, row.scorer) == (seen, scorer)]
    chosen = means(rows) if product == "mean" else [row for row in rows if row.product == product]
    values = [value for row in chosen if (value := getattr(row, metric)) is not None]
    if not values:
        return None
    std = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return MeanAndSpread(float(np.mean(values)), std, len(values))


def summary(rows: Sequence[ResultRow]) -> list[dict[str, Any]]:
    """Return mean and spread of every metric, per product and for the mean over products."""
    places = dict.fromkeys((row.product, row.seen, row.scorer) for row in [*rows, *means(rows)])
    result = []
    for product, seen, scorer in places:
        entry: dict[str, Any] = {"product": product, "seen": seen, "scorer": scorer}
        for metric in METRICS:
            figure = over_seeds(rows, product, seen, scorer, metric)
            entry[metric] = None if figure is None else vars(figure)
        result.append(entry)
    return result


def auroc_differences(
    before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]], *, resamples: int = 1000
) -> dict[str, Difference]:
    """Return per product, and as "mean", the interval of the difference in image AUROC of two runs.

    Args:
        before, after: `images` entries of one number seen and one scorer each, the score under the key `score`.

    Raises:
        DifferentImagesError: seeds, products or images differ.
    """
    first, second = _scores(before), _scores(after)
    if first.keys() != second.keys():
        raise DifferentImagesError(
            f"the two runs judged different images: {len(first)} and {len(second)}, "
            f"{len(first.keys() & second.keys())} of them the same"
        )
    seeds = sorted({seed for seed, _, _, _ in first})
    products = sorted({product for _, product, _, _ in first})

    def paired(seed: int, product: str) -> Paired:
        places = [place for place in sorted(first) if place[:2] == (seed, product)]
        return Paired(
            np.array([place[3] for place in places], dtype=np.bool_),
            np.array([first[place] for place in places]),
            np.array([second[place] for place in places]),
        )

    runs = {seed: {product: paired(seed, product) for product in products} for seed in seeds}
    result = {
        product: paired_bootstrap([[runs[seed][product]] for seed in seeds], auroc, resamples=resamples)
        for product in products
    }
    result["mean"] = paired_bootstrap(
        [list(runs[seed].values()) for seed in seeds], auroc, resamples=resamples
    )
    return result


def _scores(images: Sequence[dict[str, Any]]) -> dict[tuple[int, str, str, bool], float]:
    """(seed, product, path, is defective) -> score."""
    return {
        (image["seed"], image["product"], image["path"], image["defect_type"] is not None): image["score"]
        for image in images
    }
