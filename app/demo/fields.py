"""Random fields and drawn shapes that the demo parts are made of.

Shapes in this file
    H, W  height and width of the picture in pixels      n  points of a polyline, as (x, y)
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Field = NDArray[np.float32]

SIDE = 384  # every part is photographed at SIDE x SIDE pixels


@dataclass(frozen=True, eq=False)
class Grid:
    """Pixel coordinates with the origin in the middle of the picture."""

    x: Field  # (H, W)
    y: Field  # (H, W)


@lru_cache(maxsize=1)
def pixel_grid() -> Grid:
    """The coordinates of every pixel; x to the right, y down."""
    axis = np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2
    x, y = np.meshgrid(axis, axis)
    return Grid(x.astype(np.float32), y.astype(np.float32))


@dataclass(frozen=True)
class Pose:
    """Where a part lies under the camera: shift in pixels, angle in radians."""

    shift_x: float
    shift_y: float
    angle: float

    def to_part(self) -> Grid:
        """Pixel coordinates as seen from the part: shift and turn undone."""
        grid = pixel_grid()
        x, y = grid.x - self.shift_x, grid.y - self.shift_y
        cos, sin = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        return Grid(cos * x + sin * y, cos * y - sin * x)

    def to_picture(self, points: NDArray[np.floating]) -> NDArray[np.floating]:
        """Points (n, 2) given on the part, in pixels of the picture with the origin top left."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        turned = points @ np.array([[cos, sin], [-sin, cos]])
        return turned + np.array([self.shift_x, self.shift_y]) + (SIDE - 1) / 2


def jittered_pose(rng: Generator, shift: float, degrees: float) -> Pose:
    """A pose with up to `shift` pixels and `degrees` of play either way."""
    dx, dy = rng.uniform(-shift, shift, 2)
    return Pose(float(dx), float(dy), float(np.deg2rad(rng.uniform(-degrees, degrees))))


def smooth_noise(rng: Generator, cell_x: float, cell_y: float | None = None) -> Field:
    """Noise (H, W) of mean 0 and deviation 1 whose grain is about `cell_x` by `cell_y` pixels."""
    cell_y = cell_x if cell_y is None else cell_y
    size = (int(np.ceil(SIDE / cell_x)) + 3, int(np.ceil(SIDE / cell_y)) + 3)
    coarse = Image.fromarray(rng.standard_normal((size[1], size[0]), dtype=np.float32))
    left, top = rng.uniform(0.5, 1.5, 2)
    box = (left, top, left + SIDE / cell_x, top + SIDE / cell_y)
    field = np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=box))
    return (field - field.mean()) / field.std()


def colour_planes(red: float, green: float, blue: float) -> NDArray[np.float32]:
    """A colour as (3, 1, 1), to be spread over a picture of planes."""
    return np.array([red, green, blue], np.float32)[:, None, None]


def white_noise(rng: Generator) -> Field:
    """Independent noise (H, W) of deviation 1."""
    return rng.standard_normal((SIDE, SIDE), dtype=np.float32)


def fractal_noise(rng: Generator, cell: float, octaves: int = 3) -> Field:
    """Noise (H, W) with detail at `cell`, half of it, a quarter …, each half as strong."""
    field = sum(smooth_noise(rng, cell / 2**octave) * np.float32(0.5**octave) for octave in range(octaves))
    return np.asarray(field, dtype=np.float32) / np.float32(np.sqrt(sum(0.25**i for i in range(octaves))))


def ramp(field: Field, low: float, high: float) -> Field:
    """0 below `low`, 1 above `high`, a smooth step between."""
    step = np.clip((field - np.float32(low)) / np.float32(high - low), 0, 1)
    return step * step * (3 - 2 * step)


def turned(field: Field, angle: float) -> Field:
    """`field` turned about its middle by `angle` radians; the corners repeat what lies nearest."""
    margin = 16
    padded = Image.fromarray(np.pad(field, margin, mode="reflect"))
    whole = np.asarray(padded.rotate(np.rad2deg(angle), Image.Resampling.BILINEAR))
    return whole[margin:-margin, margin:-margin]


def softened(cover: Field, radius: float) -> Field:
    """A coverage 0..1 blurred by a Gaussian; good to 1/255."""
    grey = Image.fromarray((cover * np.float32(255)).astype(np.uint8))
    return np.asarray(grey.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float32) / np.float32(255)


def length(x: Field, y: Field) -> Field:
    """Euclidean length; several times quicker than numpy's overflow-safe hypot."""
    return np.sqrt(x * x + y * y)


def stroke(points: NDArray[np.floating], widths: NDArray[np.floating] | float) -> Field:
    """Coverage 0..1 (H, W) of a polyline (n, 2) drawn with a round pen of `widths` pixels."""
    fine = 4
    pens = np.broadcast_to(np.asarray(widths, dtype=float), (len(points),))
    margin = float(pens.max()) + 2
    low = np.clip(np.floor(points.min(axis=0) - margin), 0, SIDE - 1).astype(int)
    high = np.clip(np.ceil(points.max(axis=0) + margin), low + 1, SIDE).astype(int)
    width, height = high - low
    canvas = Image.new("L", (int(width) * fine, int(height) * fine))
    draw = ImageDraw.Draw(canvas)
    placed = (points - low + 0.5) * fine
    for start, end, pen in zip(placed[:-1], placed[1:], pens[:-1] * fine, strict=True):
        draw.line([*start, *end], fill=255, width=max(1, round(pen)))
        if pen > 3:
            draw.ellipse([*(end - pen / 2), *(end + pen / 2)], fill=255)
    covered = np.zeros((SIDE, SIDE), np.float32)
    covered[low[1] : high[1], low[0] : high[0]] = np.asarray(canvas.reduce(fine), dtype=np.float32) / 255
    return covered


def wandering_line(
    rng: Generator, start: tuple[float, float], heading: float, length: float, wander: float
) -> NDArray[np.floating]:
    """A polyline (n, 2) of about `length` that begins at `start` and drifts by `wander` radians a step."""
    step = 4.0
    count = max(3, round(length / step))
    headings = heading + np.cumsum(rng.normal(0, wander, count))
    steps = np.stack([np.cos(headings), np.sin(headings)], axis=1) * step
    return np.concatenate([[start], np.asarray(start) + np.cumsum(steps, axis=0)])


def blob(
    rng: Generator, centre: tuple[float, float], radius: float, rough: float, stretch: float = 1.0
) -> Field:
    """How many pixels inside an irregular round outline each pixel lies (H, W); negative outside.

    `centre` has its origin in the middle of the picture; `rough` 0 gives an ellipse of that `stretch`.
    """
    angle = rng.uniform(0, np.pi)
    local = Pose(centre[0], centre[1], float(angle)).to_part()
    x, y = local.x / np.float32(np.sqrt(stretch)), local.y * np.float32(np.sqrt(stretch))
    around = np.linspace(-np.pi, np.pi, 257)
    edge = np.ones_like(around)
    for wave in range(2, 9):
        edge += rough / wave * rng.normal() * np.cos(wave * around + rng.uniform(0, 2 * np.pi))
    outline = np.interp(np.arctan2(y, x), around, radius * edge).astype(np.float32)
    return outline - length(x, y)
