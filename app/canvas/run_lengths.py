"""Run lengths: how a mask travels between the browser and the server.

A mask (H, W) is a list [start, length, start, length, ...] of its True pixels, as flat indices y * width + x:
ascending, never empty, never touching. One mask has exactly one such list.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray


class RunLengthError(ValueError):
    """The list is not the run lengths of a mask of this size; the message says where and why."""


def encode(mask: NDArray[np.bool_]) -> list[int]:
    """Run lengths of a (H, W) mask; an empty mask gives an empty list."""
    flat = np.asarray(mask, dtype=bool).reshape(-1)
    edges = np.flatnonzero(np.diff(flat.astype(np.int8), prepend=0, append=0))
    starts, ends = edges[0::2], edges[1::2]
    return [int(number) for number in np.stack([starts, ends - starts], axis=1).reshape(-1)]


def encode_piece(mask: NDArray[np.bool_], top: int, left: int, width: int) -> list[int]:
    """Run lengths of a mask (h, w) that lies at (left, top) in an image of this width and is all there is."""
    band = np.zeros((mask.shape[0], width), dtype=bool)
    band[:, left : left + mask.shape[1]] = mask
    runs = encode(band)
    runs[0::2] = [start + top * width for start in runs[0::2]]
    return runs


def from_steps(steps: Sequence[int]) -> list[int]:
    """Run lengths from [start, length, each of the two less the one before it, ...], which packs better."""
    runs = list(steps)
    runs[0::2], runs[1::2] = accumulate(steps[0::2]), accumulate(steps[1::2])
    return runs


def decode(runs: Sequence[Any], width: int, height: int) -> NDArray[np.bool_]:
    """The (height, width) mask of these run lengths.

    Raises:
        RunLengthError: if they are not whole numbers, ascending, apart from each other and inside the image.
    """
    if width < 1 or height < 1:
        raise RunLengthError(f"an image of {width} x {height} pixels has no mask")
    if len(runs) % 2:
        raise RunLengthError(f"run lengths come in pairs, and {len(runs)} numbers came")
    if not set(map(type, runs)) <= {int}:
        raise RunLengthError("run lengths are whole numbers")
    mask = np.zeros(width * height, dtype=bool)
    nothing_before = -1
    end = nothing_before
    for at in range(0, len(runs), 2):
        start, length = runs[at], runs[at + 1]
        if length < 1:
            raise RunLengthError(f"run {at // 2} has length {length}; the shortest is 1")
        if start <= end or start < 0:
            raise RunLengthError(f"run {at // 2} starts at {start}, and the one before it ends at {end}")
        end = start + length
        if end > mask.size:
            raise RunLengthError(
                f"run {at // 2} ends at {end}, and {width} x {height} has {mask.size} pixels"
            )
        mask[start:end] = True
    return mask.reshape(height, width)
