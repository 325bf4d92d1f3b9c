"""What every format carries: one image's name, size, and its masks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
MAX_PIXELS = 64_000_000


class ExchangeError(ValueError):
    """A label file, or an entry of one, that can't be used; the message is a sentence for a person."""


@dataclass(frozen=True, eq=False)
class TypedMask:
    defect_type: str
    mask: Mask  # (H, W), True on the defect


@dataclass(frozen=True, eq=False)
class LabelledImage:
    """One image as a format sees it; masks of different types may overlap."""

    name: str
    width: int
    height: int
    layers: tuple[TypedMask, ...]
    ignore: Mask | None = None


def checked_size(width: object, height: object, what: str) -> tuple[int, int]:
    """Return (height, width) of an image as a label file states it.

    Raises:
        ExchangeError: no whole numbers above 0, or more than 64 megapixels.
    """
    if not isinstance(width, int) or not isinstance(height, int) or min(width, height) < 1:
        raise ExchangeError(f"{what} states {width} x {height} pixels; both must be whole numbers above 0.")
    if width * height > MAX_PIXELS:
        raise ExchangeError(f"{what} states {width} x {height} pixels; at most 64 megapixels are read.")
    return height, width
