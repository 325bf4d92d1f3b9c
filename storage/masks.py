"""Masks as files: one bit a pixel in a PNG, True on the defect. The same mask always gives the same bytes."""

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from storage.errors import MaskError

MAX_PIXELS = 64_000_000
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
COMPRESSION = 1  # masks are mostly empty: more takes longer and saves little


def encode_mask(mask: NDArray[np.bool_]) -> bytes:
    """Encode an (H, W) bool mask.

    Written here, because a picture library unpacks the bits and packs them again: a third of the time of a save.

    Raises:
        MaskError: it is not a two-dimensional array of booleans with at least one pixel.
    """
    if mask.dtype != np.bool_ or mask.ndim != 2 or not mask.size:
        raise MaskError(f"A mask is an (H, W) array of booleans; this is {mask.shape} of {mask.dtype}.")
    height, width = mask.shape
    packed = np.packbits(mask, axis=1)
    rows = np.zeros((height, 1 + packed.shape[1]), dtype=np.uint8)  # each begins with its filter: none
    rows[:, 1:] = packed
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)  # one bit of grey a pixel
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.data, COMPRESSION)), (b"IEND", b""))
    return PNG_SIGNATURE + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def decode_mask(data: bytes) -> NDArray[np.bool_]:
    """Decode what `encode_mask` made: (H, W) bool.

    Raises:
        MaskError: the bytes are something else, or damaged.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if image.mode != "1" or image.width * image.height > MAX_PIXELS:
                raise MaskError(
                    f"A mask has one bit a pixel and at most {MAX_PIXELS} pixels; this has mode {image.mode} "
                    f"and {image.width} × {image.height} pixels."
                )
            packed = np.frombuffer(image.tobytes(), dtype=np.uint8).reshape(image.height, -1)
            return np.unpackbits(packed, axis=1, count=image.width).astype(bool)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise MaskError(f"These {len(data)} bytes are not a readable mask: {error}") from error
