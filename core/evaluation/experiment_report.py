"""The experiments of an evaluation as text: parts left out, other products' defects, another run's figures."""

from __future__ import annotations

from core.evaluation.ablation import PREFIX, row_of
from core.evaluation.protocol import Evaluation, ResumeError
from core.evaluation.run import OTHERS
from core.evaluation.summary import MeanAndSpread, auroc_differences, over_seeds

SHOWN = ("head", "combined")


def format_experiments(evaluation: Evaluation) -> list[str]:
    """Return the lines of both experiments; none if none was asked for."""
    return [*_ablation(evaluation), *_transfer(evaluation)]


def _ablation(evaluation: Evaluation) -> list[str]:
    cells = [cell for cell in evaluation.cells if cell.key.experiment.startswith(PREFIX)]
    if not cells:
        return []
    text = [
        "parts left out, mean over products (per cent): image AUROC, pixel AUROC of the DMAD head; of the combined"
    ]
    for experiment in dict.fromkeys(cell.key.experiment for cell in cells):
        rows = [row for cell in cells if cell.key.experiment == experiment for row in cell.rows]
        row = row_of(experiment)
        assert row is not None, "experiments of this name are the rows of core.evaluation.ablation"
        figures = [
            _shown(over_seeds(rows, "mean", rows[0].seen, scorer, metric))
            for scorer in SHOWN
            for metric in ("image_auroc", "pixel_auroc")
        ]
        text.append(f"{row.name:26}  {'  '.join(f'{f:>11}' for f in figures)}   {', '.join(row.parts)}")
    return [*text, ""]


def _transfer(evaluation: Evaluation) -> list[str]:
    rows = [row for cell in evaluation.cells if cell.key.experiment == OTHERS for row in cell.rows]
    if not rows:
        return []
    text = []
    for seen in sorted({row.seen for row in rows}):
        text.append(
            f"{seen} painted defects, combined score (per cent): image AUROC, pixel AP with nothing painted; "
            "with other products' defects; with all"
        )
        for product in [*dict.fromkeys(row.product for row in rows), "mean"]:
            figures = [
                _shown(over_seeds(source, product, number, "combined", metric))
                for source, number in ((evaluation.results, 0), (rows, seen), (evaluation.results, seen))
                for metric in ("image_auroc", "pixel_ap")
            ]
            text.append(f"{product:26}  {'  '.join(f'{f:>11}' for f in figures)}")
        text.append("")
    return text


def format_differences(before: Evaluation, after: Evaluation, name: str) -> str:
    """Return how image AUROC differs from an earlier run's, with 95 % intervals over images and seeds.

    Raises:
        ResumeError: the runs have no number of painted defects in common.
        DifferentImagesError: they judged different images.
    """
    numbers = sorted(set(before.settings["seen"]) & set(after.settings["seen"]))
    if not numbers:
        raise ResumeError(f"{name} has no number of painted defects in common with this run")
    text = []
    for seen in numbers:
        text.append(f"against {name}, {seen} painted, combined score, image AUROC (points, 95 % interval)")
        images = [
            [i | {"score": i["combined"]} for i in run.detail("images") if i["seen"] == seen]
            for run in (before, after)
        ]
        for product, difference in auroc_differences(*images).items():
            low, high = 100 * difference.low, 100 * difference.high
            text.append(f"{product:26}  {100 * difference.value:+.2f}  ({low:+.2f} to {high:+.2f})")
        text.append("")
    return "\n".join(text).rstrip() + "\n"


def _shown(figure: MeanAndSpread | None) -> str:
    if figure is None:
        return "-"
    spread = "" if figure.std is None else f" ± {100 * figure.std:.1f}"
    return f"{100 * figure.mean:.1f}{spread}"
