"""Patch scores -> heatmap: smooth, enlarge, colour on one fixed scale. Needs no torch.

Shapes in this file
    H0, W0  patch grid      H, W  pixels of the heatmap
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.color import lab2rgb
from skimage.filters import gaussian

SMOOTHING = 4.0 / 256  # sigma of the smoothing as a share of the image's side (section 3.4)
SCALE_END = 2.0  # scores from 0 (median good patch) over 1 (reject limit) to 2 share one colour scale


def pixel_map(patch_scores: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Enlarge (H0, W0) patch scores bilinearly to `size` (H, W) and smooth, sigma = 4 px at 256 px.

    Smoothing happens at no more than 256 px and is enlarged with the rest: the same picture, at bounded cost.
    """
    height, width = size
    working = (min(height, 256), min(width, 256))
    smooth = _resize(patch_scores, working)
    sigma = (SMOOTHING * working[0], SMOOTHING * working[1])
    smooth = gaussian(smooth, sigma=sigma, mode="nearest", preserve_range=True).astype(np.float32)
    return smooth if working == size else _resize(smooth, size)


def _resize(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    image = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    return np.asarray(image.resize((size[1], size[0]), Image.Resampling.BILINEAR), dtype=np.float32)


@cache
def colour_table() -> NDArray[np.uint8]:
    """(256, 3): dark violet to light yellow; lightness rises evenly, so equal steps look equal, in grey too."""
    step = np.linspace(0.0, 1.0, 256)
    hue = np.deg2rad(-70.0 + 160.0 * step)  # violet over red to yellow
    chroma = 30.0 + 45.0 * np.sin(np.pi * np.clip(step * 1.05, 0, 1))
    lab = np.stack([12.0 + 82.0 * step, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)
    return (np.clip(lab2rgb(lab[None])[0], 0, 1) * 255).round().astype(np.uint8)


def colour(heatmap: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(H, W) scores -> (H, W, 4) RGBA. Transparent at 0, more opaque towards the limit; never scaled per image."""
    share = np.clip(heatmap / SCALE_END, 0, 1)
    rgb = colour_table()[(share * 255).astype(np.uint8)]
    alpha = (np.clip(heatmap / 1.0, 0, 1) * 255).astype(np.uint8)
    return np.dstack([rgb, alpha])
