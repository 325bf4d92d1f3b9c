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
from torch import Tensor

SHRINK_IMAGES = 4  # good images' worth of belief in the scale of all products together
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


def limit_of(scores: Sequence[float], overkill: float) -> float:
    """The (1 - overkill) quantile of good images' scores; their maximum where there are fewer than 1 / overkill."""
    values = np.sort(np.asarray(scores, dtype=np.float64))
    if len(values) * overkill < 1:
        return float(values[-1])
    return float(np.quantile(values, 1 - overkill, method="higher"))


def limit_rule(images: int, overkill: float) -> str:
    """Say in words how a limit was set."""
    if images * overkill < 1:
        return f"the highest of {images} good images"
    return f"{100 * (1 - overkill):g} % of {images} good images lie below"


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
        product: limit_of([image_score(scores, top) for scores in maps], overkill) - centres[product]
        for product, maps in patch_scores.items()
    }
    typical = float(np.median(list(spans.values())))
    scales = {}
    for product, maps in patch_scores.items():
        trust = len(maps) / (len(maps) + SHRINK_IMAGES)
        span = trust * spans[product] + (1 - trust) * max(typical, spans[product])
        scales[product] = Scale(centres[product], max(span, FLOOR_SHARE * typical, 1e-6))
    return scales
