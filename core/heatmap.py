"""Patch scores -> heatmap: smooth, enlarge, colour on one fixed scale. Needs no torch.

Shapes in this file
    H0, W0  patch grid      H, W  pixels of the heatmap
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.color import lab2rgb
from skimage.filters import gaussian

SMOOTHING = 4.0 / 256  # sigma of the smoothing as a share of the image's side (section 3.4)
ALONE = 2**18  # multiplications that numpy carries out in one thread
SCALE_END = 2.0  # scores from 0 (median good patch) over 1 (reject limit) to 2 share one colour scale


def pixel_map(patch_scores: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Enlarge (H0, W0) patch scores bilinearly to `size` (H, W) and smooth, sigma = 4 px at 256 px.

    Smoothing happens at no more than 256 px and is enlarged with the rest: the same picture, at bounded cost. All of it
    is linear and works along one axis at a time, so that it is two small matrix products.
    """
    scores = np.ascontiguousarray(patch_scores, dtype=np.float32)
    down = _enlargement(scores.shape[0], size[0])  # (H, H0)
    across = _enlargement(scores.shape[1], size[1])  # (W, W0)
    return _product(down, _product(scores, np.ascontiguousarray(across.T)))


def _product(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """Matrix product in parts too small for numpy to share out: on a busy machine waking threads takes longer."""
    result = np.empty((left.shape[0], right.shape[1]), dtype=np.float32)
    rows = max(1, ALONE // right.size)
    for start in range(0, len(left), rows):
        np.dot(left[start : start + rows], right, out=result[start : start + rows])
    return result


@lru_cache(maxsize=32)
def _enlargement(cells: int, pixels: int) -> NDArray[np.float32]:
    """(pixels, cells) matrix that enlarges and smooths along one axis: what becomes of each cell alone."""
    working = min(pixels, 256)
    alone = np.eye(cells, dtype=np.float32)
    smooth = gaussian(_stretched(alone, working), sigma=(SMOOTHING * working, 0), mode="nearest")
    return smooth if working == pixels else _stretched(smooth, pixels)


def _stretched(columns: NDArray[np.float32], height: int) -> NDArray[np.float32]:
    """Resize each column of (n, W) to `height` bilinearly."""
    picture = Image.fromarray(np.ascontiguousarray(columns, dtype=np.float32))
    size = (columns.shape[1], height)
    return np.asarray(picture.resize(size, Image.Resampling.BILINEAR), dtype=np.float32)


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
