"""Brushed aluminium plate: a texture that fills the picture, lit by a bar lamp."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from .camera import slopes
from .fields import (
    SIDE,
    Field,
    blob,
    colour_planes,
    fractal_noise,
    pixel_grid,
    ramp,
    smooth_noise,
    stroke,
    turned,
    wandering_line,
)

PART_PLAY = (10.0, 2.5)  # pixels, degrees


@dataclass(frozen=True, eq=False)
class PlateScene:
    """A plate under the lamp."""

    streaks: Field  # (H, W) relative brightness of the brush marks
    height: Field  # (H, W) pixels
    film: Field  # (H, W) what lies on the metal lets through, 1 = clean
    haze: Field  # (H, W) 0..1 where the mirror-like part of the reflection is lost
    bare: Field  # (H, W) 0..1 freshly cut metal
    tone: tuple[float, float, float]
    lamp_x: float
    lamp_width: float


def build(rng: Generator, lot: Generator) -> PlateScene:
    """A good plate of a lot; the lot sets tone, coarseness of the brush and where the lamp's band falls."""
    warmth, coarse = lot.normal(0, 0.013), lot.uniform(0.85, 1.2)
    lamp_x, gain = lot.normal(0, 20), lot.normal(0.60, 0.012)
    streaks = 0.050 * smooth_noise(rng, 46, 1.15 * coarse)
    streaks += 0.036 * smooth_noise(rng, 15, 1.0 * coarse)
    streaks += 0.040 * smooth_noise(rng, 190, 2.6 * coarse)
    streaks += 0.018 * smooth_noise(rng, 300, 22)
    for _ in range(34):
        row, start = rng.integers(0, SIDE), rng.integers(-80, SIDE - 20)
        length, depth = rng.integers(40, 260), rng.normal(0, 0.09)
        streaks[row, max(0, start) : start + length] += np.float32(depth)
    flat = np.zeros((SIDE, SIDE), np.float32)
    return PlateScene(
        streaks=turned(streaks, np.deg2rad(rng.uniform(-PART_PLAY[1], PART_PLAY[1]))),
        height=np.float32(0.35) * smooth_noise(rng, 120),
        film=np.ones_like(flat),
        haze=flat,
        bare=flat,
        tone=(gain * (1 + warmth), gain, gain * (1.015 - warmth)),
        lamp_x=float(lamp_x + rng.uniform(-PART_PLAY[0], PART_PLAY[0])),
        lamp_width=float(rng.uniform(146, 158)),
    )


def shade(scene: PlateScene) -> NDArray[np.float32]:
    """Radiance (3, H, W). Brushed metal mirrors a bar lamp as a band across the brush; slopes move it."""
    slope_x, slope_y = slopes(scene.height)
    across = (pixel_grid().x - np.float32(scene.lamp_x)) / np.float32(scene.lamp_width) - np.float32(
        2.2
    ) * slope_x
    band = np.exp(np.float32(-0.5) * across * across) * (1 - np.float32(0.55) * scene.haze)
    light = (
        np.float32(0.60) + np.float32(0.58) * band - np.float32(0.75) * slope_y - np.float32(0.35) * slope_x
    )
    grain = 1 + scene.streaks * (np.float32(0.7) + np.float32(0.5) * band) * (1 - scene.bare)
    value = np.maximum(light, 0.05) * grain * scene.film + np.float32(0.28) * scene.bare
    return value * colour_planes(*scene.tone)


def scratch(scene: PlateScene, rng: Generator) -> PlateScene:
    """A groove cut by something hard: bright floor, one lit and one dark flank."""
    x, y = rng.uniform(90, SIDE - 90, 2)
    heading = rng.choice([-1, 1]) * rng.uniform(0.35, 1.35) + rng.choice([0, np.pi])
    points = wandering_line(rng, (float(x), float(y)), float(heading), rng.uniform(90, 190), 0.022)
    taper = np.sin(np.linspace(0.12, np.pi - 0.12, len(points))) ** 0.6
    widths = rng.uniform(2.0, 3.0) * taper * rng.uniform(0.8, 1.1, len(points)) + 0.5
    groove = stroke(points, widths)
    wide = stroke(points, widths + 1.8)
    return replace(
        scene, height=scene.height - np.float32(0.42) * (groove + wide) / 2, bare=np.float32(0.85) * groove
    )


def dent(scene: PlateScene, rng: Generator) -> PlateScene:
    """A knock that bent the metal without cutting it: the lamp's band bends with it."""
    x, y = rng.uniform(-130, 130, 2)
    radius = rng.uniform(15, 25)
    inside = blob(rng, (float(x), float(y)), radius, 0.12, rng.uniform(1.0, 1.5))
    depth = rng.uniform(2.6, 3.6) * radius / 20
    bowl = np.float32(depth) * ramp(inside, -radius * 0.25, radius * 0.95)
    return replace(scene, height=scene.height - bowl)


def water_mark(scene: PlateScene, rng: Generator) -> PlateScene:
    """A dried drop of coolant: a faint veil with a slightly darker rim."""
    x, y = rng.uniform(-130, 130, 2)
    inside = blob(rng, (float(x), float(y)), rng.uniform(30, 42), 0.16, rng.uniform(1.0, 1.3))
    inside += np.float32(1.6) * fractal_noise(rng, 22, 2)
    body = ramp(inside, -3, 5)
    rim = np.exp(-(((inside - 3) / np.float32(2.4)) ** 2))
    return replace(
        scene, film=1 - np.float32(0.021) * body - np.float32(0.026) * rim, haze=np.float32(0.055) * body
    )


PAINTERS: Mapping[str, Callable[[PlateScene, Generator], PlateScene]] = {
    "scratch": scratch,
    "dent": dent,
    "water_mark": water_mark,
}
