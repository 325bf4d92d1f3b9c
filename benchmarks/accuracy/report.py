"""The two tables of `bench accuracy`: each row's figures, and its differences with intervals. Per cent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.accuracy.cells import Cell
from benchmarks.accuracy.comparison import MEAN, METRICS, Compared
from core.evaluation.figures import METRICS as ALL_METRICS
from core.evaluation.figures import ResultRow, means

TITLES = {"image_auroc": "image AUROC", "pixel_auroc": "pixel AUROC", "pixel_ap": "pixel AP", "pro": "PRO"}


def summary(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Mean and standard deviation over seeds per row, number seen, product and metric; "mean" is over products."""
    rows: dict[tuple[str, int, str], list[ResultRow]] = {}
    for cell in cells:
        for figures in [*cell.figures, *means(cell.figures)]:
            rows.setdefault((cell.key.row, cell.key.seen, figures.product), []).append(figures)
    result = []
    for (row, seen, product), members in rows.items():
        line: dict[str, Any] = {"row": row, "seen": seen, "product": product, "seeds": len(members)}
        for metric in ALL_METRICS:
            values = [value for member in members if (value := getattr(member, metric)) is not None]
            line[metric] = float(np.mean(values)) if values else None
            line[f"{metric}_std"] = float(np.std(values)) if values else None
        result.append(line)
    return result


def figures_table(lines: Sequence[dict[str, Any]]) -> str:
    """Return the mean over products of each row and number seen."""
    text = [f"{'seen':>4}  {'row':14} " + " ".join(f"{TITLES[m]:>13}" for m in METRICS)]
    for line in sorted((line for line in lines if line["product"] == MEAN), key=lambda line: line["seen"]):
        cells = " ".join(f"{_figure(line, metric):>13}" for metric in METRICS)
        text.append(f"{line['seen']:4}  {line['row']:14} {cells}")
    return "\n".join(text)


def differences_table(compared: Sequence[Compared]) -> str:
    """Return the differences with their 95 % intervals; * where 0 lies outside."""
    text = [f"{'':44} {'':14} " + " ".join(f"{TITLES[m]:>22}" for m in METRICS)]
    places = dict.fromkeys((c.before, c.after, c.product) for c in compared)
    for before, after, product in sorted(places, key=lambda p: (p[0], p[1], p[2] != MEAN)):
        found = {c.metric: c for c in compared if (c.before, c.after, c.product) == (before, after, product)}
        cells = " ".join(f"{_difference(found.get(metric)):>22}" for metric in METRICS)
        text.append(f"{after + ' against ' + before:44} {product:14} {cells}")
    return "\n".join(text)


def _figure(line: dict[str, Any], metric: str) -> str:
    if line[metric] is None:
        return "-"
    spread = f" ± {100 * line[f'{metric}_std']:.1f}" if line["seeds"] > 1 else ""
    return f"{100 * line[metric]:.1f}{spread}"


def _difference(compared: Compared | None) -> str:
    if compared is None:
        return "-"
    d = compared.difference
    star = "*" if d.low > 0 or d.high < 0 else " "
    return f"{100 * d.value:+.1f} [{100 * d.low:+.1f}, {100 * d.high:+.1f}]{star}"
