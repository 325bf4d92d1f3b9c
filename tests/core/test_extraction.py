"""Many images are encoded in order, a bounded number at a time; one that can't be read does not stop the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.extraction import AHEAD, BATCH, Encoded, Reader, Unreadable, encode_each
from core.images import ImageRefusedError
from tests.core.tiny_parts import tiny_encoder

Pixels = NDArray[np.uint8]


def picture(seed: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 255, (40 + seed, 30, 3), dtype=np.uint8)


def test_images_come_out_in_order_and_as_if_encoded_alone() -> None:
    encoder = tiny_encoder()
    count = 2 * BATCH + 3
    readers: list[Reader] = [lambda seed=seed: picture(seed) for seed in range(count)]  # type: ignore[misc]

    found = list(encode_each(encoder, readers))

    assert len(found) == count
    for seed, one in enumerate(found):
        assert isinstance(one, Encoded) and one.size == (40 + seed, 30)
        alone = encoder.encode([picture(seed)])[0]
        assert float((one.features - alone).abs().max()) <= 2e-3 * float(alone.abs().max())


def test_an_unreadable_image_is_reported_in_its_place() -> None:
    def broken() -> Pixels:
        raise ImageRefusedError("The file is empty (0 bytes).")

    found = list(encode_each(tiny_encoder(), [lambda: picture(0), broken, lambda: picture(1)]))

    assert isinstance(found[1], Unreadable) and "empty" in str(found[1].error)
    assert isinstance(found[0], Encoded) and isinstance(found[2], Encoded)
    assert not torch.equal(found[0].features, found[2].features)


def test_no_more_images_are_read_ahead_than_the_bound() -> None:
    read, lock = [0], threading.Lock()

    def reading() -> Pixels:
        with lock:
            read[0] += 1
        return picture(0)

    def endless() -> Iterator[Reader]:
        while True:
            yield reading

    encoded = encode_each(tiny_encoder(), endless())
    for taken in range(1, 3 * BATCH):
        next(encoded)
        assert read[0] <= taken + AHEAD + BATCH
    encoded.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("twinbank-reader")]


def test_an_unexpected_error_of_a_reader_is_not_swallowed() -> None:
    def bug() -> Pixels:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        list(encode_each(tiny_encoder(), [bug]))
