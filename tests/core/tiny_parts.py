"""Tiny rendered parts, and an encoder for them."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from core.backbones import load_backbone
from core.encoder import PatchEncoder
from tests.small import TINY


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def render(root: Path, *, with_masks: bool, seed: int) -> None:
    """Grey noise; defects are white squares in one of two places."""
    rng = np.random.default_rng(seed)

    def shot() -> np.ndarray:
        return rng.integers(90, 110, (96, 96), dtype=np.uint8)

    for number in range(5):
        save(root / "train" / "good" / f"{number}.png", shot())
    for number in range(3):
        save(root / "test" / "good" / f"{number}.png", shot())
    for kind, top in (("spot", 10), ("stain", 60)):
        for number in range(3):
            mask = np.zeros((96, 96), dtype=np.uint8)
            mask[top : top + 20, 30:50] = 255
            save(root / "test" / kind / f"{number}.png", np.maximum(shot(), mask))
            if with_masks:
                save(root / "ground_truth" / kind / f"{number}_mask.png", mask)


def tiny_encoder() -> PatchEncoder:
    """Random weights: enough to tell white from grey."""
    backbone = load_backbone("efficientnet_lite0", random_seed=0)
    return PatchEncoder(backbone, TINY.image_size, "mean", torch.device("cpu"))
