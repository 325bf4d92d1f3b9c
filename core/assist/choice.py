"""What a stroke or a click may mean by each method, the most trustworthy in front.

A click is best answered by the reference brush: the watershed knows nothing of the size of what was clicked. For a stroke
both have a vote on each pixel: the brush its likelihood, the watershed the share of its reaches that hold the pixel, a
reach counting by the contrast along its outline, so that where there is a clear edge the edge decides.

Shapes in this file
    H, W  pixels of the image      h, w  pixels of the region
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.assist.cues import Plane, Scene
from core.assist.opinion import opinions
from core.assist.reference import drafts_at, scene_of
from core.assist.region import CLICK, Mask, Region, region_around
from core.assist.watershed import Drafts, contrasts, drafts_from

BRUSH_SHARE = 0.5  # of the vote
CLOSE = 768  # px around a click that are looked at first; the whole image where its draft goes on behind them
PICKY = 0.04  # what an outline's contrast may lack of the best one's before its vote is worth 1 / e


@dataclass(frozen=True, eq=False)
class Offer:
    """One method's drafts."""

    method: str  # "both" | "brush" | "watershed"
    drafts: Drafts


def offers_for(image: NDArray[np.uint8], stroke: Mask, heat: NDArray[np.float32] | None) -> tuple[Offer, ...]:
    """Return each method's drafts of a stroke or a click, the one to show first in front.

    Args:
        image: (H, W, 3). stroke: (H, W), a line or a single pixel.
        heat: patch scores of the model in use, 1 at its reject limit. None: there is none.

    Raises:
        EmptyStrokeError: nothing was drawn.
    """
    close = _offers(image, stroke, heat, region_around(stroke, CLOSE))
    first = close[0].drafts
    if first.region.is_cut(first.mask(first.proposed), stroke.shape):
        far = region_around(stroke)
        return close if far == first.region else _offers(image, stroke, heat, far)
    return close


def _offers(
    image: NDArray[np.uint8], stroke: Mask, heat: NDArray[np.float32] | None, region: Region
) -> tuple[Offer, ...]:
    scene = scene_of(image, stroke, heat, region)
    likelihood = opinions().likelihood(scene)
    brush = Offer("brush", drafts_at(likelihood, scene.marks, region, stroke))
    watershed = Offer("watershed", drafts_from(region, stroke, scene.slope, scene.basins))
    if scene.extent <= CLICK:
        return brush, watershed
    both = BRUSH_SHARE * likelihood + (1 - BRUSH_SHARE) * vote(scene)
    return Offer("both", drafts_at(both, scene.marks, region, stroke)), brush, watershed


def vote(scene: Scene) -> Plane:
    """(h, w) from 0 to 1: the reaches of the watershed that hold a pixel, by the contrast along their outlines."""
    steep = contrasts(scene.slope, scene.basins)
    weights = np.exp((steep / max(float(steep.max()), 1e-6) - 1) / PICKY)
    return np.asarray(np.average(scene.basins, axis=0, weights=weights), dtype=np.float32)
