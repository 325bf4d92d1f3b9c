"""Features of many images: files are read and resized in threads while the network computes, a few ahead at a time.

Shapes in this file
    N  patches of an image      C  feature dimension      H, W  pixels of an image
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from core.encoder import PatchEncoder
from core.images import ImageRefusedError

BATCH = 8  # images the network is given at a time
AHEAD = 2 * BATCH  # images read but not yet computed: bounds memory whatever their number
READERS = 4

Reader = Callable[[], NDArray[np.uint8]]  # -> (H, W, 3)


@dataclass(frozen=True)
class Unreadable:
    """An image that could not be read."""

    error: ImageRefusedError | OSError


@dataclass(frozen=True, eq=False)
class Encoded:
    """One image's features."""

    features: Tensor  # (N, C) float32, rounded to float16
    size: tuple[int, int]  # (H, W) of the image itself


@dataclass(frozen=True, eq=False)
class _Input:
    pixels: NDArray[np.uint8]  # (S, S, 3)
    size: tuple[int, int]


def encode_each(encoder: PatchEncoder, readers: Iterable[Reader]) -> Iterator[Encoded | Unreadable]:
    """Yield what each reader's image gives, in order. `readers` may be endless: it is read as it is needed."""

    def prepared(read: Reader) -> _Input | Unreadable:
        try:
            pixels = read()
        except (ImageRefusedError, OSError) as error:
            return Unreadable(error)
        return _Input(encoder.to_input(pixels), (int(pixels.shape[0]), int(pixels.shape[1])))

    source = iter(readers)
    waiting: deque[Future[_Input | Unreadable]] = deque()
    pool = ThreadPoolExecutor(min(READERS, os.cpu_count() or 1), thread_name_prefix="twinbank-reader")
    try:
        while True:
            room = AHEAD - len(waiting)
            waiting.extend(pool.submit(prepared, read) for read in itertools.islice(source, room))
            if not waiting:
                return
            batch = [waiting.popleft().result() for _ in range(min(BATCH, len(waiting)))]
            waiting.extend(pool.submit(prepared, read) for read in itertools.islice(source, len(batch)))
            yield from _encoded(encoder, batch)
    finally:  # also when the caller stops in the middle
        pool.shutdown(wait=True, cancel_futures=True)


def _encoded(encoder: PatchEncoder, batch: list[_Input | Unreadable]) -> Iterator[Encoded | Unreadable]:
    inputs = [found.pixels for found in batch if isinstance(found, _Input)]
    features = iter(encoder.encode_inputs(np.stack(inputs)) if inputs else ())
    for found in batch:
        yield Encoded(next(features), found.size) if isinstance(found, _Input) else found
