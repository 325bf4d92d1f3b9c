"""Canvas in plain weave: a texture of yarns that go over and under each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from .camera import Light, lit
from .fields import (
    SIDE,
    Field,
    blob,
    colour_planes,
    fractal_noise,
    jittered_pose,
    pixel_grid,
    ramp,
    smooth_noise,
    stroke,
    wandering_line,
    white_noise,
)

PITCH = 11.0  # pixels from yarn to yarn
YARNS = 80


@dataclass(frozen=True, eq=False)
class FabricScene:
    """Cloth under a low lamp. Yarn coordinates count yarns: the whole part is the yarn's number."""

    warp_at: Field  # (H, W) position across the warp, in yarns
    weft_at: Field  # (H, W) position across the weft, in yarns
    warp_tone: NDArray[np.float32]  # (YARNS,)
    weft_tone: NDArray[np.float32]  # (YARNS,)
    fullness: Field  # (H, W) how much of its pitch a yarn fills
    weft_thinning: Field  # (H, W) 0..1, 1 = no weft left
    fuzz: Field  # (H, W) relative brightness of single fibres
    hole: Field  # (H, W) 0..1, 1 = the table shows through
    litter: Field  # (H, W) 0..1 coverage of something lying on the cloth
    litter_shadow: Field  # (H, W) 0..1
    litter_colour: tuple[float, float, float]
    warp_colour: tuple[float, float, float]
    weft_colour: tuple[float, float, float]
    light: Light


def build(rng: Generator, lot: Generator) -> FabricScene:
    """Good cloth of a lot; the lot sets the dye and the tightness of the weave."""
    dye, tight = lot.normal(0, 0.007, 3), lot.normal(0.90, 0.012)
    pitch = PITCH * lot.normal(1, 0.008)
    on_part = jittered_pose(rng, PITCH, 2.2).to_part()
    sway_x, sway_y = 1.3 * smooth_noise(rng, 95), 1.3 * smooth_noise(rng, 95)
    wobble_x, wobble_y = 0.45 * smooth_noise(rng, 9, 30), 0.45 * smooth_noise(rng, 30, 9)
    middle = YARNS / 2
    empty = np.zeros((SIDE, SIDE), np.float32)
    return FabricScene(
        warp_at=((on_part.x + sway_x + wobble_x) / np.float32(pitch) + np.float32(middle)).astype(np.float32),
        weft_at=((on_part.y + sway_y + wobble_y) / np.float32(pitch) + np.float32(middle)).astype(np.float32),
        warp_tone=rng.normal(1, 0.035, YARNS).astype(np.float32),
        weft_tone=rng.normal(1, 0.045, YARNS).astype(np.float32),
        fullness=np.float32(tight) + np.float32(0.035) * smooth_noise(rng, 26),
        weft_thinning=empty,
        fuzz=np.float32(0.055) * white_noise(rng) + np.float32(0.05) * smooth_noise(rng, 2.6),
        hole=empty,
        litter=empty,
        litter_shadow=empty,
        litter_colour=(0.1, 0.1, 0.1),
        warp_colour=(0.66 + dye[0], 0.58 + dye[1], 0.43 + dye[2]),
        weft_colour=(0.57 + dye[0], 0.50 + dye[1], 0.38 + dye[2]),
        light=Light(np.deg2rad(rng.normal(222, 2.5)), np.deg2rad(42), 0.34),
    )


def _profile(offset: Field, fullness: Field) -> Field:
    """Height 0..1 of a round yarn at `offset` (-1..1 across its pitch); negative beside the yarn."""
    return 1 - (offset / fullness) ** 2


def shade(scene: FabricScene) -> NDArray[np.float32]:
    """Radiance (3, H, W) of the yarn that lies on top at each pixel."""
    warp_number, weft_number = np.floor(scene.warp_at), np.floor(scene.weft_at)
    warp_offset = 2 * (scene.warp_at - warp_number) - 1
    weft_offset = 2 * (scene.weft_at - weft_number) - 1
    warp_index = np.clip(warp_number.astype(np.int32), 0, YARNS - 1)
    weft_index = np.clip(weft_number.astype(np.int32), 0, YARNS - 1)
    warp_sign = np.where(warp_index % 2 == 0, np.float32(1), np.float32(-1))
    weft_sign = np.where(weft_index % 2 == 0, np.float32(1), np.float32(-1))
    warp_round = _profile(warp_offset, scene.fullness)
    weft_round = _profile(weft_offset, scene.fullness * (1 - np.float32(0.62) * scene.weft_thinning))
    pi = np.float32(np.pi)
    warp_height = warp_round + np.float32(0.9) * warp_sign * np.sin(pi * scene.weft_at)
    weft_height = weft_round - np.float32(0.9) * weft_sign * np.sin(pi * scene.warp_at) - scene.weft_thinning
    warp_height = np.where(warp_round > 0, warp_height, np.float32(-1.2))
    weft_height = np.where(weft_round > 0, weft_height, np.float32(-1.2))
    is_warp = warp_height > weft_height
    height = np.maximum(warp_height, weft_height)
    twist = np.where(
        is_warp, scene.weft_at * 2 + warp_offset * np.float32(0.5), scene.warp_at * 2 - weft_offset / 2
    )
    ply = np.float32(0.05) * np.sin(2 * pi * twist)
    tone = np.where(is_warp, scene.warp_tone[warp_index], scene.weft_tone[weft_index])
    tone = tone * (1 - np.float32(0.14) * scene.weft_thinning * ~is_warp)
    depth = np.float32(0.42) + np.float32(0.58) * ramp(height, -1.3, 1.3)
    light = lit((np.float32(1.25) * height).astype(np.float32) * (1 - scene.hole), scene.light, 6)
    value = depth * tone * (1 + ply + scene.fuzz) * (np.float32(0.15) + np.float32(0.85) * light.diffuse)
    warp, weft = colour_planes(*scene.warp_colour), colour_planes(*scene.weft_colour)
    cloth = np.float32(1.18) * value * (weft + (warp - weft) * is_warp)
    cloth += (colour_planes(0.055, 0.055, 0.06) - cloth) * scene.hole
    cloth *= 1 - np.float32(0.4) * scene.litter_shadow
    cloth += (colour_planes(*scene.litter_colour) - cloth) * scene.litter
    return cloth


def hole(scene: FabricScene, rng: Generator) -> FabricScene:
    """Broken yarns: the table shows through, frayed ends stand into the gap."""
    x, y = rng.uniform(-135, 135, 2)
    radius = rng.uniform(13, 20)
    inside = blob(rng, (float(x), float(y)), radius, 0.25, rng.uniform(1.0, 1.6)) + 1.6 * fractal_noise(
        rng, 8, 2
    )
    opened = ramp(inside.astype(np.float32), -1.5, 2.5)
    middle = np.array([x, y]) + (SIDE - 1) / 2
    ends = np.zeros_like(opened)
    for _ in range(11):
        angle = rng.uniform(0, 2 * np.pi)
        start = middle + radius * 1.25 * np.array([np.cos(angle), np.sin(angle)])
        inward = angle + np.pi + rng.normal(0, 0.5)
        line = wandering_line(
            rng, (float(start[0]), float(start[1])), float(inward), rng.uniform(10, 22), 0.22
        )
        ends = np.maximum(ends, stroke(line, 1.3) * np.float32(rng.uniform(0.45, 0.85)))
    fray = (0.62, 0.55, 0.42)
    return replace(
        scene, hole=opened, litter=ends * ramp(inside.astype(np.float32), -6, 0), litter_colour=fray
    )


def foreign_fibre(scene: FabricScene, rng: Generator) -> FabricScene:
    """A dark synthetic hair that was lying on the cloth, with its shadow."""
    x, y = rng.uniform(110, SIDE - 110, 2)
    curl = rng.choice([-1, 1]) * rng.uniform(0.03, 0.09)
    line = wandering_line(rng, (float(x), float(y)), rng.uniform(0, 2 * np.pi), rng.uniform(90, 150), 0.10)
    turn = curl * np.arange(1, len(line))
    step_x, step_y = np.diff(line, axis=0).T
    bent_x, bent_y = (
        step_x * np.cos(turn) - step_y * np.sin(turn),
        step_x * np.sin(turn) + step_y * np.cos(turn),
    )
    line = line[0] + np.cumsum(np.stack([bent_x, bent_y], axis=1), axis=0)
    shadow = stroke(line + 2.5, 3.6)
    return replace(
        scene,
        litter=np.float32(0.9) * stroke(line, 2.2),
        litter_shadow=shadow,
        litter_colour=(0.10, 0.13, 0.25),
    )


def thin_pick(scene: FabricScene, rng: Generator) -> FabricScene:
    """One weft yarn that ran thin for a stretch: a faint line along the weave."""
    grid = pixel_grid()
    yarn = np.floor(YARNS / 2 + rng.uniform(-14, 14))
    length, middle = rng.uniform(170, 240), rng.uniform(-80, 80)
    along = ramp(length / 2 - np.abs(grid.x - np.float32(middle)), 0, 28)
    return replace(scene, weft_thinning=np.float32(0.68) * along * (np.floor(scene.weft_at) == yarn))


PAINTERS: Mapping[str, Callable[[FabricScene, Generator], FabricScene]] = {
    "hole": hole,
    "foreign_fibre": foreign_fibre,
    "thin_pick": thin_pick,
}
