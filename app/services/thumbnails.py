"""Small pictures for the grid, made once per image and kept in the workspace; remade when missing."""

import io
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.images import decode
from storage.blobs import BlobStore

LONG_SIDE = 256  # px
QUALITY = 85
FIELDS = 32  # a side, in which near-duplicates are compared


class Thumbnails:
    """A folder of JPEG files named by the image's pixels."""

    def __init__(self, folder: Path, blobs: BlobStore) -> None:
        self._folder = folder
        self._blobs = blobs

    def of(self, pixels_sha256: str) -> Path:
        """Return the file, making it from the stored image when it is not there."""
        path = self._path(pixels_sha256)
        if not path.exists():
            self.make(pixels_sha256, decode(self._blobs.get(pixels_sha256)).pixels)
        return path

    def look(self, pixels_sha256: str) -> NDArray[np.uint8] | None:
        """Return the mean grey level of each of 32 × 32 fields, (1024,); None: there is no thumbnail yet."""
        try:
            with Image.open(self._path(pixels_sha256), formats=["JPEG"]) as picture:
                picture.draft("L", (FIELDS, FIELDS))
                small = picture.convert("L").resize((FIELDS, FIELDS), Image.Resampling.BOX)
        except OSError:
            return None
        return np.asarray(small, np.uint8).reshape(-1)

    def make(self, pixels_sha256: str, pixels: NDArray[np.uint8]) -> None:
        """Write the thumbnail of (H, W, 3) pixels; a reader sees it whole or not at all."""
        picture = Image.fromarray(pixels)
        picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
        buffer = io.BytesIO()
        picture.save(buffer, format="JPEG", quality=QUALITY)
        path = self._path(pixels_sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(buffer.getvalue())
        os.replace(temporary, path)

    def _path(self, pixels_sha256: str) -> Path:
        return self._folder / pixels_sha256[:2] / f"{pixels_sha256}.jpg"
