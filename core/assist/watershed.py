"""Drafts of a defect from a rough stroke: watershed of the image's gradient, at several reaches.

Flooding from markers: Meyer and Beucher, Morphological segmentation, 1990. The stroke is one marker, all that lies
farther from it than the reach is the other. Which reach is right depends on the defect, so all are computed; the one
whose outline is the steepest is proposed first.

Shapes in this file
    H, W  pixels of the image      h, w  pixels of the region worked on
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import rgb2lab
from skimage.segmentation import watershed

from core.assist.region import Mask, Region, region_around

REACHES = (2, 3, 4, 6, 9, 13, 20, 30, 45, 70)  # px of the region: how far from the stroke its defect may end
SMOOTHING = 1.0  # px, of the gradient


@dataclass(frozen=True, eq=False)
class Drafts:
    """What the defect may be, from small to large."""

    region: Region  # where in the image the masks lie
    basins: tuple[Mask, ...]  # each (h, w)
    own: Mask  # (bottom - top, right - left) what was drawn, a part of every mask
    proposed: int  # the one with the steepest outline

    def mask(self, number: int) -> Mask:
        """(bottom - top, right - left) one of them in pixels of the image: of a large image all at once are a lot."""
        return self.region.back(self.basins[number]) | self.own

    @property
    def masks(self) -> tuple[Mask, ...]:
        """All of them."""
        return tuple(self.mask(number) for number in range(len(self.basins)))


def drafts_of(image: NDArray[np.uint8], stroke: Mask) -> Drafts:
    """Return drafts of the defect that a stroke was drawn on; each holds the stroke.

    Args:
        image: (H, W, 3). stroke: (H, W), a line or a single pixel.

    Raises:
        EmptyStrokeError: nothing was drawn.
    """
    region = region_around(stroke)
    marks, slope = region.marks(stroke), steepness(lab_of(region.picture(image)))
    return drafts_from(region, stroke, slope, floods(slope, marks, ndimage.distance_transform_edt(~marks)))


def drafts_from(region: Region, stroke: Mask, slope: NDArray[np.float32], basins: Sequence[Mask]) -> Drafts:
    """Return the drafts that the basins of all reaches make, as in `drafts_of`."""
    found: list[Mask] = []
    for basin in basins:
        if not found or (basin != found[-1]).any():
            found.append(basin)
    own = stroke[region.top : region.bottom, region.left : region.right]
    return Drafts(region, tuple(found), own, int(np.argmax(contrasts(slope, found))))


def floods(slope: NDArray[np.float32], marks: Mask, away: NDArray[np.floating]) -> list[Mask]:
    """Basins of the marks, one for each reach that leaves something outside."""
    reaches = [reach for reach in REACHES if reach == REACHES[0] or (away > reach).any()]
    return [_flooded(slope, marks, away, reach) for reach in reaches]


def lab_of(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w, 3) in CIELAB."""
    return np.asarray(rgb2lab(picture), dtype=np.float32)


def steepness(lab: NDArray[np.float32], smoothing: float = SMOOTHING) -> NDArray[np.float32]:
    """(h, w, 3) -> (h, w): how fast the colour changes, in CIELAB units per pixel."""
    squares = [ndimage.gaussian_gradient_magnitude(lab[..., channel], smoothing) ** 2 for channel in range(3)]
    return np.sqrt(np.sum(squares, axis=0, dtype=np.float32))


def _flooded(slope: NDArray[np.float32], marks: Mask, away: NDArray[np.floating], reach: int) -> Mask:
    basin = np.zeros_like(marks)
    rows, columns = np.nonzero(marks)
    margin = reach + 2
    near = (
        slice(max(0, int(rows.min()) - margin), int(rows.max()) + margin + 1),
        slice(max(0, int(columns.min()) - margin), int(columns.max()) + margin + 1),
    )
    markers = (2 * (away[near] > reach)).astype(np.int32)
    markers[marks[near]] = 1
    basin[near] = watershed(slope[near], markers, mask=away[near] <= margin) == 1
    return basin


def contrasts(slope: NDArray[np.float32], basins: Sequence[Mask]) -> NDArray[np.float64]:
    """How steep the outline of each basin is."""
    return np.array([_outline(slope, basin) for basin in basins])


def _outline(slope: NDArray[np.float32], basin: Mask) -> float:
    """Mean slope along the inner border of a basin."""
    return float(slope[basin & ~ndimage.binary_erosion(basin)].mean())
