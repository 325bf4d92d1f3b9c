"""Tiny parts for tests: a speckled grey square, with a dark spot where it is defective."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 64  # px


@dataclass(frozen=True, eq=False)
class Part:
    png: bytes
    mask: NDArray[np.bool_]  # (SIDE, SIDE)


def part(seed: int, spot: int = 0, grey: int = 140, stripes: bool = False) -> Part:
    """Render one part.

    Args:
        spot: radius of the dark spot in px; 0: a good part.
        stripes: another product: stripes instead of speckles.
    """
    rng = np.random.default_rng(seed)
    pixels = np.full((SIDE, SIDE), float(grey)) + rng.normal(0, 6, (SIDE, SIDE))
    if stripes:
        pixels += 25 * np.sin(np.arange(SIDE) / 3)[None, :]
    y, x = np.mgrid[:SIDE, :SIDE]
    centre = rng.integers(18, SIDE - 18, 2)
    mask = (y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= spot**2 if spot else np.zeros((SIDE, SIDE), bool)
    pixels[mask] -= 90
    return Part(png(np.clip(pixels, 0, 255).astype(np.uint8)), mask)


def png(pixels: NDArray[np.uint8], file_format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format=file_format, **options)
    return buffer.getvalue()
