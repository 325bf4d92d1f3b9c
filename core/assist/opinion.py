"""How likely each pixel belongs to the defect: small networks on the cues, computed by numpy.

They were fitted on rendered defects alone, which no product's images are among; `benchmarks.brush` makes the file anew.

Shapes in this file
    h, w  pixels of the region      P = h * w      K  cues
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.assist.cues import Plane, Scene, cues_of, second_cues

FILE = Path(__file__).with_name("opinion.npz")
FARTHEST = 5.0  # standard deviations of a cue from its mean that are believed
ROWS = 2**13  # pixels at a time: what they need stays in the processor's cache


@dataclass(frozen=True, eq=False)
class Opinion:
    """A network of a few layers, with the mean and spread of its inputs."""

    mean: NDArray[np.float32]  # (K,)
    spread: NDArray[np.float32]  # (K,)
    weights: tuple[NDArray[np.float32], ...]  # each (outputs, inputs)
    shifts: tuple[NDArray[np.float32], ...]

    def of(self, cues: NDArray[np.float32]) -> NDArray[np.float32]:
        """(P, K) -> (P,) from 0 to 1."""
        return likely(self.odds(cues))

    def odds(self, cues: NDArray[np.float32]) -> NDArray[np.float32]:
        """(P, K) -> (P,) logarithms of odds."""
        parts = [self._of(cues[start : start + ROWS]) for start in range(0, len(cues), ROWS)]
        return np.concatenate(parts)

    def _of(self, cues: NDArray[np.float32]) -> NDArray[np.float32]:
        values = np.clip((cues - self.mean) / self.spread, -FARTHEST, FARTHEST)
        for weights, shifts in zip(self.weights[:-1], self.shifts[:-1], strict=True):
            values = np.maximum(values @ weights.T + shifts, 0)
        return np.asarray((values @ self.weights[-1].T + self.shifts[-1])[:, 0], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Opinions:
    """The first looks at each pixel alone, the seconds, who are averaged, also at what the first says around it."""

    first: Opinion
    seconds: tuple[Opinion, ...]

    def likelihood(self, scene: Scene) -> Plane:
        """(h, w) from 0 to 1."""
        cues = cues_of(scene)
        first = self.first.of(cues).reshape(scene.marks.shape)
        cues = np.hstack([cues, second_cues(first, scene)])
        odds = np.stack([second.odds(cues) for second in self.seconds]).mean(axis=0)
        return likely(odds).reshape(scene.marks.shape)


def likely(odds: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return likelihoods from 0 to 1."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))), dtype=np.float32)


@cache
def opinions() -> Opinions:
    """Return what comes with the product."""
    return read()


def read(file: Path = FILE) -> Opinions:
    """Read what `benchmarks.brush` wrote."""
    with np.load(file, allow_pickle=False) as stored:
        arrays = {name: np.asarray(stored[name], dtype=np.float32) for name in stored.files}
    names = sorted({name.split(".")[0] for name in arrays if name.startswith("second")})
    return Opinions(_from_arrays(arrays, "first"), tuple(_from_arrays(arrays, name) for name in names))


def _from_arrays(arrays: Mapping[str, NDArray[np.float32]], name: str) -> Opinion:
    count = sum(key.startswith(f"{name}.weights.") for key in arrays)
    return Opinion(
        arrays[f"{name}.mean"],
        arrays[f"{name}.spread"],
        tuple(arrays[f"{name}.weights.{layer}"] for layer in range(count)),
        tuple(arrays[f"{name}.shifts.{layer}"] for layer in range(count)),
    )
