"""Filter: painted mask -> which patches are anomalous, normal, or to be left alone (section 3.1, eq. 2).

Shapes in this file
    H, W  the image's own pixels      H0, W0  patch grid      N = H0 * W0
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label
from skimage.morphology import dilation, footprint_rectangle

Grid = NDArray[np.bool_]  # (H0, W0)


@dataclass(frozen=True, eq=False)
class FilteredCells:
    """What a mask says about each patch. A cell is in at most one of the two; the others are ignored."""

    anomalous: Grid  # (H0, W0)
    normal: Grid  # (H0, W0), empty unless the painting is complete
    coverage: NDArray[np.float32]  # (H0, W0) share of the cell that is painted, 0..1
    region: NDArray[np.int32]  # (H0, W0) connected region of an anomalous cell, from 1; 0 elsewhere


def filter_mask(
    mask: NDArray[np.bool_],
    grid: tuple[int, int],
    *,
    ignore: NDArray[np.bool_] | None = None,
    complete: bool = False,
    threshold: float = 0.25,
    mode: str = "coverage",
) -> FilteredCells:
    """Decide which patches a painted mask makes anomalous.

    A cell is anomalous if at least `threshold` of it is painted; so is the best-covered cell of each connected
    region, so that no painted defect is ever lost. Partly covered cells and a ring of one cell are left alone.

    Args:
        mask: (H, W), True on the defect, at the image's own size.
        ignore: (H, W), True where the person says "leave this alone"; wins over `mask`.
        complete: True if every defect is painted, so that the rest of the image may serve as normal.
        mode: "coverage"; "bilinear": the paper's resizing, which loses small defects; "none": every cell of the
            image counts as anomalous (the paper's ablation).
    """
    coverage = cell_coverage(mask, grid)
    if mode == "none":
        anomalous = np.ones(grid, dtype=np.bool_) if mask.any() else np.zeros(grid, dtype=np.bool_)
    elif mode == "bilinear":
        anomalous = _bilinear(mask, grid) >= 0.5
    else:
        anomalous = (coverage >= threshold) | _best_cells(mask, grid, coverage)
    ring = dilation(anomalous, footprint_rectangle((3, 3)))
    untouched = (coverage > 0) | ring
    if ignore is not None and ignore.any():
        ignored = cell_coverage(ignore, grid) > 0.5
        anomalous &= ~ignored
        untouched |= cell_coverage(ignore, grid) > 0
    normal = ~untouched if complete else np.zeros(grid, dtype=np.bool_)
    region = label(anomalous, connectivity=2).astype(np.int32)
    return FilteredCells(anomalous, normal, coverage, region)


def cell_coverage(mask: NDArray[np.bool_], grid: tuple[int, int]) -> NDArray[np.float32]:
    """Return the exact share of each cell's area that is painted: (H0, W0), also where cells cut pixels apart."""
    rows = _overlap(mask.shape[0], grid[0])  # (H0, H)
    columns = _overlap(mask.shape[1], grid[1])  # (W0, W)
    return (rows @ mask.astype(np.float32) @ columns.T).astype(np.float32)


def _overlap(pixels: int, cells: int) -> NDArray[np.float32]:
    """(cells, pixels): the share of each cell that each pixel makes up along one axis; rows sum to 1."""
    edges = np.arange(cells + 1, dtype=np.float64) * pixels / cells
    pixel = np.arange(pixels, dtype=np.float64)
    low = np.maximum(edges[:-1, None], pixel[None, :])
    high = np.minimum(edges[1:, None], pixel[None, :] + 1)
    return (np.clip(high - low, 0, None) * cells / pixels).astype(np.float32)


def _best_cells(mask: NDArray[np.bool_], grid: tuple[int, int], coverage: NDArray[np.float32]) -> Grid:
    """The best-covered cell of each connected region of the full-resolution mask."""
    best = np.zeros(grid, dtype=np.bool_)
    regions, count = label(mask, connectivity=2, return_num=True)
    if count == 0:
        return best
    ys, xs = np.nonzero(regions)
    cell = (ys * grid[0] // mask.shape[0]) * grid[1] + xs * grid[1] // mask.shape[1]
    # Pixels of each (region, cell) pair; the pair with most pixels wins its region.
    pairs, counts = np.unique(np.stack([regions[ys, xs], cell]), axis=1, return_counts=True)
    order = np.lexsort((pairs[1], -counts, pairs[0]))
    _, first = np.unique(pairs[0][order], return_index=True)
    best.ravel()[pairs[1][order][first]] = True
    return best & (coverage > 0)


def _bilinear(mask: NDArray[np.bool_], grid: tuple[int, int]) -> NDArray[np.float32]:
    """Sample the mask bilinearly at the cells' centres, as a plain resize does."""
    height, width = mask.shape
    ys = (np.arange(grid[0]) + 0.5) * height / grid[0] - 0.5
    xs = (np.arange(grid[1]) + 0.5) * width / grid[1] - 0.5
    y0 = np.clip(np.floor(ys).astype(int), 0, height - 1)
    x0 = np.clip(np.floor(xs).astype(int), 0, width - 1)
    y1, x1 = np.minimum(y0 + 1, height - 1), np.minimum(x0 + 1, width - 1)
    fy, fx = (ys - y0)[:, None], (xs - x0)[None, :]
    values = mask.astype(np.float32)
    top = values[np.ix_(y0, x0)] * (1 - fx) + values[np.ix_(y0, x1)] * fx
    bottom = values[np.ix_(y1, x0)] * (1 - fx) + values[np.ix_(y1, x1)] * fx
    return (top * (1 - fy) + bottom * fy).astype(np.float32)
