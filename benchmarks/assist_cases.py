"""What the assist benchmark draws: a stroke and a click for every connected defect of a mask."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

Mask = NDArray[np.bool_]

STROKE_SHARE = 0.7  # of the skeleton
LEAST_AREA = 25  # px; smaller specks of a mask are no case
EIGHT = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True, eq=False)
class Case:
    """One connected defect and what a person would draw on it. All (H, W)."""

    truth: Mask
    stroke: Mask  # 1 px wide
    click: Mask  # one pixel


def cases(mask: Mask) -> Iterator[Case]:
    """Give a case for every 8-connected part of at least LEAST_AREA pixels."""
    labels, count = ndimage.label(mask, EIGHT)
    for number in range(1, count + 1):
        truth = labels == number
        if truth.sum() >= LEAST_AREA:
            yield Case(truth, *_drawn(truth))


def _drawn(truth: Mask) -> tuple[Mask, Mask]:
    depth = ndimage.distance_transform_edt(np.pad(truth, 1))[1:-1, 1:-1]
    thickest = np.unravel_index(int(np.argmax(depth)), truth.shape)
    click = np.zeros_like(truth)
    click[thickest] = True
    skeleton = skeletonize(truth)
    return _nearest_share(skeleton, depth), click


def _nearest_share(skeleton: Mask, depth: NDArray[np.float64]) -> Mask:
    """Keep STROKE_SHARE of the skeleton in one piece: along it, nearest to its thickest point."""
    start = np.unravel_index(int(np.argmax(np.where(skeleton, depth, -1))), skeleton.shape)
    wanted = max(1, round(STROKE_SHARE * int(skeleton.sum())))
    kept = np.zeros_like(skeleton)
    waiting = deque([(int(start[0]), int(start[1]))])
    met = {waiting[0]}
    while waiting and wanted > 0:
        row, column = waiting.popleft()
        kept[row, column] = True
        wanted -= 1
        for y in range(max(0, row - 1), min(skeleton.shape[0], row + 2)):
            for x in range(max(0, column - 1), min(skeleton.shape[1], column + 2)):
                if skeleton[y, x] and (y, x) not in met:
                    met.add((y, x))
                    waiting.append((y, x))
    return kept
