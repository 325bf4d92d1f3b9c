"""Moulded and printed screw cap on a light belt: a glossy plastic object."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from .camera import Light, lit
from .fields import (
    SIDE,
    Field,
    Grid,
    Pose,
    blob,
    colour_planes,
    fractal_noise,
    jittered_pose,
    length,
    pixel_grid,
    ramp,
    smooth_noise,
    softened,
    stroke,
    wandering_line,
    white_noise,
)

RIM, SHOULDER, PANEL = 157.0, 141.0, 119.0  # radii in pixels
RIDGES = 78


@dataclass(frozen=True, eq=False)
class CapScene:
    """A cap on the belt, a large soft lamp to one side."""

    pose: Pose
    angle: Field  # (H, W) around the cap, radians
    radius: Field  # (H, W) from the cap's middle, pixels
    skin: Field  # (H, W) height of the plastic's fine waviness, pixels
    cloud: Field  # (H, W) relative brightness of the pigment
    ink: Field  # (H, W) 0..1
    flow: Field  # (H, W) relative brightness the melt left
    speck: Field  # (H, W) 0..1 dark inclusion
    belt: Field  # (H, W) relative brightness of the belt
    plastic: tuple[float, float, float]
    light: Light


@lru_cache(maxsize=1)
def _artwork() -> Image.Image:
    """The print at twice the picture's size, upright and centred."""
    size = SIDE * 2
    art = Image.new("L", (size, size))
    draw = ImageDraw.Draw(art)
    middle = size / 2
    for text, drop, points in (("PUSH DOWN", -50, 43), ("& TURN", 5, 43), ("DE 250 ml", 62, 30)):
        draw.text((middle, middle + drop), text, fill=255, anchor="mm", font=ImageFont.load_default(points))
    for start in (200, 20):
        reach = 101 * 2
        draw.arc(
            [middle - reach, middle - reach, middle + reach, middle + reach],
            start,
            start + 120,
            fill=255,
            width=12,
        )
        tip = np.deg2rad(start + 128)
        back = np.deg2rad(start + 117)
        head = [(middle + (reach - 6) * np.cos(tip), middle + (reach - 6) * np.sin(tip))]
        head += [
            (middle + far * np.cos(back), middle + far * np.sin(back)) for far in (reach - 23, reach + 11)
        ]
        draw.polygon(head, fill=255)
    return art


def _printed(pose: Pose) -> Field:
    """Coverage 0..1 (H, W) of the print on a cap that lies at `pose`."""
    cos, sin = 2 * np.cos(pose.angle), 2 * np.sin(pose.angle)
    middle = (SIDE - 1) / 2
    away_x, away_y = middle + pose.shift_x, middle + pose.shift_y
    matrix = (cos, sin, SIDE - cos * away_x - sin * away_y, -sin, cos, SIDE + sin * away_x - cos * away_y)
    placed = _artwork().transform((SIDE, SIDE), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    return np.asarray(placed, dtype=np.float32) / 255


def build(rng: Generator, lot: Generator) -> CapScene:
    """A good cap of a lot; the lot sets the pigment and where the printer is aligned."""
    hue, gain, print_x, print_y = lot.normal(0, 0.008, 3), lot.normal(1, 0.02), *lot.normal(0, 1.5, 2)
    pose = jittered_pose(rng, 9, 9)
    on_part: Grid = pose.to_part()
    printing = Pose(
        pose.shift_x + print_x + rng.normal(0, 0.6), pose.shift_y + print_y + rng.normal(0, 0.6), pose.angle
    )
    tooth = np.float32(0.93) + np.float32(0.035) * smooth_noise(rng, 4) + np.float32(0.02) * white_noise(rng)
    empty = np.zeros((SIDE, SIDE), np.float32)
    return CapScene(
        pose=pose,
        angle=np.arctan2(on_part.y, on_part.x),
        radius=length(on_part.x, on_part.y),
        skin=np.float32(0.045) * smooth_noise(rng, 7) + np.float32(0.25) * smooth_noise(rng, 48),
        cloud=np.float32(0.018) * smooth_noise(rng, 36)
        + np.float32(0.014) * smooth_noise(rng, 13)
        + np.float32(0.008) * white_noise(rng),
        ink=_printed(printing) * tooth,
        flow=empty,
        speck=empty,
        belt=np.float32(0.012) * white_noise(rng)
        + np.float32(0.012) * smooth_noise(rng, 3, 40)
        + np.float32(0.012) * smooth_noise(rng, 80),
        plastic=(0.055 * gain + hue[0], 0.235 * gain + hue[1], 0.50 * gain + hue[2]),
        light=Light(np.deg2rad(rng.normal(228, 2)), np.deg2rad(48), 0.45),
    )


def _height(scene: CapScene) -> Field:
    """Height in pixels: a shallow panel, a raised bead around it, a rounded shoulder, a ridged skirt."""
    radius = scene.radius
    bead = np.exp(-(((radius - np.float32(PANEL + 8)) / np.float32(5.6)) ** 2))
    over = np.clip((radius - np.float32(SHOULDER - 8)) / np.float32(RIM - SHOULDER + 8), 0, 1)
    skirt = np.float32(-15) * over * over
    ridges = np.float32(1.5) * np.cos(scene.angle * RIDGES) * ramp(radius, SHOULDER + 2, SHOULDER + 9)
    dome = np.float32(-6) * (radius / np.float32(RIM)) ** 2
    return np.float32(4.2) * bead + skirt + ridges + dome + scene.skin


def shade(scene: CapScene) -> NDArray[np.float32]:
    """Radiance (3, H, W): belt with shadow, then plastic, ink and gloss."""
    body = ramp(np.float32(RIM) - scene.radius, -0.8, 0.8)
    light_x, light_y, _ = scene.light.direction()
    shadow = softened(np.roll(body, (round(-17 * light_y), round(-17 * light_x)), axis=(0, 1)), 8)
    contact = softened(body, 3)
    belt = (
        np.float32(0.60)
        * (1 + scene.belt)
        * (1 - np.float32(0.46) * shadow)
        * (1 - np.float32(0.35) * contact)
    )
    relief = lit(_height(scene), scene.light, 16)
    grid = pixel_grid()
    softbox = np.exp(-(((grid.x + 60) / 130) ** 2 + ((grid.y + 80) / 104) ** 2).astype(np.float32))
    colour = (1 + scene.cloud + scene.flow) * colour_planes(*scene.plastic)
    colour += (colour_planes(0.80, 0.81, 0.80) - colour) * scene.ink
    gloss = (
        np.float32(0.34) * np.square(np.square(relief.glint))
        + np.float32(0.10) * relief.glint
        + np.float32(0.055) * softbox * relief.diffuse
    )
    gloss *= (1 - np.float32(0.5) * scene.ink) * (1 + np.float32(0.5) * scene.flow)
    colour *= relief.diffuse * (1 - scene.speck) * np.float32(1.05)
    colour += gloss
    picture = belt * colour_planes(0.985, 1.0, 0.985)
    picture += (colour - picture) * body
    return picture


def misprint(scene: CapScene, rng: Generator) -> CapScene:
    """The pad lost contact: a swath of the print is missing or thin."""
    heading = rng.uniform(0, 2 * np.pi)
    grid = pixel_grid()
    along = (grid.x - scene.pose.shift_x) * np.float32(np.cos(heading)) + (
        grid.y - scene.pose.shift_y
    ) * np.float32(np.sin(heading))
    swath = rng.uniform(13, 20)
    centre = rng.uniform(-30, 30)
    missing = ramp(swath - np.abs(along - np.float32(centre)) + 4 * fractal_noise(rng, 18, 3), -4, 4)
    return replace(scene, ink=scene.ink * (1 - np.float32(0.95) * missing))


def black_speck(scene: CapScene, rng: Generator) -> CapScene:
    """Burnt resin in the moulding: a dark inclusion or two with a brownish blur."""
    speck = np.zeros_like(scene.speck)
    angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(20, 108)
    for size in (rng.uniform(4.4, 6.0), rng.uniform(1.6, 2.6)):
        x = scene.pose.shift_x + reach * np.cos(angle) + rng.normal(0, 9)
        y = scene.pose.shift_y + reach * np.sin(angle) + rng.normal(0, 9)
        inside = blob(rng, (float(x), float(y)), float(size), 0.3, 1.3)
        speck = np.maximum(speck, np.float32(0.88) * ramp(inside, -2.0, 1.5))
    return replace(scene, speck=speck)


def weld_line(scene: CapScene, rng: Generator) -> CapScene:
    """Where two fronts of melt met too cold: a fine notch that runs inwards from the bead."""
    angle = rng.uniform(0, 2 * np.pi)
    start = np.array([np.cos(angle), np.sin(angle)]) * (PANEL - 4)
    length = rng.uniform(52, 70)
    line = wandering_line(rng, (float(start[0]), float(start[1])), float(angle + np.pi), length, 0.07)
    notch = stroke(scene.pose.to_picture(line), np.linspace(2.8, 1.8, len(line)))
    return replace(scene, flow=np.float32(-0.16) * notch)


PAINTERS: Mapping[str, Callable[[CapScene, Generator], CapScene]] = {
    "misprint": misprint,
    "black_speck": black_speck,
    "weld_line": weld_line,
}
