"""Rendered defects of all kinds on rendered surfaces, with the true mask and a heatmap as a model might give it.

No product is meant: grain, brushing, patterns, shading and objects are drawn anew for each picture, and so are stains,
regions of another grain, cracks with branches, bands, notches and gaps. Some masks are wider than what is seen, as a
person paints them.

Shapes in this file
    H, W  pixels of a picture      C  cells of a heatmap's side
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.draw import line

Picture = NDArray[np.float32]  # (H, W, 3), 0 to 255
Plane = NDArray[np.float32]  # (H, W)
Mask = NDArray[np.bool_]
Size = tuple[int, int]
Random = np.random.Generator

CELLS = 32
SIDES = (120, 360)  # px
STEP = 4.0  # px, of a crack
KINDS = ("stain", "stain", "large", "crack", "crack", "crack", "band", "notch", "gap")
GAPS = ("notch", "gap", "gap")
GAPS_FROM = (
    10**6
)  # pictures from this number on show parts with gaps and notches, which come out seldom otherwise
LEAST, MOST = 25, 0.5  # px of a mask, and its share of the picture


@dataclass(frozen=True, eq=False)
class Rendered:
    """A picture and what is wrong with it."""

    pixels: NDArray[np.uint8]  # (H, W, 3)
    mask: Mask
    heat: NDArray[np.float32]  # (C, C), 1 is a reject limit


def rendered(seed: int) -> Rendered | None:
    """Return picture number `seed`; None: its defect came out too small or too large."""
    random = np.random.default_rng(seed)
    size = (int(random.integers(*SIDES)), int(random.integers(*SIDES)))
    pixels = surface(random, size)
    beyond = surface(random, size) * (random.uniform(0.2, 0.6) if random.random() < 0.3 else 1)
    wants_gap = seed >= GAPS_FROM
    part = _part(random, size) if wants_gap or random.random() < 0.45 else None
    if part is not None:
        pixels = _laid(pixels, beyond, part, 0.7)
    for _ in range(random.integers(0, 4)):  # things that are no defect
        pixels = _marred(random, pixels, blob(random, size, np.exp(random.uniform(0.3, 2.5))))
    pixels, mask = _with_defect(random, pixels, beyond, part, GAPS if wants_gap else KINDS)
    if mask.sum() < LEAST or mask.mean() > MOST:
        return None
    pixels = pixels + random.normal(size=size)[..., None] * random.uniform(0, 3)
    if random.random() < 0.5:
        pixels = np.repeat(pixels.mean(axis=-1, keepdims=True), 3, axis=2)
    return Rendered(np.clip(pixels, 0, 255).astype(np.uint8), mask, _heat(random, mask))


def surface(random: Random, size: Size) -> Picture:
    """Some of: grain, brushing, shading, a pattern, specks; in one colour."""
    grey = np.full(size, random.uniform(40, 210))
    for _ in range(random.integers(1, 4)):
        grey += _layer(random, size)
    if random.random() < 0.4:
        specks = field(random, size, random.uniform(0.6, 1.6)) > random.uniform(1.5, 2.3)
        grey += specks * random.uniform(-60, 60)
    grey += random.normal(size=size) * random.uniform(0.3, 6)
    colour = 1 + (random.normal(size=3) * 0.12 if random.random() < 0.6 else np.zeros(3))
    return np.clip(grey[..., None] * colour, 0, 255).astype(np.float32)


def _layer(random: Random, size: Size) -> Plane:
    kind = random.integers(5)
    if kind == 0:
        return field(random, size, random.uniform(0.3, 1.2)) * random.uniform(1, 22)
    if kind == 1:
        return field(random, size, random.uniform(1.2, 4)) * random.uniform(1, 15)
    if kind == 2:
        return _brushing(random, size) * random.uniform(1, 14)
    if kind == 3:
        return field(random, size, random.uniform(15, 60)) * random.uniform(2, 18)
    turn, period = random.uniform(0, np.pi), random.uniform(6, 40)
    waves = np.sin(_along(size, turn) * 2 * np.pi / period) * random.uniform(1, 14)
    return np.asarray(waves, dtype=np.float32)


def field(random: Random, size: Size, scale: float | tuple[float, float]) -> Plane:
    """Smooth noise of spread 1."""
    noise = ndimage.gaussian_filter(random.normal(size=size).astype(np.float32), scale, mode="wrap")
    return np.asarray(noise / (noise.std() + 1e-9), dtype=np.float32)


def _brushing(random: Random, size: Size) -> Plane:
    scales = (random.uniform(8, 40), random.uniform(0.3, 1.2))
    return field(random, size, scales if random.random() < 0.5 else scales[::-1])


def _along(size: Size, turn: float) -> NDArray[np.float64]:
    rows, columns = np.mgrid[: size[0], : size[1]]
    return np.asarray(np.cos(turn) * rows + np.sin(turn) * columns)


def blob(random: Random, size: Size, radius: float) -> Mask:
    """An uneven ellipse, maybe cut by the border."""
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32)
    y, x = random.uniform(-0.02, 1.02) * size[0], random.uniform(-0.02, 1.02) * size[1]
    turn, slim = random.uniform(0, np.pi), np.exp(random.uniform(0, 0.7))
    u = (columns - x) * np.cos(turn) + (rows - y) * np.sin(turn)
    v = (rows - y) * np.cos(turn) - (columns - x) * np.sin(turn)
    uneven = field(random, size, max(1.5, radius * random.uniform(0.2, 0.6))) * random.uniform(0, 0.25)
    return np.asarray(np.hypot(u / (radius * slim), v * slim / radius) + uneven < 1)


def crack(random: Random, size: Size) -> tuple[Mask, Mask]:
    """What is seen of a crack with branches, and its mask, which may be wider."""
    wobble, length = random.uniform(0, 0.5), max(size) * np.exp(random.uniform(-2.2, 0.3))
    middle = np.zeros(size, dtype=np.bool_)
    start = (random.uniform(0, size[0]), random.uniform(0, size[1]), random.uniform(0, 2 * np.pi))
    places = _walk(random, middle, start, length, wobble)
    for _ in range(random.integers(0, 3)):
        y, x, turn = places[random.integers(len(places))]
        turn += random.choice([-1, 1]) * random.uniform(0.5, 1.5)
        _walk(random, middle, (y, x, turn), random.uniform(0.2, 0.6) * length, wobble)
    half = np.clip(np.exp(random.uniform(-0.7, 1.3)) * (1 + 0.35 * field(random, size, 8)), 0.3, 8)
    away = ndimage.distance_transform_edt(~middle)
    return away <= half, away <= half + random.choice([0, 0, 0.5, 1, 1.5, 2])


def _walk(
    random: Random, middle: Mask, start: tuple[float, float, float], length: float, wobble: float
) -> list[tuple[float, float, float]]:
    """Draw a wandering line; the places and directions passed."""
    y, x, turn = start
    places = [start]
    for _ in range(int(length / STEP)):
        turn = 0.9 * (turn + random.normal() * wobble) + 0.1 * start[2]
        to_y, to_x = y + STEP * np.sin(turn), x + STEP * np.cos(turn)
        rows, columns = line(int(y), int(x), int(to_y), int(to_x))
        inside = (rows >= 0) & (rows < middle.shape[0]) & (columns >= 0) & (columns < middle.shape[1])
        middle[rows[inside], columns[inside]] = True
        if not inside.any():
            break
        places.append((y, x, turn))
        y, x = to_y, to_x
    return places


def _part(random: Random, size: Size) -> Mask | None:
    """Where an object lies before something else; None: it came out too small."""
    if random.random() < 0.7:
        part = blob(random, size, random.uniform(0.25, 0.5) * min(size))
    else:
        part = np.zeros(size, dtype=np.bool_)
        top, bottom, left, right = random.integers(0, size[0] // 5, 4)
        part[top : size[0] - bottom, left : size[1] - right] = True
    return part if part.mean() >= 0.1 else None


def _with_defect(
    random: Random, pixels: Picture, beyond: Picture, part: Mask | None, kinds: tuple[str, ...]
) -> tuple[Picture, Mask]:
    kind, size = random.choice(kinds), (pixels.shape[0], pixels.shape[1])
    side = min(size)
    if part is not None and kind in ("notch", "gap"):
        gap = _notch(random, part) if kind == "notch" else _gap(random, part)
        return _laid(beyond * random.uniform(0.6, 1), pixels, gap, 0.7), gap
    if kind == "stain":
        seen = mask = blob(random, size, np.exp(random.uniform(np.log(3), np.log(0.3 * side))))
    elif kind == "large":
        seen = mask = blob(random, size, random.uniform(0.12, 0.5) * side)
    elif kind == "band":
        seen = mask = _band(random, size)
    else:
        seen, mask = crack(random, size)
    if part is not None and random.random() < 0.8:
        seen, mask = seen & part, mask & part
    return _marred(random, pixels, seen, random.choice([0, 0.7, 0.7, 1.2, 2.5])), mask


def _band(random: Random, size: Size) -> Mask:
    turn = random.choice([0, np.pi / 2, random.uniform(0, np.pi)])
    across, along = _along(size, turn), _along(size, turn + np.pi / 2)
    half = np.exp(random.uniform(np.log(2), np.log(0.3 * min(size))))
    band = np.abs(across - random.uniform(0, across.max())) < half
    if random.random() < 0.6:
        first = random.uniform(along.min(), along.max())
        band &= (along > first) & (along < first + random.uniform(0.3, 1) * min(size))
    return np.asarray(band)


def _notch(random: Random, part: Mask) -> Mask:
    """A piece missing at the edge of the part."""
    edge = np.argwhere(part ^ ndimage.binary_erosion(part))
    y, x = edge[random.integers(len(edge))]
    radius = np.exp(random.uniform(np.log(4), np.log(0.15 * min(part.shape))))
    piece = blob(random, (part.shape[0], part.shape[1]), radius)
    rows, columns = np.nonzero(piece)
    if len(rows) == 0:
        return piece
    moved = np.roll(piece, (int(y - rows.mean()), int(x - columns.mean())), axis=(0, 1))
    return np.asarray(moved & part)


def _gap(random: Random, part: Mask) -> Mask:
    size = (part.shape[0], part.shape[1])
    seen, _ = crack(random, size)
    width = random.uniform(1, 9) * (1 + 0.4 * field(random, size, 10))
    return np.asarray((ndimage.distance_transform_edt(~seen) < width) & part)


def _laid(below: Picture, above: Picture, where: Mask, softness: float) -> Picture:
    """`below` inside `where`, `above` outside, with a soft edge."""
    share = ndimage.gaussian_filter(where.astype(np.float32), softness)[..., None]
    return np.asarray(above * (1 - share) + below * share, dtype=np.float32)


def _marred(random: Random, pixels: Picture, where: Mask, softness: float | None = None) -> Picture:
    """The picture with other pixels in a place: darker, brighter, of another surface, or of another grain."""
    size = (pixels.shape[0], pixels.shape[1])
    fine = pixels - ndimage.gaussian_filter(pixels, (3, 3, 0))
    strength = random.uniform(4, 60) if random.random() < 0.7 else random.uniform(2, 10)
    strength = (strength + random.uniform(0.5, 4) * fine[..., 0].std()) * random.choice([-1, -1, 1])
    kind = random.integers(4)
    if kind <= 1:
        other = pixels + strength * (1 + 0.25 * field(random, size, 3)[..., None])
        if random.random() < 0.5:
            other = other + random.normal(size=3) * abs(strength) * 0.3
        if random.random() < 0.4:
            other = other - fine * random.uniform(0.3, 1)
    elif kind == 2:
        other = surface(random, size)
    else:
        grain = random.uniform(0.6, 2.5) if random.random() < 0.5 else -random.uniform(0.5, 1)
        other = pixels + fine * grain + (strength * 0.35 if random.random() < 0.7 else 0)
        if random.random() < 0.5:
            other = other + (_brushing(random, size) * random.uniform(4, 20))[..., None]
    return _laid(other, pixels, where, random.uniform(0, 1) if softness is None else softness)


def _heat(random: Random, mask: Mask) -> NDArray[np.float32]:
    """Patch scores: strongest at the edges of what is large, with hills that mean nothing; 1 in 8 misses the defect."""
    cells = (CELLS, CELLS)
    other = np.clip(field(random, cells, random.uniform(0.8, 2)) * random.uniform(0.1, 0.45), -1, 3)
    covered = Image.fromarray(mask.astype(np.float32)).resize(cells, Image.Resampling.BOX)
    share = np.asarray(covered)
    seen = ndimage.gaussian_filter(np.clip(share * random.uniform(1, 5), 0, 1), random.uniform(0.5, 1.2))
    inner = np.clip(ndimage.gaussian_filter(share, 2.5), 0, 1)
    found = seen * (1 - random.uniform(0, 0.9) * inner**2) * random.uniform(0.3, 2.5)
    found = found * (1 + 0.4 * field(random, cells, 2))
    return np.asarray(other if random.random() < 0.12 else found + other, dtype=np.float32)
