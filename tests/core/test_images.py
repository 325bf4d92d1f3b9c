"""Decoding is safe, and the same picture is the same pixels whatever it is wrapped in."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from core.images import ImageRefusedError, decode, encode_png

RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def test_a_plain_png_is_shown_as_it_is() -> None:
    decoded = decode(saved(Image.fromarray(RAMP), "PNG"))
    assert decoded.is_plain and decoded.media_type == "image/png"
    assert (decoded.pixels == RAMP[:, :, None]).all()


def test_orientation_is_applied_once() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to look at it
    data = saved(Image.fromarray(np.repeat(RAMP[:, :, None], 3, 2)), "PNG", exif=exif)
    decoded = decode(data)
    assert not decoded.is_plain
    assert (decoded.pixels[:, :, 0] == np.rot90(RAMP, -1)).all()
    again = decode(encode_png(decoded.pixels))
    assert again.is_plain and (again.pixels == decoded.pixels).all()


def test_sixteen_bits_keep_one_fixed_scale() -> None:
    dark = np.full((2, 2), 257 * 3, dtype=np.uint16)  # a dark image is dark, not stretched to its own range
    decoded = decode(saved(Image.fromarray(dark), "PNG"))
    assert (decoded.pixels == 3).all() and not decoded.is_plain
    full = decode(saved(Image.fromarray(np.full((2, 2), 65535, dtype=np.uint16)), "TIFF"))
    assert (full.pixels == 255).all()


@pytest.mark.parametrize("mode", ["1", "P", "RGBA", "LA", "CMYK"])
def test_other_modes_become_rgb(mode: str) -> None:
    image = Image.new("RGB", (4, 3), (255, 255, 255)).convert(mode)
    decoded = decode(saved(image, "TIFF" if mode in ("CMYK", "LA") else "PNG"))
    assert decoded.pixels.shape == (3, 4, 3)
    assert (decoded.pixels > 250).all()
    assert not decoded.is_plain


def test_what_is_transparent_lies_on_white() -> None:
    decoded = decode(saved(Image.new("RGBA", (1, 1), (0, 0, 0, 0)), "PNG"))
    assert decoded.pixels.tolist() == [[[255, 255, 255]]]


def bomb() -> bytes:
    """A PNG of a few dozen bytes whose header claims 13,000 x 13,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 13_000, 13_000, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"GIF89a not for us", "not a PNG"),
        (b"<svg onload=alert(1)>", "not a PNG"),
        (
            saved(
                Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)), "PNG"
            )[:300],
            "damaged",
        ),
        (bomb(), "169 megapixels"),
        (saved(Image.new("F", (2, 2)), "TIFF"), "floating-point"),
    ],
)
def test_bad_files_are_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(ImageRefusedError, match=sentence):
        decode(data)


def test_thirty_megapixels_are_read() -> None:
    assert decode(saved(Image.new("L", (6000, 5000), 7), "PNG")).pixels.shape == (5000, 6000, 3)
