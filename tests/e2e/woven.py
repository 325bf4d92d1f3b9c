"""Parts whose defect a first model tends to pass: a faint ripple within the speckles."""

import numpy as np
from numpy.typing import NDArray

from tests.services.parts import SIDE, Part, png

RADIUS = 7  # px, of the ripple
LEVELS = 6  # of 255 grey levels


def rippled(number: int) -> Part:
    rng = np.random.default_rng(1065 + number)
    pixels = np.full((SIDE, SIDE), 140.0) + rng.normal(0, 6, (SIDE, SIDE))
    y, x = np.mgrid[:SIDE, :SIDE]
    centre = rng.integers(18, SIDE - 18, 2)
    mask: NDArray[np.bool_] = (y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= RADIUS**2
    pixels[mask] += LEVELS * np.sin((x + y) / 1.2)[mask]
    return Part(png(np.clip(pixels, 0, 255).astype(np.uint8)), mask)


def centre_of(part: Part) -> tuple[float, float]:
    """Where the defect is, (x, y) px."""
    rows, columns = np.nonzero(part.mask)
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5
