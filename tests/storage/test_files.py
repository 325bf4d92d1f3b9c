"""Blobs, masks and the durable writer: whole or not at all, and damage is seen."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from storage.blobs import BlobStore
from storage.durable import DurableFiles, open_new
from storage.errors import BlobDamagedError, BlobMissingError, MaskError, WorkspaceFullError
from storage.masks import decode_mask, encode_mask


def test_blob_is_named_by_its_content(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)

    sha256 = blobs.put(b"picture")

    assert sha256 == hashlib.sha256(b"picture").hexdigest() == blobs.put(b"picture")
    assert blobs.get(sha256) == b"picture"
    assert blobs.path(sha256) == tmp_path / sha256[:2] / sha256
    assert blobs.exists(sha256)
    assert list(blobs.names()) == [sha256]


def test_damaged_blob_is_reported_and_healed_by_putting_it_again(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    sha256 = blobs.put(b"picture")
    blobs.path(sha256).write_bytes(b"pictura")

    with pytest.raises(BlobDamagedError, match=sha256):
        blobs.get(sha256)
    with pytest.raises(BlobDamagedError):
        blobs.verify(sha256)
    assert blobs.put(b"picture") == sha256
    assert blobs.get(sha256) == b"picture"


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64])
def test_missing_or_impossible_blob_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(BlobMissingError, match="missing"):
        BlobStore(tmp_path).get(name)


def full_after(files: int) -> Callable[[Path], BinaryIO]:
    """A disk with room for so many files; the next one meets the kernel's own ENOSPC."""
    opened: list[Path] = []

    def open_file(path: Path) -> BinaryIO:
        opened.append(path)
        return open_new(path) if len(opened) <= files else Path("/dev/full").open("wb")

    return open_file


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_full_disk_is_a_clear_error_and_leaves_what_was_stored(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path, DurableFiles(tmp_path / ".incoming", full_after(1)))
    first = blobs.put(b"first")

    with pytest.raises(WorkspaceFullError, match="is full"):
        blobs.put(b"second")

    assert list(blobs.names()) == [first]
    assert blobs.get(first) == b"first"
    assert list((tmp_path / ".incoming").iterdir()) == []


def test_half_written_files_of_a_crash_are_tidied(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    sha256 = blobs.put(b"picture")
    (tmp_path / ".incoming" / "crash.part").write_bytes(b"pict")

    assert blobs.tidy() == 1
    assert list((tmp_path / ".incoming").iterdir()) == []
    assert blobs.get(sha256) == b"picture"


@settings(deadline=None, max_examples=60)
@given(mask=arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=19)))
def test_mask_comes_back_pixel_for_pixel(mask: np.ndarray) -> None:
    data = encode_mask(mask)

    assert np.array_equal(decode_mask(data), mask)
    assert decode_mask(data).dtype == np.bool_
    assert encode_mask(np.asfortranarray(mask)) == data  # the same mask, the same name


@given(data=st.binary(max_size=60))
def test_bytes_that_are_no_mask_are_refused(data: bytes) -> None:
    with pytest.raises(MaskError):
        decode_mask(data)


def test_cut_off_and_eight_bit_masks_are_refused() -> None:
    data = encode_mask(np.eye(40, dtype=bool))
    for cut in (10, 40, len(data) // 2):
        with pytest.raises(MaskError):
            decode_mask(data[:cut])
    with pytest.raises(MaskError, match="booleans"):
        encode_mask(np.eye(4))  # type: ignore[arg-type]
    with pytest.raises(MaskError, match="booleans"):
        encode_mask(np.zeros((0, 4), dtype=bool))
