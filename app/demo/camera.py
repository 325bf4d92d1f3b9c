"""Light and the line camera: surfaces in, a photograph out.

Shapes in this file
    H, W  height and width of the picture in pixels
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from .fields import SIDE, Field, colour_planes, pixel_grid


@dataclass(frozen=True)
class Light:
    """One directional lamp over the belt plus what the room gives from everywhere."""

    azimuth: float  # radians; where the light comes from, 0 = from the right, clockwise
    elevation: float  # radians above the belt
    ambient: float

    def direction(self) -> tuple[float, float, float]:
        flat = np.cos(self.elevation)
        return (
            float(flat * np.cos(self.azimuth)),
            float(flat * np.sin(self.azimuth)),
            float(np.sin(self.elevation)),
        )


@dataclass(frozen=True, eq=False)
class Shading:
    """What a lit surface sends up: `diffuse` times its own colour, plus `glint` in the lamp's colour."""

    diffuse: Field  # (H, W)
    glint: Field  # (H, W)


def slopes(height: Field) -> tuple[Field, Field]:
    """Slope of a surface along x and along y, both (H, W)."""
    slope_x, slope_y = np.empty_like(height), np.empty_like(height)
    slope_x[:, 1:-1] = (height[:, 2:] - height[:, :-2]) * np.float32(0.5)
    slope_x[:, 0], slope_x[:, -1] = slope_x[:, 1], slope_x[:, -2]
    slope_y[1:-1] = (height[2:] - height[:-2]) * np.float32(0.5)
    slope_y[0], slope_y[-1] = slope_y[1], slope_y[-2]
    return slope_x, slope_y


def lit(height: Field, light: Light, shine: float) -> Shading:
    """Lambert and Blinn-Phong for a camera straight above; flat ground has a diffuse value of 1.

    Args:
        height: (H, W), in pixels, so that a slope of 1 is 45 degrees.
        shine: the highlight's exponent; higher is glossier.
    """
    slope_x, slope_y = slopes(height)
    steep = 1 / np.sqrt(1 + slope_x * slope_x + slope_y * slope_y)
    light_x, light_y, light_z = light.direction()
    toward = (np.float32(light_z) - slope_x * np.float32(light_x) - slope_y * np.float32(light_y)) * steep
    half = np.array([light_x, light_y, light_z + 1])
    half /= np.linalg.norm(half)
    facing = (np.float32(half[2]) - slope_x * np.float32(half[0]) - slope_y * np.float32(half[1])) * steep
    direct = np.maximum(toward, 0) / np.float32(light_z)
    diffuse = np.float32(light.ambient) + np.float32(1 - light.ambient) * direct
    return Shading(diffuse, np.maximum(facing, 0) ** np.float32(shine))


@dataclass(frozen=True)
class Camera:
    """How one shot was taken."""

    exposure: float
    white: tuple[float, float, float]
    vignette: float  # how much darker the corners are
    defocus: float  # 0 sharp … 0.25 soft
    optical_x: float  # middle of the vignette, pixels from the picture's middle
    optical_y: float


def set_up_camera(rng: Generator, white: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Camera:
    """One shot of a station: small drifts of exposure, colour and focus."""
    drift = rng.normal(0, 0.002, 3)
    return Camera(
        exposure=float(rng.normal(1, 0.018)),
        white=(white[0] + drift[0], white[1] + drift[1], white[2] + drift[2]),
        vignette=float(rng.uniform(0.14, 0.20)),
        defocus=float(rng.uniform(0.13, 0.22)),
        optical_x=float(rng.normal(0, 8)),
        optical_y=float(rng.normal(0, 8)),
    )


def _soften(picture: NDArray[np.float32], amount: float) -> NDArray[np.float32]:
    """Blur (3, H, W) by a three-tap kernel along both axes."""
    side, middle = np.float32(amount), np.float32(1 - 2 * amount)
    wide = np.pad(picture, ((0, 0), (1, 1), (0, 0)), mode="edge")
    tall = middle * picture
    tall += side * (wide[:, 2:] + wide[:, :-2])
    wide = np.pad(tall, ((0, 0), (0, 0), (1, 1)), mode="edge")
    tall *= middle
    tall += side * (wide[:, :, 2:] + wide[:, :, :-2])
    return tall


def expose(radiance: NDArray[np.float32], camera: Camera) -> NDArray[np.float32]:
    """What the sensor would read without noise: (3, H, W) in grey levels 0..255."""
    grid = pixel_grid()
    radius = ((grid.x - camera.optical_x) ** 2 + (grid.y - camera.optical_y) ** 2) / np.float32(SIDE**2 / 2)
    seen = _soften(radiance, camera.defocus)
    seen *= np.float32(camera.exposure) * (1 - np.float32(camera.vignette) * radius)
    seen *= colour_planes(*camera.white)
    knee = np.float32(0.78)  # highlights roll off instead of clipping hard
    over = np.maximum(seen - knee, 0)
    over /= 1 + over / (1 - knee)
    np.minimum(seen, knee, out=seen)
    seen += over
    seen *= np.float32(255)
    return seen


def read_out(levels: NDArray[np.float32], rng: Generator) -> NDArray[np.uint8]:
    """Digitise (3, H, W) to (H, W, 3) with shot and read noise and a gain per column and line."""
    grain = rng.standard_normal((SIDE, SIDE), dtype=np.float32)
    colour = np.float32(0.5) * np.roll(
        grain, (SIDE // 3, SIDE // 5), axis=(0, 1)
    )  # far enough to look independent
    columns = 1 + np.float32(0.003) * rng.standard_normal(SIDE, dtype=np.float32)
    lines = 1 + np.float32(0.002) * rng.standard_normal(SIDE, dtype=np.float32)
    noisy = levels * (columns * lines[:, None])
    strength = np.sqrt(np.float32(0.8) + np.float32(0.022) * noisy[1])
    for plane, share in zip(noisy, (1, 0, -1), strict=True):
        plane += (grain + np.float32(share) * colour) * strength
    noisy += np.float32(0.5)
    return np.ascontiguousarray(np.clip(noisy, 0, 255, out=noisy).astype(np.uint8).transpose(1, 2, 0))
