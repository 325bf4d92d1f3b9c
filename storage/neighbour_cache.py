"""What a search found once: the nearest row of a segment for each patch of an image. A miss is searched again.

Shapes in this file
    N  patches of an image
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from storage.cache_files import CacheFiles

DEFAULT_BUDGET = 2 * 1024**3  # bytes
_ENTRY = np.dtype([("distance", "<f4"), ("row", "<i4")])


@dataclass(frozen=True, eq=False)  # eq: comparing arrays gives an array
class NeighbourEntry:
    distance: NDArray[np.float32]  # (N,)
    row: NDArray[np.int32]  # (N,) row of the segment; negative: none


class NeighbourCache:
    """`<segment's hash>/<hash of the image key>.npy` under the root."""

    def __init__(self, root: Path, budget_bytes: int = DEFAULT_BUDGET) -> None:
        self._files = CacheFiles(root, budget_bytes)

    def get(self, image_key: str, segment_sha256: str) -> NeighbourEntry | None:
        """Return what was found; None: not there, or damaged."""
        found = self._files.read(self._path(image_key, segment_sha256))
        if found is None or found.dtype != _ENTRY or found.ndim != 1:
            return None
        return NeighbourEntry(found["distance"].astype(np.float32), found["row"].astype(np.int32))

    def put(self, image_key: str, segment_sha256: str, entry: NeighbourEntry) -> bool:
        """Keep what was found; False when the disk or the budget has no room for it."""
        if entry.distance.ndim != 1 or entry.distance.shape != entry.row.shape:
            raise ValueError(
                f"{entry.distance.shape} distances and {entry.row.shape} rows are not (N,) and (N,)."
            )
        packed = np.empty(entry.distance.shape, dtype=_ENTRY)
        packed["distance"], packed["row"] = entry.distance, entry.row
        return self._files.write(self._path(image_key, segment_sha256), packed)

    @property
    def budget_bytes(self) -> int:
        return self._files.budget_bytes

    def used_bytes(self) -> int:
        return self._files.used_bytes()

    def _path(self, image_key: str, segment_sha256: str) -> Path:
        name = hashlib.sha256(image_key.encode()).hexdigest()
        return self._files.root / segment_sha256[:2] / segment_sha256 / f"{name}.npy"
