"""Run lengths: how a mask travels between the browser and the server.

A mask (H, W) is a list [start, length, start, length, ...] of its True pixels, as flat indices y * width + x:
ascending, never empty, never touching. One mask has exactly one such list.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGEST = 2**40
_WORD = 2**32 - 1
_FIRST = (0x811C9DC5, 0x9E3779B9)
_FACTORS = (0x01000193, 0x85EBCA6B)


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


def toggled(base: Sequence[int], changed: Sequence[int]) -> list[int]:
    """Run lengths of the pixels that are in one of the two, and not in both. Nothing is checked; `decode` does.

    Raises:
        RunLengthError: numbers that no image has, or one without its pair.
    """
    if len(base) % 2 or len(changed) % 2:
        raise RunLengthError("run lengths come in pairs")
    both = [*base, *changed]
    if any(abs(number) > _LARGEST for number in both):
        raise RunLengthError("run lengths are numbers of pixels")
    starts, lengths = np.array(both[0::2], np.int64), np.array(both[1::2], np.int64)
    edges, times = np.unique(np.concatenate([starts, starts + lengths]), return_counts=True)
    edges = edges[times % 2 == 1]  # where both change, nothing does
    runs = np.stack([edges[0::2], edges[1::2] - edges[0::2]], axis=1)
    return [int(number) for number in runs.reshape(-1)]


def fingerprint(lists: Iterable[Sequence[int]]) -> tuple[int, int]:
    """Two numbers of 32 bits that tell lists of run lengths apart. The same as `fingerprint` in run_lengths.js."""
    first, second = _FIRST
    for runs in lists:
        for number in (len(runs), *runs):
            first = (first ^ number) * _FACTORS[0] & _WORD
            second = (second ^ number) * _FACTORS[1] & _WORD
    return first, second


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
