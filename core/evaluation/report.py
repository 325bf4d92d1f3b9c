"""The evaluation as text: one table per number of painted defects, in per cent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evaluation.experiment_report import format_experiments
from core.evaluation.figures import KINDS, METRICS, POOLED, SCORERS, ResultRow, means
from core.evaluation.paper_tables import format_paper_tables
from core.evaluation.protocol import Evaluation

HEADINGS = ("image AUROC", "AP", "F1max", "pixel AUROC", "AP", "F1max", "PRO")
NAMES = {"distance": "bank distance", "head": "DMAD head", "combined": "combined"}


@dataclass(frozen=True)
class _Line:
    product: str
    scorer: str
    figures: tuple[str, ...]


def format_table(evaluation: Evaluation) -> str:
    """Return the tables; with several seeds each figure is mean and standard deviation over them."""
    text = []
    for seen in evaluation.settings["seen"]:
        heading = "nothing painted" if seen == 0 else f"{seen} painted defects of each product"
        text.append(f"{heading} (per cent; seeds {', '.join(map(str, evaluation.settings['seeds']))})")
        rows = [*evaluation.results, *means(evaluation.results), *evaluation.pooled]
        text += _table([row for row in rows if row.seen == seen])
        text += [*_calls(evaluation, seen), ""]
    return "\n".join(text).rstrip() + "\n"


def format_report(evaluation: Evaluation, *, paper: bool = False) -> str:
    """Return the tables, the experiments that were asked for and, with `paper`, the paper's own tables."""
    parts = [format_table(evaluation), "\n".join(format_experiments(evaluation))]
    if paper:
        parts.append(format_paper_tables(evaluation))
    return "\n".join(part for part in parts if part).rstrip() + "\n"


def _table(rows: Sequence[ResultRow]) -> list[str]:
    products = list(dict.fromkeys(row.product for row in rows))
    lines = [
        _Line(product, NAMES[scorer], tuple(_figure(rows, product, scorer, metric) for metric in METRICS))
        for product in products
        for scorer in SCORERS
    ]
    widths = [max(len(h), *(len(line.figures[i]) for line in lines)) for i, h in enumerate(HEADINGS)]
    left = max(len(line.product) for line in lines)
    head = "  ".join(h.rjust(w) for h, w in zip(HEADINGS, widths, strict=True))
    text = [f"{'':{left}}  {'':13}  {head}"]
    for line in lines:
        if line.scorer == NAMES["distance"] and line.product in ("mean", POOLED):
            text.append("")
        cells = "  ".join(f.rjust(w) for f, w in zip(line.figures, widths, strict=True))
        text.append(f"{line.product:{left}}  {line.scorer:13}  {cells}")
    return text


def _figure(rows: Sequence[ResultRow], product: str, scorer: str, metric: str) -> str:
    values = [getattr(row, metric) for row in rows if (row.product, row.scorer) == (product, scorer)]
    present = [100 * value for value in values if value is not None]
    if not present:
        return "-"
    if len(present) == 1:
        return f"{present[0]:.1f}"
    return f"{np.mean(present):.1f} ± {np.std(present, ddof=1):.1f}"


def _calls(evaluation: Evaluation, seen: int) -> list[str]:
    """At the reject limit, combined score: false rejects and caught defects, seeds added up."""
    text = []
    chosen = [call for call in evaluation.calls if call["seen"] == seen and call["scorer"] == "combined"]
    for product in dict.fromkeys(call["product"] for call in chosen):
        parts = []
        for name, label in (("false_rejects", "false rejects"), ("caught", "defects caught")):
            shares = [call[name] for call in chosen if call["product"] == product and call[name]]
            if shares:
                parts.append(f"{label} {sum(s['count'] for s in shares)} of {sum(s['of'] for s in shares)}")
        text.append(f"at the reject limit, {product}: {', '.join(parts)}")
    text += [line for call in chosen if (line := _at_least_overkill(call))]
    return text + _by_type(evaluation, seen)


def _at_least_overkill(call: dict[str, Any]) -> str | None:
    """Seeds share images, so their counts are not added up: each has its own interval."""
    if "least_overkill" not in call:
        return None
    caught = call["caught_at_least_overkill"]
    return (
        f"none of {call['false_rejects']['of']} good rejected (shows at most {100 * call['least_overkill']:.1f} %), "
        f"{call['product']}, seed {call['seed']}: {caught['count']} of {caught['of']} caught "
        f"({100 * caught['low']:.0f} to {100 * caught['high']:.0f} %)"
    )


def _by_type(evaluation: Evaluation, seen: int) -> list[str]:
    """Defects of painted types and of all others, means over seeds and products."""
    text = []
    for kind in KINDS if seen else ():
        entries = [t for t in evaluation.detail("types") if t["seen"] == seen and t["types"] == kind]
        figures = []
        for metric, label in (("image_auroc", "image AUROC"), ("pixel_ap", "pixel AP")):
            values = [100 * t[metric] for t in entries if t[metric] is not None]
            if values:
                figures.append(f"{label} {np.mean(values):.1f} ({len(values)} figures)")
        if figures:
            text.append(
                f"defects of {'painted' if kind == 'painted' else 'other'} types: {', '.join(figures)}"
            )
    return text
