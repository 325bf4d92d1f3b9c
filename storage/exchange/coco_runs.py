"""COCO's run lengths: down the columns, the first run is of zeros; as numbers, or as COCO's compressed text."""

import numpy as np
from numpy.typing import NDArray

from storage.exchange.labels import ExchangeError, Mask

LONGEST_RUN = 2**31  # far above an image, far below where sums overflow


def encode(mask: Mask) -> list[int]:
    """Return the run lengths of an (H, W) mask."""
    flat = mask.ravel(order="F")
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    runs = np.diff(np.concatenate(([0], edges, [flat.size]))).tolist()
    return [0, *runs] if flat[0] else runs


def decode(counts: object, size: tuple[int, int], what: str) -> Mask:
    """Return the (H, W) mask of run lengths, given as a list or as compressed text.

    Raises:
        ExchangeError: they are no run lengths, or do not add up to the image's pixels.
    """
    runs = _numbers(counts, what)
    height, width = size
    if (runs < 0).any() or (runs > height * width).any() or int(runs.sum()) != height * width:
        raise ExchangeError(
            f"The runs of {what} cover {int(runs.sum())} pixels; its image has {width} x {height} = {height * width}."
        )
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(size, order="F")


def _numbers(counts: object, what: str) -> NDArray[np.int64]:
    if isinstance(counts, str):
        return _decompressed(counts, what)
    if not isinstance(counts, list) or not all(type(run) is int and abs(run) < LONGEST_RUN for run in counts):
        raise ExchangeError(f"The runs of {what} are neither whole numbers nor COCO's compressed text.")
    return np.array(counts, np.int64)


def _decompressed(text: str, what: str) -> NDArray[np.int64]:
    """Five bits a character, lowest first; from the fourth run on the difference to the run two before."""
    runs: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 40:
            raise ExchangeError(f"The runs of {what} hold {character!r}, which COCO's text does not know.")
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        if abs(runs[-1]) > LONGEST_RUN:
            raise ExchangeError(f"A run of {what} is longer than any image.")
        value = shift = 0
    if shift:
        raise ExchangeError(f"The runs of {what} are cut short.")
    return np.array(runs, np.int64)
