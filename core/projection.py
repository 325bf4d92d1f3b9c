"""Patches of many images as points to choose rows from: read one image at a time, kept in few dimensions.

Shapes in this file
    I  images      N  patches of an image      C  feature dimension      d  dimensions after projection
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from core.coreset import random_projection

IN_MEMORY = 512 * 1024**2  # bytes of points; more lie in a temporary file that the system pages in and out

Patches = Callable[[], Tensor]  # -> (N, C) standardised, of one image


class PatchCountError(ValueError):
    """Images give different numbers of patches; the message gives both."""


class ProjectedPatches:
    """(I * N, d) points, image after image; full features are read again for the rows that are picked."""

    def __init__(self, images: Sequence[Patches], dimensions: int, generator: torch.Generator) -> None:
        """
        Args:
            images: read twice, once here and once in `take` if a row of theirs is picked; at least one.
            dimensions: d; 0, or at least C: points are the patches themselves.

        Raises:
            PatchCountError
        """
        self._images = images
        first = images[0]()
        self.per_image, channels = first.shape  # N, C
        self.projection: Tensor | None = None  # (C, d)
        if dimensions and dimensions < channels:
            self.projection = random_projection(channels, dimensions, generator).to(first)
        self.points = _room(len(images) * self.per_image, self.project(first[:1]))
        for number, read in enumerate(images):
            patches = first if number == 0 else read()
            if len(patches) != self.per_image:
                raise PatchCountError(
                    f"image {number} gives {len(patches)} patches, the first {self.per_image}"
                )
            start = number * self.per_image
            self.points[start : start + self.per_image] = self.project(patches)

    def project(self, patches: Tensor) -> Tensor:
        """(n, C) -> (n, d)."""
        return patches if self.projection is None else patches @ self.projection

    def locate(self, picks: Tensor) -> tuple[Tensor, Tensor]:
        """Return image and cell of each pick, (P,) each, on the CPU."""
        picks = picks.cpu()
        return picks // self.per_image, picks % self.per_image

    def take(self, picks: Tensor) -> Tensor:
        """(P, C) full features of the picks, in their order."""
        image_of, cell_of = self.locate(picks)
        rows: Tensor | None = None
        for number in image_of.unique().tolist():
            patches = self._images[number]()
            wanted = image_of == number
            if rows is None:
                rows = patches.new_empty(len(picks), patches.shape[1])
            rows[wanted.to(rows.device)] = patches[cell_of[wanted].to(patches.device)]
        assert rows is not None, "at least one row is picked"
        return rows


def _room(count: int, like: Tensor) -> Tensor:
    """Return an unset (count, d) tensor of the type and device of `like` (1, d)."""
    size = count * like.shape[1] * like.element_size()
    if like.device.type != "cpu" or size <= IN_MEMORY:
        return like.new_empty(count, like.shape[1])
    with tempfile.TemporaryFile(prefix="twinbank-points-") as file:  # goes with the last map of it
        file.truncate(size)
        return torch.from_numpy(np.memmap(file, np.float32, "r+", shape=(count, like.shape[1])))
