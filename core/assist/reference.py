"""The reference brush: a draft of a defect from one click or a rough stroke, by what the pixels under it look like.

Every pixel near the marks gets a likelihood to belong to the same defect (`core.assist.opinion`): how its colour, lines
and grain resemble those under the marks rather than those around, whether the model finds it as far from good parts, and
which edges lie between. Masks at several likelihoods follow, from small to large; proposed is the one whose expected
intersection over union is the largest: with likelihoods p that is sum of p inside / (pixels inside + sum of p outside).

Shapes in this file
    H, W  pixels of the image      h, w  pixels of the region worked on
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.assist.cues import Plane, Scene, joined
from core.assist.opinion import opinions
from core.assist.region import Mask, Region, region_around
from core.assist.watershed import Drafts
from core.heatmap import SMOOTHING

HOTTEST = 1000.0  # times the reject limit; a score may be anything where all good parts are the same
LEVELS = tuple(np.arange(0.9, 0.05, -0.07).round(2).tolist())  # likelihoods at which a mask may end


def brush_drafts(image: NDArray[np.uint8], stroke: Mask, heat: Plane | None) -> Drafts:
    """Return drafts of the defect that a stroke or a click was drawn on; each holds the stroke.

    Args:
        image: (H, W, 3). stroke: (H, W), a line or a single pixel.
        heat: (H0, W0) patch scores of the model in use, 1 at its reject limit. None: there is none.

    Raises:
        EmptyStrokeError: nothing was drawn.
    """
    region = region_around(stroke)
    scene = scene_of(image, stroke, heat, region)
    return drafts_at(opinions().likelihood(scene), scene.marks, region, stroke)


def drafts_at(likelihood: Plane, marks: Mask, region: Region, stroke: Mask) -> Drafts:
    """Return what hangs together with the marks above each of LEVELS; proposed is what overlaps most, as expected."""
    found: list[Mask] = []
    for level in LEVELS:
        basin = joined(likelihood >= level, marks)
        if not found or (basin != found[-1]).any():
            found.append(basin)
    best = int(np.argmax([expected_overlap(likelihood, basin) for basin in found]))
    own = stroke[region.top : region.bottom, region.left : region.right]
    return Drafts(region, tuple(found), own, best)


def scene_of(image: NDArray[np.uint8], stroke: Mask, heat: Plane | None, region: Region) -> Scene:
    """Return the region of the image, the stroke and the heatmap as the cues take them."""
    return Scene(
        region.picture(image),
        region.marks(stroke),
        None if heat is None else _piece(heat, stroke.shape, region),
    )


def expected_overlap(likelihood: Plane, mask: Mask) -> float:
    """Intersection over union to be expected of a mask with the true one."""
    inside = float(likelihood[mask].sum())
    return inside / (int(mask.sum()) + float(likelihood.sum()) - inside)


def _piece(heat: Plane, size: tuple[int, ...], region: Region) -> Plane:
    """(H0, W0) of the whole image -> (h, w) of the region, bilinearly and as smooth as the heatmap a person sees."""
    down, across = heat.shape[0] / size[0], heat.shape[1] / size[1]
    box = (region.left * across, region.top * down, region.right * across, region.bottom * down)
    finite = np.nan_to_num(heat.astype(np.float32), posinf=HOTTEST, neginf=0.0).clip(max=HOTTEST)
    soft = ndimage.gaussian_filter(finite, SMOOTHING * np.array(heat.shape), mode="nearest")
    piece = Image.fromarray(soft)
    return np.asarray(piece.resize((region.width, region.height), Image.Resampling.BILINEAR, box=box))
