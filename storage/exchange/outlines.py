"""Masks as polygons and back. Corners lie on pixel corners, so a region without holes comes back to the pixel."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from storage.exchange.labels import ExchangeError, Mask

Polygon = NDArray[np.float64]  # (K, 2) x, y in pixels; pixel (0, 0) covers 0..1


def outlines(mask: Mask) -> tuple[Polygon, ...]:
    """Return the outer outline of each 4-connected region of an (H, W) mask; holes have no outline here."""
    return tuple(ring for ring in _rings(mask) if _area(ring) > 0)


def fill(polygons: Sequence[Polygon], size: tuple[int, int]) -> Mask:
    """Return (H, W) True where a pixel's centre lies in any of the polygons (each by the even-odd rule)."""
    mask = np.zeros(size, bool)
    for polygon in polygons:
        mask |= _fill_one(np.asarray(polygon, np.float64), size)
    return mask


def without_holes(mask: Mask) -> Mask:
    """Return the mask as polygons keep it."""
    return fill(outlines(mask), (mask.shape[0], mask.shape[1]))


def from_pairs(numbers: Sequence[object], what: str) -> Polygon:
    """Return x, y, x, y, … as a polygon.

    Raises:
        ExchangeError: fewer than three points, an odd count, or something that is no finite number.
    """
    if len(numbers) < 6 or len(numbers) % 2:
        raise ExchangeError(f"A polygon of {what} has {len(numbers)} numbers; it needs an even count from 6.")
    try:
        points = np.array([float(str(number)) for number in numbers]).reshape(-1, 2)
    except ValueError as error:
        raise ExchangeError(f"A polygon of {what} holds something that is no number.") from error
    if not np.isfinite(points).all() or np.abs(points).max() > 1e6:
        raise ExchangeError(f"A polygon of {what} has a corner that is no sensible number.")
    return points


def _rings(mask: Mask) -> list[Polygon]:
    """Follow the edges between True and False, inside on the right; where two rings touch they stay apart."""
    padded = np.pad(mask, 1)
    inside = padded[1:-1, 1:-1]
    following: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for outside, start, end in (
        (padded[:-2, 1:-1], (0, 0), (1, 0)),  # above: left to right
        (padded[1:-1, 2:], (1, 0), (1, 1)),  # right: downwards
        (padded[2:, 1:-1], (1, 1), (0, 1)),  # below: right to left
        (padded[1:-1, :-2], (0, 1), (0, 0)),  # left: upwards
    ):
        for y, x in np.argwhere(inside & ~outside).tolist():
            following[x + start[0], y + start[1]].append((x + end[0], y + end[1]))
    rings = []
    while following:
        rings.append(_one_ring(following))
    return rings


def _one_ring(following: defaultdict[tuple[int, int], list[tuple[int, int]]]) -> Polygon:
    start = at = next(iter(following))
    step, corners = (0, 0), []
    while True:
        choices = following[at]
        right = (at[0] - step[1], at[1] + step[0])
        there = choices.pop(choices.index(right) if right in choices else 0)
        if not choices:
            del following[at]
        moved = (there[0] - at[0], there[1] - at[1])
        if moved != step:
            corners.append(at)
        at, step = there, moved
        if at == start:
            return np.array(corners, np.float64)


def _area(ring: Polygon) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def _fill_one(polygon: Polygon, size: tuple[int, int]) -> Mask:
    """Count for every pixel's centre the edges to its left."""
    height, width = size
    crossed = np.zeros((height, width + 1), np.int32)
    for (x1, y1), (x2, y2) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        top, bottom = sorted((y1, y2))
        rows = np.arange(max(0, int(np.ceil(top - 0.5))), min(height, int(np.ceil(bottom - 0.5))))
        if not rows.size:
            continue
        x = x1 + (rows + 0.5 - y1) * (x2 - x1) / (y2 - y1)
        np.add.at(crossed, (rows, np.clip(np.ceil(x - 0.5), 0, width).astype(int)), 1)
    return (np.cumsum(crossed[:, :-1], axis=1) % 2).astype(bool)
