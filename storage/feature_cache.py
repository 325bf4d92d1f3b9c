"""Patch features that were computed once, by encoder and picture. Never the truth: a miss is computed again.

Shapes in this file
    N  patches of an image      C  feature dimension
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from storage.cache_files import CacheFiles

DEFAULT_BUDGET = 8 * 1024**3  # bytes: some 17,000 images of the embedded encoder


class FeatureCache:
    """`<fingerprint>/ab/<sha>.npy` under the root."""

    def __init__(self, root: Path, budget_bytes: int = DEFAULT_BUDGET) -> None:
        self._files = CacheFiles(root, budget_bytes)

    def get(self, fingerprint: str, sha256: str) -> NDArray[np.float16] | None:
        """Return (N, C) features as a read-only memory map; None: not there, or damaged."""
        found = self._files.read(self._path(fingerprint, sha256))
        return found if found is not None and found.ndim == 2 and found.dtype == np.float16 else None

    def holds(self, fingerprint: str, sha256: str) -> bool:
        """Tell whether features are there, as far as can be told without reading them."""
        return self._files.holds(self._path(fingerprint, sha256))

    def put(self, fingerprint: str, sha256: str, features: NDArray[np.float16]) -> bool:
        """Keep (N, C) float16 features; False when the disk or the budget has no room for them."""
        if features.ndim != 2 or features.dtype != np.float16:
            raise ValueError(f"Features are (N, C) float16; these are {features.shape} {features.dtype}.")
        return self._files.write(self._path(fingerprint, sha256), features)

    @property
    def budget_bytes(self) -> int:
        return self._files.budget_bytes

    def used_bytes(self) -> int:
        return self._files.used_bytes()

    def _path(self, fingerprint: str, sha256: str) -> Path:
        return self._files.root / fingerprint / sha256[:2] / f"{sha256}.npy"
