"""Decode image files safely: header first, orientation applied once, one fixed scale for 16 bits. Needs no torch."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_PIXELS = 64_000_000
FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
_BROWSER_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "BMP": "image/bmp", "WEBP": "image/webp"}
_ORIENTATION_TAG = 0x0112


class ImageRefusedError(ValueError):
    """The file can't be used as an image; the message is a sentence for a person."""


@dataclass(frozen=True, eq=False)
class DecodedImage:
    """Pixels as they are looked at, painted and scored."""

    pixels: NDArray[np.uint8]  # (H, W, 3)
    is_plain: bool  # the file itself shows the same pixels in a browser
    media_type: str  # of the file


def decode(data: bytes) -> DecodedImage:
    """Decode one file.

    Args:
        data: the file's bytes. PNG, JPEG, BMP, TIFF or WebP; 1, 8 or 16 bits, palette, CMYK, alpha.

    Raises:
        ImageRefusedError: empty, truncated, of another kind, or more than 64 Mpx (found in the header, before decoding).
    """
    if not data:
        raise ImageRefusedError("The file is empty (0 bytes).")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _decode_opened(Image.open(io.BytesIO(data), formats=FORMATS))
    except UnidentifiedImageError as error:
        raise ImageRefusedError(
            f"The file is not a {', '.join(FORMATS[:-1])} or {FORMATS[-1]} image."
        ) from error
    except Image.DecompressionBombError as error:
        raise ImageRefusedError(f"The image is larger than {MAX_PIXELS // 1_000_000} megapixels.") from error
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        if isinstance(error, ImageRefusedError):
            raise
        raise ImageRefusedError(f"The image is damaged or cut short ({error}).") from error


def _decode_opened(image: Image.Image) -> DecodedImage:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageRefusedError(
            f"The image has {width} x {height} = {width * height / 1e6:.0f} megapixels; at most {MAX_PIXELS // 1_000_000} are read."
        )
    mode, file_format = image.mode, image.format or ""
    orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    frames = getattr(image, "n_frames", 1)
    pixels = _to_rgb(ImageOps.exif_transpose(image))
    is_plain = file_format in _BROWSER_FORMATS and mode in ("L", "RGB") and orientation == 1 and frames == 1
    return DecodedImage(pixels, is_plain, _BROWSER_FORMATS.get(file_format, "image/tiff"))


def _to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """(H, W, 3). 16 bits are divided by 257, never stretched to the image's own range: brightness stays comparable."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        if image.mode == "F":
            raise ImageRefusedError("The image holds floating-point values; save it with 8 or 16 bits.")
        grey = np.clip(values.astype(np.int64), 0, 65535)
        return np.repeat(((grey + 128) // 257).astype(np.uint8)[:, :, None], 3, axis=2)
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        background = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(background, image.convert("RGBA"))
    return np.array(image.convert("RGB"), dtype=np.uint8)


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return (H, W, 3) pixels as a PNG file; equal pixels give equal bytes."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", compress_level=3)
    return buffer.getvalue()
