"""A product's charts: ROC, precision over recall, PRO, and the scores of its images."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.evaluation.html.svg import Axes, Line, histogram, line_chart
from core.evaluation.protocol import Evaluation
from core.metrics import curve_of
from core.pixel_metrics import PRO_LIMIT

BINS = 28
MOST_COLOURS = 4


def product_charts(evaluation: Evaluation, product: str, seed: int) -> str:
    """Return the charts of one product and seed, combined score: a line per number of painted defects."""
    numbers = evaluation.settings["seen"]
    shown = numbers if len(numbers) <= MOST_COLOURS else [*numbers[: MOST_COLOURS - 1], numbers[-1]]
    images = {n: _of(evaluation.detail("images"), product, seed, n) for n in shown}
    roc, precision, pro = [], [], []
    for place, seen in enumerate(shown):
        colour = _colour(place, len(shown))
        labels = [image["defect_type"] is not None for image in images[seen]]
        if any(labels) and not all(labels):
            curve = curve_of([image["combined"] for image in images[seen]], labels)
            hits, alarms = np.cumsum(curve.defective), np.cumsum(curve.good)
            recall = hits / curve.defective_count
            rate = alarms / curve.good_count
            roc.append(Line(f"{seen} painted", [(0.0, 0.0), *_pairs(rate, recall)], colour))
            precision.append(Line(f"{seen} painted", _pairs(recall, hits / (hits + alarms)), colour))
        for curve_entry in _of(evaluation.detail("curves"), product, seed, seen):
            pro.append(Line(f"{seen} painted", [(x, y) for x, y in curve_entry["pro"]], colour))
    charts = [
        line_chart(Axes("ROC, images", "good images rejected", "defects found"), roc),
        line_chart(Axes("Precision and recall, images", "defects found", "precision"), precision),
    ]
    if pro:
        axes = Axes("PRO, pixels", "good pixels marked", "region overlap", x_to=PRO_LIMIT)
        charts.append(line_chart(axes, pro))
    charts += [_scores(images[seen], seen) for seen in dict.fromkeys((shown[0], shown[-1]))]
    legend = "".join(
        f'<span><i class="key {_colour(place, len(shown))}"></i>{seen} painted</span>'
        for place, seen in enumerate(shown)
    )
    return f'<p class="legend">{legend}</p><div class="charts">{"".join(charts)}</div>'


def _colour(place: int, count: int) -> str:
    """The colours' class of one of `count` lines, spread over all there are; the last is the strongest."""
    return f"n{round(place * (MOST_COLOURS - 1) / (count - 1))}" if count > 1 else f"n{MOST_COLOURS - 1}"


def _scores(images: list[dict[str, Any]], seen: int) -> str:
    scores = np.array([image["combined"] for image in images])
    is_defect = np.array([image["defect_type"] is not None for image in images], dtype=np.bool_)
    low, high = min(0.0, float(scores.min())), max(2.0, float(np.quantile(scores, 0.98)))
    clipped = np.clip(scores, low, high)
    good, defective = (
        np.histogram(clipped[c], BINS, (low, high))[0].tolist() for c in (~is_defect, is_defect)
    )
    axes = Axes(
        f"Image scores, {seen} painted", f"score (all above {high:.2g} in the last bar)", "", high, low
    )
    return histogram(axes, good, defective, 1.0)


def _pairs(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> list[tuple[float, float]]:
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _of(entries: tuple[dict[str, Any], ...], product: str, seed: int, seen: int) -> list[dict[str, Any]]:
    return [e for e in entries if (e["product"], e["seed"], e["seen"]) == (product, seed, seen)]
