"""The demo's products: one rendered photograph of one part, with the exact mask of its defect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes
from skimage.morphology import isotropic_closing

from . import cap, fabric, gear, plate
from .camera import expose, read_out, set_up_camera

GOOD = "good"
LOTS = 4
VISIBLE_LEVELS = (
    2.5  # a pixel belongs to the defect when it changed by this many of 255 grey levels before noise
)


class UnknownPartError(ValueError):
    """Asked for a product or a defect type that the demo does not have."""


@dataclass(frozen=True)
class DemoProduct:
    """One product of the demo."""

    name: str
    defect_types: tuple[str, ...]
    faint_type: str  # recurring and low in contrast: what a model without lessons tends to pass
    description: str


@dataclass(frozen=True, eq=False)
class RenderedPart:
    """A photograph and its truth."""

    pixels: NDArray[np.uint8]  # (H, W, 3)
    mask: NDArray[np.bool_]  # (H, W), True on the defect; empty for a good part
    defect_type: str | None


@dataclass(frozen=True)
class _Recipe:
    """How a product is made: a good scene, what can go wrong with it, and how light falls on it."""

    build: Callable[[Generator, Generator], Any]
    shade: Callable[[Any], NDArray[np.float32]]
    painters: Mapping[str, Callable[[Any, Generator], Any]]


PRODUCTS: tuple[DemoProduct, ...] = (
    DemoProduct(
        "brushed_plate", tuple(plate.PAINTERS), "water_mark", "Brushed aluminium plate under a bar lamp"
    ),
    DemoProduct("canvas", tuple(fabric.PAINTERS), "thin_pick", "Cotton canvas in plain weave"),
    DemoProduct("spur_gear", tuple(gear.PAINTERS), "hairline_crack", "Turned steel gear on a dark belt"),
    DemoProduct("screw_cap", tuple(cap.PAINTERS), "weld_line", "Moulded, printed screw cap on a light belt"),
)
_RECIPES: Mapping[str, _Recipe] = {
    "brushed_plate": _Recipe(plate.build, plate.shade, plate.PAINTERS),
    "canvas": _Recipe(fabric.build, fabric.shade, fabric.PAINTERS),
    "spur_gear": _Recipe(gear.build, gear.shade, gear.PAINTERS),
    "screw_cap": _Recipe(cap.build, cap.shade, cap.PAINTERS),
}


def product_named(name: str) -> DemoProduct:
    """The product called `name`.

    Raises:
        UnknownPartError: if the demo has no such product.
    """
    for product in PRODUCTS:
        if product.name == name:
            return product
    raise UnknownPartError(f"no demo product {name!r}; there are {', '.join(p.name for p in PRODUCTS)}")


def lot_of(seed: int) -> int:
    """The lot that the part with this seed comes from, 1..LOTS."""
    return seed % LOTS + 1


def render_part(product: str, kind: str, seed: int) -> RenderedPart:
    """Photograph one part.

    The same seed is the same part in the same shot, noise included: kinds differ in the defect's pixels only.

    Args:
        kind: "good" or one of the product's defect types.
        seed: 0 or more; also chooses the lot.

    Raises:
        UnknownPartError: if there is no such product or no such defect type of it.
    """
    known = product_named(product)
    if kind != GOOD and kind not in known.defect_types:
        raise UnknownPartError(
            f"{product} has no defect type {kind!r}; it has {', '.join(known.defect_types)}"
        )
    recipe, station = _RECIPES[product], PRODUCTS.index(known)
    part_random, shot_random, noise_random = (np.random.default_rng([seed, station, s]) for s in range(3))
    scene = recipe.build(part_random, np.random.default_rng([lot_of(seed), station, 9]))
    camera = set_up_camera(shot_random)
    levels = expose(recipe.shade(scene), camera)
    if kind == GOOD:
        return RenderedPart(read_out(levels, noise_random), np.zeros(levels.shape[1:], bool), None)
    damage_random = np.random.default_rng([seed, station, 3 + known.defect_types.index(kind)])
    damaged = expose(recipe.shade(recipe.painters[kind](scene, damage_random)), camera)
    return RenderedPart(read_out(damaged, noise_random), _changed(levels, damaged), kind)


def _changed(before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where two noise-free shots (3, H, W) differ visibly; holes in a defect count as inside."""
    visible = np.abs(after - before).max(axis=0) >= VISIBLE_LEVELS
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    if rows.size == 0:
        return visible
    box = np.s_[max(0, rows[0] - 1) : rows[-1] + 2, max(0, columns[0] - 1) : columns[-1] + 2]
    visible[box] = binary_fill_holes(isotropic_closing(np.pad(visible[box], 5), 4))[5:-5, 5:-5]
    return visible
