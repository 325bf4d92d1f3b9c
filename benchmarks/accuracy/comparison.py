"""Differences between two rows with paired-bootstrap intervals over images and seeds.

Image AUROC is resampled over image scores. Pixel figures are resampled over whole images: each image stands for its
pixels, counted in bins, and a resampled set of images has the figures of their summed counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.cells import Cell
from core.confidence import Difference, Metric, Paired, paired_bootstrap
from core.metrics import auroc
from core.pixel_metrics import BinnedPixels, binned_figures

METRICS = ("image_auroc", "pixel_auroc", "pixel_ap", "pro")
MEAN = "mean"
_FIELDS = {"pixel_auroc": "auroc", "pixel_ap": "average_precision", "pro": "pro"}


class DifferentImagesError(ValueError):
    """Two cells were measured on different images, so they can't be paired."""


@dataclass(frozen=True)
class Compared:
    """How much better `after` is than `before`, fractions of 1."""

    before: str  # "patchcore, 0 seen"
    after: str
    product: str  # or "mean"
    metric: str
    difference: Difference


def compare(before: Sequence[Cell], after: Sequence[Cell], *, resamples: int) -> list[Compared]:
    """Compare two rows, given their cells in the same order of seeds; per product and in the mean.

    Raises:
        DifferentImagesError
    """
    old, new = _name(before), _name(after)
    found = []
    for metric in METRICS:
        products = [n for n in before[0].products if metric == "image_auroc" or before[0].products[n].pixels]
        runs, measure = _paired(before, after, products, metric)
        for index, product in enumerate(products):
            alone = paired_bootstrap([[run[index]] for run in runs], measure, resamples=resamples)
            found.append(Compared(old, new, product, metric, alone))
        if products:
            together = paired_bootstrap(runs, measure, resamples=resamples)
            found.append(Compared(old, new, MEAN, metric, together))
    return found


def _paired(
    before: Sequence[Cell], after: Sequence[Cell], products: Sequence[str], metric: str
) -> tuple[list[list[Paired]], Metric]:
    table = _PixelTable(metric)
    runs = []
    for one, other in zip(before, after, strict=True):
        run = []
        for name in products:
            mine, theirs = one.products[name], other.products[name]
            if not np.array_equal(mine.is_defect, theirs.is_defect):
                raise DifferentImagesError(f"{one.key} and {other.key} judged different images of {name}")
            if metric == "image_auroc":
                run.append(Paired(mine.is_defect, mine.scores, theirs.scores))
            else:
                run.append(Paired(mine.is_defect, table.add(mine.pixels), table.add(theirs.pixels)))
        runs.append(run)
    return runs, (auroc if metric == "image_auroc" else table.figure)


class _PixelTable:
    """Lets whole images take the place of scores: an image's "score" is its line in this table."""

    def __init__(self, metric: str) -> None:
        self._field = _FIELDS.get(metric, "")
        self._blocks: list[tuple[int, NDArray[np.float64]]] = []
        self._next = 0

    def add(self, images: Sequence[BinnedPixels]) -> NDArray[np.float64]:
        """Take in a product's images and return their lines."""
        block = np.stack(
            [np.concatenate([p.defective, p.good, p.region_share, [p.region_count]]) for p in images]
        )
        start, self._next = self._next, self._next + len(images)
        self._blocks.append((start, block))
        return np.arange(start, self._next, dtype=np.float64)

    def figure(self, lines: NDArray[np.float64], _is_defect: NDArray[np.bool_]) -> float:
        """Return the figure of these lines' pixels together; they are of one block."""
        start, block = next(b for b in reversed(self._blocks) if b[0] <= lines[0])
        weights = np.bincount((lines - start).astype(np.int64), minlength=len(block)).astype(np.float64)
        total = weights @ block
        defective, good, share = np.split(total[:-1], 3)
        figures = binned_figures(BinnedPixels(defective, good, share, float(total[-1])))
        return float(getattr(figures, self._field).value)


def _name(cells: Sequence[Cell]) -> str:
    return f"{cells[0].key.row}, {cells[0].key.seen} seen"
