"""Re-shots: the same part before the camera once more, a little shifted, turned, brighter or darker. Seeded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.transform import EuclideanTransform, warp

MAX_SHIFT = 8.0  # px of the image itself
MAX_TURN = 3.0  # degrees
MAX_BRIGHTNESS = 0.1  # share

Pixels = NDArray[np.uint8]  # (H, W, 3)


@dataclass(frozen=True)
class Pose:
    """How one re-shot differs from the first shot."""

    right: float  # px
    down: float  # px
    turn: float  # degrees, about the image's centre
    gain: float  # brightness, 1: as before


def draw_poses(count: int, seed: int) -> tuple[Pose, ...]:
    """Draw poses evenly over the allowed range; the same seed draws the same, and more of them begin alike."""
    rng = np.random.default_rng(seed)
    unit = rng.uniform(-1, 1, (count, 4))
    return tuple(
        Pose(MAX_SHIFT * right, MAX_SHIFT * down, MAX_TURN * turn, 1 + MAX_BRIGHTNESS * light)
        for right, down, turn, light in unit.tolist()
    )


def reshoot(pixels: Pixels, pose: Pose) -> Pixels:
    """Return the part as it would look in another pose; what comes in at the border is reflected."""
    height, width, _ = pixels.shape
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    to_centre = EuclideanTransform(translation=-centre)
    turned = EuclideanTransform(rotation=np.deg2rad(pose.turn))
    back = EuclideanTransform(translation=centre + np.array([pose.right, pose.down]))
    moved = warp(
        pixels.astype(np.float64),
        (to_centre + turned + back).inverse,
        order=1,
        mode="reflect",
        preserve_range=True,
    )
    return np.clip(np.rint(moved * pose.gain), 0, 255).astype(np.uint8)
