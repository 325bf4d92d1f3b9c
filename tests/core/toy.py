"""A toy world for the detector: 4x4 patches of 8 channels that one can reason about, without any network."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from core.config import DmadConfig
from core.teaching import Fitted, GoodImage, Lesson, fit

GRID = (4, 4)
CHANNELS = 8
SIZE = 64  # px of a toy image: 16 px a cell

TOY = DmadConfig(
    head_width=16,
    fit_steps=20,
    teach_steps=40,
    batch_normal=64,
    batch_seen=32,
    coreset_minimum=120,
    coreset_projection=0,
    folds=2,
    reservoir=400,
    centres="regions",
)


def good_features(seed: int, product: int = 0) -> Tensor:
    """(16, 8): cells of a fixed pattern with a little noise."""
    pattern = torch.randn(16, CHANNELS, generator=torch.Generator().manual_seed(100 + product))
    noise = torch.randn(16, CHANNELS, generator=torch.Generator().manual_seed(seed))
    return (pattern + 0.1 * noise).half().float()


def defect_features(seed: int, cells: tuple[int, ...], shift: float = 4.0, product: int = 0) -> Tensor:
    """As `good_features`, with the named cells moved along the first channel."""
    features = good_features(seed, product)
    features[list(cells), 0] += shift
    return features.half().float()


def mask_of(*cells: int) -> np.ndarray:
    """(64, 64): the named cells painted whole."""
    mask = np.zeros((SIZE, SIZE), dtype=bool)
    for cell in cells:
        row, column = divmod(cell, GRID[1])
        mask[row * 16 : row * 16 + 16, column * 16 : column * 16 + 16] = True
    return mask


def good_images(
    count: int = 12, product: str = "bolt", number: int = 0, first_id: int = 1
) -> list[GoodImage]:
    """Good images with ids from `first_id`; every image is a part of its own."""
    return [
        GoodImage(first_id + i, first_id + i, product, lambda i=i: good_features(first_id + i, number))
        for i in range(count)
    ]


def lesson(lesson_id: int, cells: tuple[int, ...] = (5, 6), product: str = "bolt", number: int = 0) -> Lesson:
    """A completely painted image whose id is 1000 + the lesson's."""
    seed = 5000 + lesson_id
    return Lesson(
        lesson_id=lesson_id,
        image_id=1000 + lesson_id,
        own_id=1000 + lesson_id,
        product=product,
        features=lambda: defect_features(seed, cells, product=number),
        layers=(("dent", mask_of(*cells)),),
        complete=True,
    )


def outliers() -> Tensor:
    """(5, 16, 8) features of nothing."""
    return 3 * torch.randn(5, 16, CHANNELS, generator=torch.Generator().manual_seed(7))


def fitted(
    good: list[GoodImage] | None = None,
    config: DmadConfig = TOY,
    lessons: tuple[Lesson, ...] = (),
    always_train: bool = False,
) -> Fitted:
    """A toy detector."""
    return fit(
        good or good_images(),
        outliers,
        config,
        fingerprint="toy",
        grid=GRID,
        lessons=lessons,
        always_train=always_train,
    )
