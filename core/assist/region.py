"""Where an assist works: a piece of the image around the stroke, small enough to be quick.

Shapes in this file
    H, W  pixels of the image      h, w  pixels of the region as worked on, at most SIDE each
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Mask = NDArray[np.bool_]
SIDE = 256  # px, longest side worked on
LEAST_MARGIN = 48  # px of the image around a stroke
CLICK = (
    12  # px; what extends no farther says nothing of the size of the defect: all of the image is looked at
)


class EmptyStrokeError(ValueError):
    """Nothing was drawn, so there is nothing to start from."""


@dataclass(frozen=True)
class Region:
    """A rectangle of the image, rows `top` to `bottom` and columns `left` to `right`, worked on as `height` x `width`."""

    top: int
    bottom: int
    left: int
    right: int
    height: int
    width: int

    def picture(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(H, W, 3) -> (h, w, 3)."""
        piece = Image.fromarray(np.ascontiguousarray(image[self._window]))
        return np.array(piece.resize((self.width, self.height), Image.Resampling.BOX))

    def marks(self, stroke: Mask) -> Mask:
        """(H, W) -> (h, w); a thin stroke stays in one piece."""
        rows, columns = np.nonzero(stroke[self._window])
        marks = np.zeros((self.height, self.width), dtype=np.bool_)
        marks[
            rows * self.height // (self.bottom - self.top), columns * self.width // (self.right - self.left)
        ] = True
        return marks

    def back(self, mask: Mask) -> Mask:
        """(h, w) -> (bottom - top, right - left) pixels of the image."""
        size = (self.right - self.left, self.bottom - self.top)
        if size == (self.width, self.height):
            return mask
        whole = np.zeros((size[1], size[0]), dtype=np.bool_)
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if len(rows) == 0:
            return whole
        first_y, end_y = _stretched(
            rows, self.height, size[1]
        )  # nothing is True outside: most of it is left out
        first_x, end_x = _stretched(columns, self.width, size[0])
        down, across = self.height / size[1], self.width / size[0]
        box = (first_x * across, first_y * down, end_x * across, end_y * down)
        bright = Image.fromarray(mask.astype(np.uint8) * 255)
        piece = bright.resize((end_x - first_x, end_y - first_y), Image.Resampling.BILINEAR, box=box)
        whole[first_y:end_y, first_x:end_x] = np.asarray(piece) > 127
        return whole

    def is_cut(self, mask: Mask, size: tuple[int, ...]) -> bool:
        """Whether a mask (bottom - top, right - left) reaches a border of the region that is none of the image (H, W)."""
        inner = (self.top > 0, self.bottom < size[0], self.left > 0, self.right < size[1])
        edges = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
        return any(is_inner and edge.any() for is_inner, edge in zip(inner, edges, strict=True))

    @property
    def _window(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)


def _stretched(places: NDArray[np.intp], worked_on: int, pixels: int) -> tuple[int, int]:
    """Where in `pixels` something may be of what lies at these places of `worked_on`."""
    first = int((places[0] - 1) * pixels / worked_on)
    end = int(np.ceil((places[-1] + 2) * pixels / worked_on))
    return max(0, first), min(pixels, end)


def region_around(stroke: Mask, click_margin: int | None = None) -> Region:
    """Return the region of a stroke: its surroundings, or the whole image for a click.

    Args:
        click_margin: px around a click that are looked at instead of the whole image.

    Raises:
        EmptyStrokeError
    """
    rows, columns = np.nonzero(stroke)
    if len(rows) == 0:
        raise EmptyStrokeError("nothing was drawn")
    extent = int(max(np.ptp(rows), np.ptp(columns))) + 1
    around_click = max(*stroke.shape) if click_margin is None else click_margin
    margin = around_click if extent <= CLICK else max(LEAST_MARGIN, extent)
    top, bottom = max(0, int(rows.min()) - margin), min(stroke.shape[0], int(rows.max()) + margin + 1)
    left, right = max(0, int(columns.min()) - margin), min(stroke.shape[1], int(columns.max()) + margin + 1)
    scale = min(1.0, SIDE / max(bottom - top, right - left))
    height, width = (max(1, round(scale * side)) for side in (bottom - top, right - left))
    return Region(top, bottom, left, right, height, width)
