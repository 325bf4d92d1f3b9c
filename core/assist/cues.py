"""What speaks for a pixel to belong to the defect that was clicked or stroked on: the cues of the reference brush.

All are measured against the marks, against their surroundings and against the noise of the image, so that they mean the
same on any product. The model's heatmap is one of them; where there is none its cues are 0.

Shapes in this file
    h, w  pixels of the region      K  cues      M  marked pixels
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.graph import MCP_Geometric

from core.assist.region import CLICK, Mask
from core.assist.watershed import floods, lab_of, steepness

Plane = NDArray[np.float32]  # (h, w)
Planes = list[NDArray[np.floating] | np.floating]  # each (h, w), or one number for all pixels
EIGHT = np.ones((3, 3), dtype=np.bool_)
LEVELS = np.linspace(0, 1, 13)[1:]  # at which it is asked what hangs together with the marks
COLOUR_SCALES = (0.8, 1.6, 3.2, 6.4)  # px, sigma
RIDGE_SCALES = (1.0, 2.0, 4.0)
GRAIN_SCALES = (2.5, 6.0)
LEAST_RING = 20  # px
ENOUGH = 3000  # px for a median


@dataclass(frozen=True, eq=False)
class Scene:
    """A region of an image and what was drawn in it."""

    picture: NDArray[np.uint8]  # (h, w, 3)
    marks: Mask  # (h, w)
    heat: Plane | None  # 1 is the reject limit

    @cached_property
    def lab(self) -> NDArray[np.float32]:
        return lab_of(self.picture)

    @cached_property
    def slope(self) -> Plane:
        return steepness(self.lab)

    @cached_property
    def basins(self) -> list[Mask]:
        """Of the watershed, at each reach."""
        return floods(self.slope, self.marks, self.away)

    @cached_property
    def away(self) -> Plane:
        """Distance from the marks."""
        return np.asarray(ndimage.distance_transform_edt(~self.marks), dtype=np.float32)

    @cached_property
    def extent(self) -> float:
        rows, columns = np.nonzero(self.marks)
        return float(max(np.ptp(rows), np.ptp(columns)) + 1)

    @cached_property
    def ring(self) -> tuple[NDArray[np.intp], ...]:
        """Pixels around the marks, no more than a median needs."""
        tried = ((self.away > 6) & (self.away <= max(20.0, self.extent / 2)), self.away > 3, ~self.marks)
        found = next((ring for ring in tried if ring.sum() >= LEAST_RING), np.ones_like(self.marks))
        rows, columns = np.nonzero(found)
        step = max(1, len(rows) // ENOUGH)
        return rows[::step], columns[::step]

    @cached_property
    def noise(self) -> float:
        """CIELAB units, of what a slight smoothing takes away."""
        rest = np.abs(self.lab - smoothed(self.lab, 1.0))[::2, ::2].reshape(-1, 3)
        return float(np.sqrt((np.median(rest, axis=0) ** 2).sum() * 2.2)) + 0.4

    @cached_property
    def smooth(self) -> dict[float, NDArray[np.float32]]:
        return {scale: smoothed(self.lab, scale) for scale in COLOUR_SCALES}

    @cached_property
    def contrast(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(3,) colour of the marks, and how it differs from the ring's."""
        fine = self.smooth[COLOUR_SCALES[0]]
        own = fine[self.marks].mean(axis=0)
        return own, own - np.median(fine[self.ring], axis=0)


def cues_of(scene: Scene) -> NDArray[np.float32]:
    """(h * w, K)."""
    groups = (_colour, _ridges, _grain, _ways, _places, _model)
    planes = [plane for group in groups for plane in group(scene)]
    size = scene.marks.shape
    return np.stack([np.broadcast_to(plane, size).ravel() for plane in planes], axis=1).astype(np.float32)


def second_cues(first: Plane, scene: Scene) -> NDArray[np.float32]:
    """(h * w, K') what a first opinion on all pixels says about each: its surroundings and its way to the marks."""
    way = way_from(scene.marks, 0.01 - np.log(np.clip(first, 0.01, 1)))
    planes: Planes = [first, connected(first, scene.marks), np.log1p(way)]
    planes += [smoothed(first, scale) for scale in (1.5, 4.0, 10.0)]
    planes += [smoothed(first, 1.0) - smoothed(first, 3.0)]
    planes += [np.float32(np.log1p(first.sum())), first[scene.marks].mean()]
    return np.stack([np.broadcast_to(plane, first.shape).ravel() for plane in planes], axis=1).astype(
        np.float32
    )


def smoothed(values: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Gaussian over the first two axes."""
    sigma = (scale, scale, 0.0)[: values.ndim]
    return np.asarray(ndimage.gaussian_filter(values, sigma, mode="nearest", truncate=3.0), dtype=np.float32)


def connected(values: Plane, marks: Mask) -> Plane:
    """The highest of LEVELS above which a pixel hangs together with the marks."""
    found = np.zeros(values.shape, dtype=np.float32)
    for level in LEVELS:
        basin = joined(values >= level, marks)
        found[basin] = level
        if basin.sum() <= marks.sum():
            break
    return found


def joined(mask: Mask, marks: Mask) -> Mask:
    """The parts of a mask that the marks touch, and the marks."""
    labels, count = ndimage.label(mask | marks, EIGHT)
    touched = np.zeros(count + 1, dtype=np.bool_)
    touched[labels[marks]] = True
    return touched[labels]


def way_from(marks: Mask, cost: NDArray[np.floating]) -> Plane:
    """Cost of the cheapest way to the marks."""
    costs, _ = MCP_Geometric(cost.astype(np.float64)).find_costs(np.argwhere(marks))
    return np.asarray(costs, dtype=np.float32)


def _colour(scene: Scene) -> Planes:
    planes: Planes = []
    for scale, values in scene.smooth.items():
        marked = values[scene.marks]
        own, spread = marked.mean(axis=0), float(np.sqrt(marked.var(axis=0).sum()))
        off = _distance(values, own)
        planes += [off / 10, np.minimum(off / (scene.noise + spread), 20) / 5]
        for other in (
            np.median(values[scene.ring], axis=0),
            np.median(values[::3, ::3].reshape(-1, 3), axis=0),
        ):
            across = own - other
            square = float((across**2).sum())
            planes += [
                np.clip(((values - other) @ across) / (square + scene.noise**2), -2, 3),
                off / (off + _distance(values, other) + 0.3 * scene.noise),
            ]
            if scale == COLOUR_SCALES[1]:
                planes += [np.float32(np.log1p(np.sqrt(square) / scene.noise))]
    return planes


def _ridges(scene: Scene) -> Planes:
    """Lines as bright, or as dark, against what lies beside them as the marks are."""
    _, across = scene.contrast
    length = float(np.sqrt((across**2).sum()))
    darker = np.array([-1, 0, 0], dtype=np.float32)
    values = scene.lab @ (across / length if length > scene.noise / 2 else darker).astype(np.float32)
    planes: Planes = []
    for scale in RIDGE_SCALES:
        down, along, mixed = (
            ndimage.gaussian_filter(values, scale, order=order, truncate=3.0)
            for order in ((2, 0), (0, 2), (1, 1))
        )
        half, middle = np.sqrt(((along - down) / 2) ** 2 + mixed**2), (along + down) / 2
        ridge, blob = ((half - middle) * scale**2 / scene.noise, (-half - middle) * scale**2 / scene.noise)
        own = abs(float(ridge[scene.marks].mean())) + 1
        planes += [np.clip(ridge, -4, 12) / 3, np.clip(blob, -4, 12) / 3, np.clip(ridge / own, -3, 3)]
    return planes


def _grain(scene: Scene) -> Planes:
    fine = scene.lab[..., 0] - scene.smooth[COLOUR_SCALES[1]][..., 0]
    planes: Planes = []
    for scale in GRAIN_SCALES:
        grain = np.log(np.sqrt(smoothed(fine * fine, scale)) + 0.2)
        own, ring, all_of_it = (
            float(grain[scene.marks].mean()), float(np.median(grain[scene.ring])), float(np.median(grain[::3, ::3]))
        )  # fmt: skip
        off = np.abs(grain - own)
        planes += [grain - own, np.float32(own - ring)]
        planes += [off / (off + np.abs(grain - other) + 0.1) for other in (ring, all_of_it)]
    return planes


def _ways(scene: Scene) -> Planes:
    own, across = scene.contrast
    fine = scene.smooth[COLOUR_SCALES[0]]
    off = _distance(fine, own)
    usual = float(np.percentile(off[::3, ::3], 75)) + scene.noise / 2
    like = np.clip(((fine - (own - across)) @ across) / (float((across**2).sum()) + scene.noise**2), 0, 1)
    return [
        np.minimum(scene.slope / scene.noise, 10) / 3,
        np.minimum(steepness(scene.lab, 2.5) / scene.noise, 10) / 2,
        np.log1p(way_from(scene.marks, 0.02 + np.minimum(off / usual, 2) ** 1.5)),
        connected(like, scene.marks),
        connected(1 - np.clip(off / (2 * usual), 0, 1), scene.marks),
        np.mean(scene.basins, axis=0),
    ]


def _places(scene: Scene) -> Planes:
    height, width = scene.marks.shape
    rows, columns = (np.minimum(np.arange(side), np.arange(side)[::-1]) for side in (height, width))
    border = np.minimum(rows[:, None], columns[None])
    return [
        np.log1p(scene.away),
        np.minimum(scene.away / scene.extent, 6),
        scene.away / max(height, width),
        np.log1p(np.minimum(border, 20)),
        *(np.float32(value) for value in (np.log(scene.extent), scene.extent <= CLICK, np.log(scene.noise))),
    ]


def _model(scene: Scene) -> Planes:
    if scene.heat is None:
        return [np.zeros(scene.marks.shape, dtype=np.float32)] * 5
    own, usual = float(scene.heat[scene.marks].max()), float(np.median(scene.heat[::3, ::3]))
    share = np.clip((scene.heat - usual) / max(own - usual, 0.15), -1, 2)
    return [
        np.ones(scene.marks.shape, dtype=np.float32),
        np.clip(scene.heat, -1, 3),
        share,
        np.full(scene.marks.shape, min(own, 3.0), dtype=np.float32),
        connected(np.clip(share, 0, 1), scene.marks),
    ]


def _distance(values: NDArray[np.float32], colour: NDArray[np.float32]) -> Plane:
    return np.asarray(np.sqrt(((values - colour) ** 2).sum(axis=-1)), dtype=np.float32)
