"""Calibration: raw scores -> 0 = median good patch, 1 = reject limit, per product (section 3.4 and our additions).

Shapes in this file
    I  good images of a product      N  patches of an image
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import stdtrit
from torch import Tensor

SHRINK_IMAGES = 4  # good images' worth of belief in the scale of all products together
SPREAD_IMAGES = 8  # good images' worth of belief in the usual spread
USUAL_SPREAD = (
    0.6  # standard deviation of good images' scores, as a share of their mean above the median patch
)
FEW = 2  # good images that may lie above the limit: fewer say too little about where it is
LEAST_OVERKILL = 0.001  # the normal distribution's tail is believed no further
FLOOR_SHARE = 0.25  # a product's span is at least this share of the median product's


@dataclass(frozen=True)
class Scale:
    """An affine map: (raw - centre) / span."""

    centre: float
    span: float

    def __call__(self, raw: Tensor) -> Tensor:
        """Map raw scores of any shape."""
        return (raw - self.centre) / self.span


NO_SCALE = Scale(0.0, 1.0)


@dataclass(frozen=True)
class ProductCalibration:
    """How one product's raw scores become calibrated ones, and what that rests on."""

    product: str
    distance: Scale  # of patches, for the heatmap
    surprise: Scale  # of the distance beyond the usual one, for the image score
    head: Scale  # of the mean of the heads
    resemblance: float  # weight of the distance's resemblance to painted patches
    distance_share: float  # w of "distance + w * head" is head_share / distance_share
    head_share: float
    map_limit: float  # of `mixed` from distances, for the heatmap
    score_limit: float  # of `mixed` from surprises, for the image score
    images: int  # good images behind the limit
    rule: str  # how the limit was set, for a person
    evidence: str  # why head_share is what it is, for a person

    @property
    def head_weight(self) -> float:
        """w of "distance + w * head"; infinite for the head alone."""
        return self.head_share / self.distance_share if self.distance_share else math.inf


def mixed(
    calibration: ProductCalibration, distance: Tensor, resembles: Tensor, head: Tensor | None
) -> Tensor:
    """Mix the patch scores of one image by the product's shares, not yet divided by the limit: (N,).

    Args:
        distance: calibrated distance or surprise.
        resembles: raw resemblance to painted patches, in the units of the raw distance.
        head: calibrated; None where it was not asked.
    """
    result = distance + calibration.resemblance / calibration.distance.span * resembles
    if head is None or calibration.head_share == 0:
        return result
    return calibration.distance_share * result + calibration.head_share * head


def image_score(patch_scores: Tensor, top: int) -> float:
    """Mean of the `top` highest patch scores (section 3.4)."""
    return float(patch_scores.flatten().topk(min(top, patch_scores.numel())).values.mean())


def limit_of(scores: Sequence[float], overkill: float, centre: float = 0.0) -> float:
    """Find the score that a share `overkill` of further good images will exceed.

    Of many images it is their quantile. Of few that would be the highest or second highest, which says little: every
    eleventh good image exceeds the highest of ten, and one odd image lifts it out of reach. There the limit is the
    upper prediction bound of a normal distribution whose spread is drawn from the images and, where these are few,
    from what is usual (docs/adr/0012).

    Args:
        scores: of good images, own rows excluded.
        centre: score of the median good patch.
    """
    values = np.asarray(scores, dtype=np.float64)
    if not _are_few(len(values), overkill):
        return float(np.quantile(values, 1 - overkill, method="higher"))
    mean, freedom = float(values.mean()), SPREAD_IMAGES + len(values) - 1
    usual = USUAL_SPREAD * (mean - centre)
    spread = math.sqrt((SPREAD_IMAGES * usual**2 + float(((values - mean) ** 2).sum())) / freedom)
    reach = float(stdtrit(freedom, 1 - max(overkill, LEAST_OVERKILL))) * math.sqrt(1 + 1 / len(values))
    bound = mean + reach * spread
    return bound if overkill >= LEAST_OVERKILL else max(bound, float(values.max()))


def limit_rule(images: int, overkill: float) -> str:
    """Say in words how a limit was set."""
    share = f"{100 * (1 - overkill):g} %"
    if _are_few(images, overkill):
        return f"{share} of good images should lie below, judged by only {images}"
    return f"{share} of {images} good images lie below"


def _are_few(images: int, overkill: float) -> bool:
    return images * overkill < FEW


def fit_scales(patch_scores: dict[str, list[Tensor]], top: int, overkill: float) -> dict[str, Scale]:
    """Find each product's scale from its good images' raw patch scores, own rows excluded.

    Args:
        patch_scores: per product, I tensors (N,).

    Returns:
        Spans are shrunk towards the median product's where images are few, and have a floor, so that a tiny
        spread can't amplify noise.
    """
    centres = {product: float(torch.cat(maps).median()) for product, maps in patch_scores.items()}
    spans = {
        product: limit_of([image_score(scores, top) for scores in maps], overkill, centres[product])
        - centres[product]
        for product, maps in patch_scores.items()
    }
    typical = float(np.median(list(spans.values())))
    scales = {}
    for product, maps in patch_scores.items():
        trust = len(maps) / (len(maps) + SHRINK_IMAGES)
        span = trust * spans[product] + (1 - trust) * max(typical, spans[product])
        scales[product] = Scale(centres[product], max(span, FLOOR_SHARE * typical, 1e-6))
    return scales
