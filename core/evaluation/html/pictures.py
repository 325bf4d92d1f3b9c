"""Pictures of judged images: the part with its painted outline, and the same part under its heatmap."""

from __future__ import annotations

import base64
import io
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.segmentation import find_boundaries

from core.datasets import read_mask, read_pixels
from core.detector import LIMIT
from core.evaluation.shortlist import MISS, unpack_map
from core.heatmap import colour, pixel_map

SIDE = 172  # px, the longer side
OUTLINE = (0, 240, 255)
Pixels = NDArray[np.uint8]  # (H, W, 3)


def picture(entry: dict[str, Any], root: Path) -> str:
    """Return one entry of a run's shortlist: two pictures side by side and what was said of them."""
    pixels = read_pixels(root / entry["path"])
    mask = read_mask(root / entry["mask"], pixels.shape[:2]) if entry["mask"] else None
    small = _reduced(pixels)
    heat = colour(pixel_map(unpack_map(entry["map"]), small.shape[:2]))
    alpha = 0.75 * heat[:, :, 3:].astype(np.float32) / 255
    overlaid = ((1 - alpha) * small + alpha * heat[:, :, :3]).astype(np.uint8)
    call = "reject" if entry["score"] > LIMIT else "pass"
    kind = entry["defect_type"] or "good"
    words = f"{Path(entry['path']).name} · {kind} · {entry['score']:.2f} → {call}"
    wrong = (call == "pass") == (entry["kind"] == MISS)
    return (
        f'<figure class="{"wrong" if wrong else "right"}"><div>{_img(_outlined(small, mask), kind)}'
        f"{_img(overlaid, 'heatmap')}</div><figcaption>{escape(words)}</figcaption></figure>"
    )


def _reduced(pixels: Pixels) -> Pixels:
    image = Image.fromarray(pixels)
    scale = SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def _outlined(pixels: Pixels, mask: NDArray[np.bool_] | None) -> Pixels:
    """Draw the outline of a mask of any size just outside of it."""
    if mask is None:
        return pixels
    height, width, _ = pixels.shape
    share = Image.fromarray(mask.astype(np.uint8) * 255).resize((width, height), Image.Resampling.BOX)
    drawn = pixels.copy()
    drawn[find_boundaries(np.asarray(share) > 0, mode="outer")] = OUTLINE
    return drawn


def _img(pixels: Pixels, words: str) -> str:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=82)
    text = base64.b64encode(data.getvalue()).decode("ascii")
    height, width, _ = pixels.shape
    return (
        f'<img alt="{escape(words)}" width="{width}" height="{height}" src="data:image/jpeg;base64,{text}">'
    )
