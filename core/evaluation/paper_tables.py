"""The paper's tables 1-5 with our figures beside the published ones, as text; what was not run says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from core.evaluation.ablation import PREFIX, ROWS
from core.evaluation.figures import ResultRow
from core.evaluation.protocol import Evaluation
from core.evaluation.published import (
    DATA_SETS,
    MVTEC,
    SEEN,
    VISA,
    VISA_F1_AND_PRO,
    VISA_TRANSFER,
    DataSet,
    Pair,
)
from core.evaluation.run import OTHERS
from core.evaluation.summary import over_seeds

NOT_RUN = "not run"
SCORER = "head"  # the paper's score is -Psi
DEPARTURES = (
    "How to read them: a cell is ours | published, AUROC/AP in per cent. They compare only with the paper's backbone "
    "(WideResNet50-2 with its published weights), 256 px, its settings (--config paper) and its data."
)


def format_paper_tables(evaluation: Evaluation) -> str:
    """Return all five tables."""
    text = [DEPARTURES, _what_ran(evaluation), ""]
    text += _pair_tables("Table 1, image AUROC/AP", evaluation, "image_auroc", "image_ap", lambda d: d.image)
    text += _table_2(evaluation)
    text += _pair_tables("Table 3, pixel AUROC/AP", evaluation, "pixel_auroc", "pixel_ap", lambda d: d.pixel)
    text += [*_table_4(evaluation), *_table_5(evaluation)]
    return "\n".join(text).rstrip() + "\n"


def _what_ran(evaluation: Evaluation) -> str:
    settings = evaluation.settings
    return (
        f"Ours: encoder {settings['encoder']}, outliers from {settings['outlier_images']}, protocol "
        f"{settings['protocol']}, seeds {', '.join(map(str, settings['seeds']))}."
    )


def _pair_tables(
    title: str,
    evaluation: Evaluation,
    auroc: str,
    ap: str,
    published: Callable[[DataSet], dict[str, tuple[Pair, ...]]],
) -> list[str]:
    text = []
    for data_set in DATA_SETS:
        text.append(f"{title}, {data_set.name}: " + ", ".join(f"{n} seen" for n in SEEN))
        for product, pairs in published(data_set).items():
            cells = []
            for seen, pair in zip(SEEN, pairs, strict=True):
                ours = _shown(*(_ours(evaluation, data_set, product, seen, m) for m in (auroc, ap)))
                cells.append(f"{ours:>9} | {pair.auroc:.1f}/{pair.ap:.1f}")
            text.append(f"  {product:11}" + "   ".join(f"{cell:21}" for cell in cells).rstrip())
        text.append("")
    return text


def _table_2(evaluation: Evaluation) -> list[str]:
    text = ["Table 2, VisA, mean over products: 0 seen, 10 seen"]
    for metric, published in VISA_F1_AND_PRO.items():
        cells = [
            f"{_shown(_ours(evaluation, VISA, 'visa', seen, metric)):>7} | {figure:.1f}"
            for seen, figure in zip((0, 10), published, strict=True)
        ]
        text.append(f"  {metric:12}" + "   ".join(cells))
    return [*text, ""]


def _table_4(evaluation: Evaluation) -> list[str]:
    text = ["Table 4, MVTec-AD, ablation, mean over products: image AUROC, pixel AUROC"]
    for row in ROWS:
        rows = _experiment(evaluation, PREFIX + row.name)
        seen = rows[0].seen if rows else 0
        published = (row.image_auroc, row.pixel_auroc)
        figures = [_mean(rows, MVTEC, seen, metric) for metric in ("image_auroc", "pixel_auroc")]
        cells = [f"{_shown(o):>7} | {p:.1f}" for o, p in zip(figures, published, strict=True)]
        text.append(f"  {row.name:26}" + "   ".join(cells) + f"   {', '.join(row.parts)}")
    return [*text, ""]


def _table_5(evaluation: Evaluation) -> list[str]:
    text = [
        "Table 5, VisA, image AUROC/pixel AUROC: nothing painted, other products' defects, all products' defects"
    ]
    most = max(evaluation.settings["seen"])
    sources: tuple[tuple[Sequence[ResultRow], int], ...] = (
        (evaluation.results, 0),
        (_experiment(evaluation, OTHERS), most),
        (evaluation.results, most),
    )
    for product, published in VISA_TRANSFER.items():
        cells = []
        for (rows, seen), (image, pixel) in zip(sources, published, strict=True):
            ours = [_figure(rows, product, seen, metric) for metric in ("image_auroc", "pixel_auroc")]
            cells.append(f"{_shown(*ours):>9} | {image:.1f}/{pixel:.1f}")
        text.append(f"  {product:11}" + "   ".join(cells))
    return [*text, ""]


def _experiment(evaluation: Evaluation, name: str) -> list[ResultRow]:
    return [row for cell in evaluation.cells if cell.key.experiment == name for row in cell.rows]


def _ours(evaluation: Evaluation, data_set: DataSet, product: str, seen: int, metric: str) -> float | None:
    if product == data_set.name.lower():
        return _mean(evaluation.results, data_set, seen, metric)
    return _figure(evaluation.results, product, seen, metric)


def _mean(rows: Sequence[ResultRow], data_set: DataSet, seen: int, metric: str) -> float | None:
    """The mean over all products of a data set; None unless every one was run."""
    figures = [_figure(rows, product, seen, metric) for product in data_set.products]
    present = [figure for figure in figures if figure is not None]
    return float(np.mean(present)) if len(present) == len(figures) else None


def _figure(rows: Sequence[ResultRow], product: str, seen: int, metric: str) -> float | None:
    """Per cent, mean over seeds."""
    name = next((row.product for row in rows if row.product.lower() == product), product)
    figure = over_seeds(rows, name, seen, SCORER, metric)
    return None if figure is None else 100 * figure.mean


def _shown(*figures: float | None) -> str:
    present = [figure for figure in figures if figure is not None]
    return "/".join(f"{figure:.1f}" for figure in present) if len(present) == len(figures) else NOT_RUN
