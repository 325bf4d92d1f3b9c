"""Machined spur gear on a dark conveyor belt: an object with turned steel faces."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from .camera import Light, lit
from .fields import (
    SIDE,
    Field,
    Pose,
    blob,
    colour_planes,
    fractal_noise,
    jittered_pose,
    length,
    ramp,
    smooth_noise,
    softened,
    stroke,
    wandering_line,
    white_noise,
)

TEETH = 26
TIP, ROOT, RECESS_OUT, RECESS_IN, BORE = 163.0, 141.0, 118.0, 62.0, 33.0  # radii in pixels
HOLES, HOLE_CIRCLE, HOLE_RADIUS = 5, 90.0, 15.0


@dataclass(frozen=True, eq=False)
class GearScene:
    """A gear on the belt, light from one side."""

    pose: Pose
    angle: Field  # (H, W) around the gear, radians
    radius: Field  # (H, W) from the gear's middle, pixels
    inside: Field  # (H, W) pixels inside the outline, negative on the belt
    turning: Field  # (H, W) height of the tool marks, pixels
    grit: Field  # (H, W) fine roughness, relative
    belt: Field  # (H, W) height of the belt's own texture
    dents: Field  # (H, W) added height, pixels
    rough: Field  # (H, W) 0..1 broken surface instead of a turned one
    rust: Field  # (H, W) 0..1
    line: Field  # (H, W) 0..1 how much darker
    tone: tuple[float, float, float]
    light: Light


def _outline(angle: Field, radius: Field, on_part_x: Field, on_part_y: Field) -> Field:
    """Pixels inside the steel: teeth outside, bore with a keyway and lightening holes inside."""
    phase = (
        np.abs(((angle * np.float32(TEETH / (2 * np.pi))) % 1) - np.float32(0.5)) * 2
    )  # 1 on a tooth, 0 in a gap
    tooth = ramp(phase, 0.26, 0.66)
    edge = np.float32(ROOT) + np.float32(TIP - ROOT) * tooth
    inside = (edge - radius) * np.where((tooth > 0.02) & (tooth < 0.98), np.float32(0.55), np.float32(1))
    inside = np.minimum(inside, radius - np.float32(BORE))
    key = np.maximum(np.abs(on_part_x) - 8, np.abs(on_part_y + np.float32(BORE)) - 11)
    inside = np.minimum(inside, key)
    sector = np.float32(2 * np.pi / HOLES)
    folded = (angle + sector / 2) % sector - sector / 2
    hole_x, hole_y = radius * np.cos(folded) - np.float32(HOLE_CIRCLE), radius * np.sin(folded)
    return np.minimum(inside, length(hole_x, hole_y) - np.float32(HOLE_RADIUS)).astype(np.float32)


def build(rng: Generator, lot: Generator) -> GearScene:
    """A good gear of a lot; the lot sets the steel's tone and the feed of the lathe."""
    gain, warmth, feed = lot.normal(0.47, 0.012), lot.normal(0, 0.010), lot.uniform(2.6, 3.2)
    pose = jittered_pose(rng, 9, 7)
    on_part = pose.to_part()
    radius = length(on_part.x, on_part.y)
    angle = np.arctan2(on_part.y, on_part.x)
    tool = rng.standard_normal(512).astype(np.float32)
    rings = np.interp(radius * np.float32(1.6), np.arange(512), tool).astype(np.float32)
    turning = np.float32(0.10) * np.sin(radius * np.float32(2 * np.pi / feed)) + np.float32(0.16) * rings
    belt = 0.32 * white_noise(rng) + 0.5 * smooth_noise(rng, 3.2) + 0.9 * smooth_noise(rng, 60)
    empty = np.zeros((SIDE, SIDE), np.float32)
    return GearScene(
        pose=pose,
        angle=angle,
        radius=radius,
        inside=_outline(angle, radius, on_part.x, on_part.y),
        turning=turning,
        grit=np.float32(0.045) * white_noise(rng)
        + np.float32(0.03) * smooth_noise(rng, 3)
        + np.float32(0.03) * smooth_noise(rng, 70),
        belt=belt.astype(np.float32),
        dents=empty,
        rough=empty,
        rust=empty,
        line=empty,
        tone=(gain * (1 + warmth), gain, gain * (1.02 - warmth)),
        light=Light(np.deg2rad(rng.normal(232, 2)), np.deg2rad(50), 0.35),
    )


def _face_height(scene: GearScene) -> Field:
    """Height of the steel in pixels: a recessed web between hub and rim, chamfers on every edge."""
    recess = ramp(scene.radius, RECESS_IN, RECESS_IN + 5) * (
        1 - ramp(scene.radius, RECESS_OUT, RECESS_OUT + 5)
    )
    chamfer = np.float32(2.4) * ramp(scene.inside, 0, 4.0)
    return chamfer - np.float32(3.2) * recess + scene.dents


def _turned_gleam(scene: GearScene) -> Field:
    """Tool marks mirror the lamp where they run across its direction: the bow tie of turned faces."""
    to_lamp = np.float32(scene.light.azimuth - scene.pose.angle)
    across = np.sin(scene.angle - to_lamp)
    tight, wide = np.exp(-across * across * np.float32(22)), np.exp(-across * across * np.float32(2.2))
    return np.float32(0.42) * tight + np.float32(0.52) * wide


def shade(scene: GearScene) -> NDArray[np.float32]:
    """Radiance (3, H, W): belt with the gear's soft shadow, then the steel over it."""
    steel = ramp(scene.inside, -0.7, 0.7)
    light_x, light_y, _ = scene.light.direction()
    shadow = softened(np.roll(steel, (round(-14 * light_y), round(-14 * light_x)), axis=(0, 1)), 6)
    contact = softened(steel, 3)
    belt_light = lit(scene.belt * np.float32(0.8), scene.light, 14)
    belt = np.float32(0.098) * belt_light.diffuse + np.float32(0.035) * belt_light.glint
    belt = belt * (1 - np.float32(0.62) * shadow) * (1 - np.float32(0.3) * contact)
    relief = lit(_face_height(scene), scene.light, 26)
    turned_face = 1 - scene.rough
    gleam = _turned_gleam(scene) * (1 + np.float32(1.1) * scene.turning) * turned_face
    value = np.float32(0.50) * relief.diffuse + np.float32(0.72) * gleam + np.float32(0.10) * relief.glint
    value = (
        value * (1 + scene.grit + np.float32(0.2) * scene.turning * turned_face)
        + np.float32(0.22) * scene.rough
    )
    value = value * (1 - scene.line)
    value = np.maximum(value, 0)
    metal = (np.float32(1.42) * value) * colour_planes(*scene.tone)
    if scene.rust.any():
        brown = (np.float32(0.55) + np.float32(0.55) * value) * colour_planes(0.36, 0.20, 0.10)
        metal += (brown - metal) * scene.rust
    picture = belt * colour_planes(1.0, 1.02, 1.06)
    picture += (metal - picture) * steel
    return picture


def chipped_tooth(scene: GearScene, rng: Generator) -> GearScene:
    """The corner of a tooth has broken off and left a coarse, dull fracture."""
    tooth = rng.integers(0, TEETH)
    angle = (tooth + rng.uniform(-0.2, 0.2)) * 2 * np.pi / TEETH + scene.pose.angle
    reach = TIP + rng.uniform(-4, 0)
    centre = (scene.pose.shift_x + reach * np.cos(angle), scene.pose.shift_y + reach * np.sin(angle))
    bite = blob(rng, (float(centre[0]), float(centre[1])), rng.uniform(17, 20), 0.12)
    bite = bite + np.float32(0.8) * fractal_noise(rng, 7, 2)
    inside = np.minimum(scene.inside, -bite)
    fracture = ramp(bite, -6, -4) * ramp(inside, -1, 1)
    crumble = np.float32(1.1) * fractal_noise(rng, 5, 2) - np.float32(1.6)
    return replace(scene, inside=inside, rough=fracture, dents=scene.dents + crumble * fracture)


def rust(scene: GearScene, rng: Generator) -> GearScene:
    """Corrosion that started from a drop: a grainy brown patch."""
    angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(70, 130)
    centre = (scene.pose.shift_x + reach * np.cos(angle), scene.pose.shift_y + reach * np.sin(angle))
    inside = blob(rng, (float(centre[0]), float(centre[1])), rng.uniform(15, 25), 0.28, 1.2)
    grains = inside / 9 + np.float32(0.9) * fractal_noise(rng, 7, 3)
    patch = ramp(grains, 0.0, 1.5) * ramp(inside, -8, 2) * ramp(scene.inside, 0, 2)
    return replace(
        scene,
        rust=np.float32(0.8) * patch,
        rough=np.maximum(scene.rough, patch * np.float32(0.6)),
        dents=scene.dents - np.float32(0.5) * patch,
    )


def hairline_crack(scene: GearScene, rng: Generator) -> GearScene:
    """A fine crack that runs outwards from the bore: thin and low in contrast."""
    angle = rng.uniform(0, 2 * np.pi)
    start = np.array([np.cos(angle), np.sin(angle)]) * (BORE + 1)
    line = wandering_line(rng, (float(start[0]), float(start[1])), float(angle), rng.uniform(50, 64), 0.13)
    widths = np.linspace(2.2, 1.0, len(line))
    crack = stroke(scene.pose.to_picture(line), widths) * ramp(scene.inside, 0, 1)
    return replace(scene, line=np.float32(0.27) * crack)


PAINTERS: Mapping[str, Callable[[GearScene, Generator], GearScene]] = {
    "chipped_tooth": chipped_tooth,
    "rust": rust,
    "hairline_crack": hairline_crack,
}
