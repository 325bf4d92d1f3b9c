"""Render stored patch scores: overlay and limit contour, on the one fixed colour scale."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from skimage.measure import approximate_polygon, find_contours

from core.heatmap import colour, pixel_map
from storage.records import Image, Score

OVERLAY_SIDE = 1024  # px, longest side of an overlay
CONTOUR_SIDE = 256  # px, longest side on which the contour is traced

Polyline = tuple[tuple[float, float], ...]  # (x, y) in pixels of the image


def overlay_png(score: Score, image: Image) -> bytes:
    """Return an RGBA PNG with the image's proportions, at most 1024 px long."""
    return render_grid(patch_scores(score), (image.height, image.width))


def render_grid(grid: NDArray[np.float32], size: tuple[int, int]) -> bytes:
    """Return an RGBA PNG of an (H0, W0) grid for an image of `size` (H, W), at most 1024 px long."""
    pixels = colour(pixel_map(grid, _fitted(size, OVERLAY_SIDE)))
    buffer = io.BytesIO()
    Picture.fromarray(pixels).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def limit_contour(score: Score, image: Image) -> tuple[Polyline, ...]:
    """Return where the heatmap crosses the reject limit, as lines in image pixels."""
    height, width = _fitted((image.height, image.width), CONTOUR_SIDE)
    heat = np.pad(pixel_map(patch_scores(score), (height, width)), 1, constant_values=-np.inf)
    heat[~np.isfinite(heat)] = min(0.0, float(heat[1:-1, 1:-1].min()))
    across, down = image.width / width, image.height / height
    lines = [approximate_polygon(line, 0.5) for line in find_contours(heat, score.limit)]
    return tuple(
        tuple((round(float(x - 0.5) * across, 1), round(float(y - 0.5) * down, 1)) for y, x in line)
        for line in lines
    )


def patch_scores(score: Score) -> NDArray[np.float32]:
    """Return the stored grid, (H0, W0)."""
    grid = np.frombuffer(score.patch_scores, dtype=np.float16)
    return grid.reshape(score.grid_height, score.grid_width).astype(np.float32)


def _fitted(size: tuple[int, int], long_side: int) -> tuple[int, int]:
    share = min(1.0, long_side / max(size))
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))
