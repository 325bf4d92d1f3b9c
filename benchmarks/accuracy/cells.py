"""One cell of the comparison: a row at one seed and one number seen, with its figures and what a bootstrap needs.

A cell is two files, so that a stopped run goes on where it was: <row>-seed<s>-seen<n>.json and .npz. The second
is written first; a cell without its .json is measured again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.protocol import Judged, Protocol
from core.evaluation.figures import ResultRow
from core.metrics import auroc, average_precision, f1_max
from core.pixel_metrics import BinnedPixels, PixelFigures, PixelMetrics, bin_pixels

BINS = 1_024  # of the bootstrap alone; the figures themselves are those of PixelMetrics


@dataclass(frozen=True)
class CellKey:
    """Which cell."""

    row: str
    seed: int
    seen: int

    def __str__(self) -> str:
        return f"{self.row}-seed{self.seed}-seen{self.seen}"


@dataclass(frozen=True, eq=False)
class ProductCell:
    """One product's images in a cell, in the protocol's order. n images."""

    is_defect: NDArray[np.bool_]  # (n,)
    scores: NDArray[np.float64]  # (n,)
    pixels: tuple[BinnedPixels, ...]  # one per image; empty where the product has no masks


@dataclass(frozen=True, eq=False)
class Cell:
    """What was measured."""

    key: CellKey
    figures: tuple[ResultRow, ...]  # one per product
    products: dict[str, ProductCell]
    seconds: float


def measure_cell(key: CellKey, judged: Iterable[Judged], protocol: Protocol) -> Cell:
    """Take all images of a row; `seconds` is left 0."""
    by_product: dict[str, list[Judged]] = {product.name: [] for product in protocol.products}
    for one in judged:
        by_product[one.image.product].append(one)
    figures, products = [], {}
    for name, images in by_product.items():
        masks = [protocol.mask(one.image) for one in images]
        painted = [(one, mask) for one, mask in zip(images, masks, strict=True) if mask is not None]
        is_defect = np.array([one.image.defect is not None for one in images], dtype=np.bool_)
        scores = np.array([one.score for one in images])
        figures.append(_row(key, name, scores, is_defect, _pixel_figures(painted)))
        products[name] = ProductCell(is_defect, scores, _binned(painted))
    return Cell(key, tuple(figures), products, 0.0)


def save_cell(cell: Cell, folder: Path) -> None:
    """Write a cell's two files."""
    arrays: dict[str, Any] = {}
    for name, product in cell.products.items():
        arrays |= {f"{name}/is_defect": product.is_defect, f"{name}/scores": product.scores}
        if product.pixels:
            for part in ("defective", "good", "region_share", "region_count"):
                arrays[f"{name}/{part}"] = np.stack([np.asarray(getattr(p, part)) for p in product.pixels])
    np.savez_compressed(folder / f"{cell.key}.npz", **arrays)
    text = {
        "key": asdict(cell.key),
        "seconds": cell.seconds,
        "figures": [asdict(row) for row in cell.figures],
    }
    unfinished = folder / f"{cell.key}.json.part"
    unfinished.write_text(
        json.dumps(text | {"products": list(cell.products)}, indent=1) + "\n", encoding="utf-8"
    )
    unfinished.replace(folder / f"{cell.key}.json")


def load_cell(key: CellKey, folder: Path) -> Cell | None:
    """Read a cell, or None if it was not measured yet."""
    path = folder / f"{key}.json"
    if not path.is_file():
        return None
    text = json.loads(path.read_text(encoding="utf-8"))
    products = {}
    with np.load(folder / f"{key}.npz", allow_pickle=False) as arrays:
        for name in text["products"]:
            pixels: tuple[BinnedPixels, ...] = ()
            if f"{name}/good" in arrays:
                stacked = [
                    arrays[f"{name}/{p}"] for p in ("defective", "good", "region_share", "region_count")
                ]
                pixels = tuple(
                    BinnedPixels(d, g, share, float(count))
                    for d, g, share, count in zip(*stacked, strict=True)
                )
            products[name] = ProductCell(arrays[f"{name}/is_defect"], arrays[f"{name}/scores"], pixels)
    return Cell(key, tuple(ResultRow(**row) for row in text["figures"]), products, text["seconds"])


Painted = list[tuple[Judged, NDArray[np.bool_]]]


def _pixel_figures(painted: Painted) -> PixelFigures | None:
    metrics = PixelMetrics()
    for one, mask in painted:
        metrics.add(one.pixels, mask)
    return metrics.result() if metrics.has_both_kinds else None


def _binned(painted: Painted) -> tuple[BinnedPixels, ...]:
    """Half of the bins are quantiles of all pixels, half of the painted ones."""
    if not any(mask.any() for _, mask in painted):
        return ()
    everything = np.sort(np.concatenate([one.pixels.ravel()[::7] for one, _ in painted]))
    defective = np.sort(np.concatenate([one.pixels[mask] for one, mask in painted]))
    ranks = (np.arange(BINS // 2) + 0.5) / (BINS // 2)
    edges = [np.quantile(values, ranks).astype(np.float32) for values in (everything, defective)]
    inner = np.sort(np.concatenate(edges))[1:]
    return tuple(bin_pixels(one.pixels, mask, inner) for one, mask in painted)


def _row(
    key: CellKey,
    product: str,
    scores: NDArray[np.float64],
    is_defect: NDArray[np.bool_],
    pixels: PixelFigures | None,
) -> ResultRow:
    both = bool(is_defect.any()) and not bool(is_defect.all())
    return ResultRow(
        product,
        key.seen,
        key.seed,
        key.row,
        auroc(scores, is_defect) if both else None,
        average_precision(scores, is_defect) if both else None,
        f1_max(scores, is_defect) if both else None,
        pixels.auroc.value if pixels else None,
        pixels.average_precision.value if pixels else None,
        pixels.f1_max.value if pixels else None,
        pixels.pro.value if pixels else None,
    )
