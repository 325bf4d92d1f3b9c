"""What comparing images with the painted patches of one lesson found once. A miss is compared again.

Shapes in this file
    N  patches of an image      A  painted patches of the lesson
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from storage.cache_files import CacheFiles

DEFAULT_BUDGET = 1024**3  # bytes


@dataclass(frozen=True, eq=False)  # eq: comparing arrays gives an array
class PaintedEntry:
    of_painted: NDArray[np.float32]  # (A,) distance of each painted patch to the image's nearest one
    of_patches: NDArray[np.float32]  # (N,) distance of each patch to the nearest painted one


class PaintedCache:
    """`<lesson's hash>/<hash of the images in it>.npy` under the root: a lesson is read whole, images come in batches."""

    def __init__(self, root: Path, budget_bytes: int = DEFAULT_BUDGET) -> None:
        self._files = CacheFiles(root, budget_bytes)

    def get(self, segment_sha256: str) -> dict[str, PaintedEntry]:
        """Return what is known of a lesson, by image key's name."""
        known: dict[str, PaintedEntry] = {}
        for path in sorted(self._folder(segment_sha256).glob("*.npy")):
            found = self._files.read(path)
            if found is not None and found.dtype.names == ("image", "of_painted", "of_patches"):
                for row in found:
                    known[row["image"].decode("ascii")] = PaintedEntry(row["of_painted"], row["of_patches"])
        return known

    def put(self, segment_sha256: str, entries: Mapping[str, PaintedEntry]) -> bool:
        """Keep what was found for images of one lesson, by image key's name; False when there is no room for it."""
        if not entries:
            return True
        first = next(iter(entries.values()))
        layout = np.dtype(
            [
                ("image", "S64"),
                ("of_painted", "<f4", first.of_painted.shape),
                ("of_patches", "<f4", first.of_patches.shape),
            ]
        )
        packed = np.empty(len(entries), dtype=layout)
        packed["image"] = list(entries)
        packed["of_painted"] = [entry.of_painted for entry in entries.values()]
        packed["of_patches"] = [entry.of_patches for entry in entries.values()]
        name = hashlib.sha256(packed["image"].tobytes()).hexdigest()
        return self._files.write(self._folder(segment_sha256) / f"{name}.npy", packed)

    def _folder(self, segment_sha256: str) -> Path:
        return self._files.root / segment_sha256[:2] / segment_sha256


def image_name(image_key: str) -> str:
    """Return the name under which an image's key is kept."""
    return hashlib.sha256(image_key.encode()).hexdigest()
