"""Greedy k-centre: the coreset that keeps the largest distance of any patch to its nearest row small (eq. 3).

Shapes in this file
    N  points      d  dimensions after projection      B  points of a block      P  picks of one round
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from core.progress import Progress, Report, silent

BLOCK = 2_048
ROWS_AT_ONCE = 65_536


class CoresetError(ValueError):
    """More rows were asked for than there are points; the message gives both numbers."""


@dataclass(frozen=True, eq=False)
class Coreset:
    """Which points were picked, in order, and how far the others are from them."""

    picks: Tensor  # (M,) int64, in the order of picking
    radius: float  # largest distance of a point to its nearest pick


def random_projection(channels: int, dimensions: int, generator: torch.Generator) -> Tensor:
    """(C, d) Gaussian Johnson-Lindenstrauss matrix: distances are kept in expectation."""
    return torch.randn(channels, dimensions, generator=generator) / math.sqrt(dimensions)


def greedy_k_centre(
    points: Tensor, count: int, *, chosen: Tensor | None = None, report: Report = silent
) -> Coreset:
    """Pick `count` points, each the farthest from all picked before (ties: the lowest index).

    The picks are exactly those of the one-at-a-time loop. A block of the B farthest points is searched greedily on its
    own while its best value stays above the block's smallest: distances only fall, so no point outside can be
    farther. All picks of a block are then applied to all points in one matrix product.

    Args:
        points: (N, d) float32.
        count: rows to pick; fewer come back once every point coincides with a pick.
        chosen: (M0, d) rows picked earlier; picking goes on from them. None: start at the point nearest the mean.

    Raises:
        CoresetError: count is not within 1..N.
    """
    total = points.shape[0]
    if not 1 <= count <= total:
        raise CoresetError(f"asked for {count} rows of {total} points")
    norms = _squared_lengths(points, None)
    vanishing = 1e-6 * float(norms.mean().clamp(min=1e-30))
    farthest = torch.full((total,), torch.inf, device=points.device)  # squared distance to the nearest pick
    picks: list[int] = []
    if chosen is None or chosen.shape[0] == 0:
        first = int(_squared_lengths(points, points.mean(0)).argmin())
        picks.append(first)
        _apply(points, norms, farthest, points[first : first + 1])
    else:
        for start in range(0, chosen.shape[0], BLOCK):
            _apply(points, norms, farthest, chosen[start : start + BLOCK])
    while len(picks) < count:
        new = _pick_in_block(points, norms, farthest, count - len(picks), vanishing)
        if not new:
            break
        picks.extend(new)
        _apply(points, norms, farthest, points[new])
        report(Progress("Choosing what to remember", len(picks), count))
    return Coreset(torch.tensor(picks, dtype=torch.int64), math.sqrt(max(float(farthest.max()), 0.0)))


def _squared_lengths(points: Tensor, origin: Tensor | None) -> Tensor:
    """(N,) squared distance of each point to `origin` (d,), block by block: no second copy of the points."""
    lengths = points.new_empty(len(points))
    for start in range(0, len(points), ROWS_AT_ONCE):
        part = points[start : start + ROWS_AT_ONCE]
        lengths[start : start + ROWS_AT_ONCE] = (part if origin is None else part - origin).square().sum(1)
    return lengths


def _pick_in_block(
    points: Tensor, norms: Tensor, farthest: Tensor, wanted: int, vanishing: float
) -> list[int]:
    """Return the next picks that one-at-a-time greedy would make, as long as this block can tell."""
    size = min(BLOCK, points.shape[0])
    values, block = farthest.topk(size)
    threshold = float(values[-1]) if size < points.shape[0] else -1.0
    if float(values[0]) <= vanishing:
        return []
    if float(values[0]) == threshold:  # all tied: only the lowest index is certain
        return [int((farthest == values[0]).nonzero()[0])]
    block, order = block.sort()  # ascending index, so that argmax resolves ties as the plain loop does
    values = values[order]
    rows = points[block]
    gram = norms[block][:, None] + norms[block][None, :] - 2 * rows @ rows.T  # (B, B) squared distances
    picks: list[int] = []
    while len(picks) < wanted:
        best = int(values.argmax())
        if float(values[best]) <= max(threshold, vanishing):
            break
        picks.append(int(block[best]))
        values = torch.minimum(values, gram[best].clamp(min=0))
        values[best] = 0.0
    return picks


def _apply(points: Tensor, norms: Tensor, farthest: Tensor, rows: Tensor) -> None:
    """Lower every point's squared distance to the nearest pick by the new rows: (P, d)."""
    row_norms = rows.square().sum(1)
    step = max(1, 16_000_000 // max(1, rows.shape[0]))
    for start in range(0, points.shape[0], step):
        part = slice(start, start + step)
        products = torch.addmm(row_norms, points[part], rows.T, beta=1, alpha=-2)  # (n, P)
        nearest = products.amin(dim=1).add_(norms[part]).clamp_(min=0)
        torch.minimum(farthest[part], nearest, out=farthest[part])
    # A pick's own distance is 0 but for rounding; a later round must never pick it again.
    farthest[farthest < 1e-7 * norms] = 0.0
