"""The images worth a look after a run: per product the defects that score lowest, the good ones that score highest.

Shapes in this file
    H0, W0  patch grid
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.heatmap import SCALE_END

KEPT = 3  # of each kind and product
MISS, FALSE_CALL = "miss", "false call"


class Shortlist:
    """Takes images as they come and keeps the worst; memory does not grow with their number."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def add(self, entry: dict[str, Any], patch_scores: NDArray[np.float32]) -> None:
        """Take in one image.

        Args:
            entry: with `product`, `path`, `defect_type` (None: good) and `score`.
            patch_scores: (H0, W0)
        """
        kind = FALSE_CALL if entry["defect_type"] is None else MISS
        kept = self._kept.setdefault((entry["product"], kind), [])
        kept.append(entry | {"kind": kind, "map": pack_map(patch_scores)})
        sign = 1 if kind == MISS else -1
        kept.sort(key=lambda held: (sign * held["score"], held["path"]))
        del kept[KEPT:]

    def pictures(self) -> list[dict[str, Any]]:
        """Return what was kept, worst first within each product and kind."""
        return [entry for place in sorted(self._kept) for entry in self._kept[place]]


def pack_map(patch_scores: NDArray[np.float32]) -> dict[str, Any]:
    """(H0, W0) scores -> 256 steps of the heatmaps' fixed scale, as text."""
    steps = (np.clip(patch_scores / SCALE_END, 0, 1) * 255).round().astype(np.uint8)
    return {"grid": list(steps.shape), "steps": base64.b64encode(steps.tobytes()).decode("ascii")}


def unpack_map(packed: dict[str, Any]) -> NDArray[np.float32]:
    """Return what `pack_map` was given, to 1/255 of the scale."""
    steps = np.frombuffer(base64.b64decode(packed["steps"]), dtype=np.uint8)
    result: NDArray[np.float32] = steps.reshape(packed["grid"]).astype(np.float32) * (SCALE_END / 255)
    return result
