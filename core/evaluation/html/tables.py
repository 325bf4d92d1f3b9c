"""The page's tables: figures with their spread, defects caught with their intervals, settings."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from core.evaluation.figures import METRICS, SCORERS
from core.evaluation.protocol import Evaluation
from core.evaluation.report import HEADINGS, NAMES
from core.evaluation.summary import over_seeds


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, groups: str = "") -> str:
    """Return a table of texts; the first column is a heading of its row, a last row named "mean" is set off."""
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in headings)
    body = []
    for first, *cells in rows:
        mark = ' class="mean"' if first == "mean" else ""
        body.append(
            f'<tr{mark}><th scope="row">{escape(first)}</th>'
            + "".join(f"<td>{escape(c)}</td>" for c in cells)
            + "</tr>"
        )
    return f'<div class="wide"><table><thead>{groups}<tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'


METRIC_GROUPS = (
    '<tr><td></td><th colspan="3" class="group">images</th><th colspan="4" class="group">pixels</th></tr>'
)
METRIC_HEADINGS = [heading.removeprefix("image ").removeprefix("pixel ") for heading in HEADINGS]


def products_table(evaluation: Evaluation, seen: int, scorer: str) -> str:
    """Return the figures of every product and their mean, for one number of painted defects and one score."""
    products = list(evaluation.settings["products"])
    rows = [[p, *(_figure(evaluation, p, seen, scorer, m) for m in METRICS)] for p in [*products, "mean"]]
    return table(["", *METRIC_HEADINGS], rows, groups=METRIC_GROUPS)


def means_table(evaluation: Evaluation) -> str:
    """Return the means over products, for every number of painted defects and every score."""
    rows = [
        [f"{seen} painted, {NAMES[scorer]}", *(_figure(evaluation, "mean", seen, scorer, m) for m in METRICS)]
        for seen in evaluation.settings["seen"]
        for scorer in SCORERS
    ]
    return table(["", *METRIC_HEADINGS], rows, groups=METRIC_GROUPS)


def calls_table(evaluation: Evaluation) -> str:
    """Return false rejects and caught defects at the limit, and at the smallest overkill that can be shown."""
    rows = []
    for call in evaluation.calls:
        if call["scorer"] != "combined":
            continue
        least = f"{100 * call['least_overkill']:.1f} %" if "least_overkill" in call else "-"
        rows.append(
            [
                call["product"],
                str(call["seen"]),
                str(call["seed"]),
                _share(call["false_rejects"]),
                _share(call["caught"]),
                least,
                _share(call.get("caught_at_least_overkill")),
            ]
        )
    headings = ("", "painted", "seed", "good rejected", "defects caught", "overkill shown", "caught there")
    return table(headings, sorted(rows, key=lambda row: (row[0], int(row[1]), int(row[2]))))


def types_table(evaluation: Evaluation) -> str:
    """Return the figures of defects whose type was painted and of all others; means over seeds."""
    rows = []
    entries = evaluation.detail("types")
    for product in evaluation.settings["products"]:
        for seen in (n for n in evaluation.settings["seen"] if n):
            mine = [e for e in entries if (e["product"], e["seen"]) == (product, seen)]
            cells = [
                _over(mine, kind, name)
                for kind in ("painted", "other")
                for name in ("image_auroc", "pixel_ap")
            ]
            counts = [sum(e["defects"] for e in mine if e["types"] == kind) for kind in ("painted", "other")]
            rows.append([product, str(seen), str(counts[0]), *cells[:2], str(counts[1]), *cells[2:]])
    groups = (
        '<tr><td colspan="2"></td><th colspan="3" class="group">types that were painted</th>'
        '<th colspan="3" class="group">types that were not</th></tr>'
    )
    names = ("defects", "image AUROC", "pixel AP")
    return table(["", "painted", *names, *names], rows, groups=groups) if rows else ""


def images_table(evaluation: Evaluation) -> str:
    """Return what the figures rest on."""
    rows = [
        [name, *(str(counts[key]) for key in ("train_good", "test_good", "defects", "train_defects"))]
        for name, counts in evaluation.settings["products"].items()
    ]
    return table(("", "good, learnt from", "good, judged", "defects", "defects in the training part"), rows)


def settings_table(settings: dict[str, Any]) -> str:
    """Return names and values."""
    return table(("setting", "value"), [[name, str(value)] for name, value in settings.items()])


def _over(entries: Sequence[dict[str, Any]], kind: str, name: str) -> str:
    values = [100 * e[name] for e in entries if e["types"] == kind and e[name] is not None]
    return _spread(values)


def _figure(evaluation: Evaluation, product: str, seen: int, scorer: str, metric: str) -> str:
    figure = over_seeds(evaluation.results, product, seen, scorer, metric)
    if figure is None:
        return "-"
    spread = "" if figure.std is None else f" ± {100 * figure.std:.1f}"
    return f"{100 * figure.mean:.1f}{spread}"


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "-"
    spread = f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
    return f"{np.mean(values):.1f}{spread}"


def _share(share: dict[str, float] | None) -> str:
    if not share:
        return "-"
    return f"{share['count']} of {share['of']} ({100 * share['low']:.0f} to {100 * share['high']:.0f} %)"
