"""Patch features of files on disk, encoded once: kept as float16 in memory, or in a folder between runs.

With a folder nothing is held: an image's features are read when they are asked for, so that memory does not grow with
the number of images.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.banks import Met, Segment
from core.datasets import read_pixels
from core.encoder import PatchEncoder
from core.extraction import Unreadable, encode_each
from core.neighbours import Neighbours
from core.outliers import choose_outliers, outlier_textures
from core.progress import Progress, Report, silent

_textures = cache(outlier_textures)  # 9 MB a seed
RUN_BUDGET = 2**30  # bytes of what a run remembers


class FeatureStore:
    """Gives (N, C) features by path. Rounded to float16 by the encoder, so cached and live ones are equal."""

    def __init__(
        self, encoder: PatchEncoder, folder: Path | None = None, *, outlier_folder: Path | None = None
    ) -> None:
        """
        Args:
            folder: where to keep features between runs, a file per image and encoder. None: memory only.
            outlier_folder: images of anything but parts (DTD, say), for M_o. None: the built-in textures.
        """
        self._outlier_folder = outlier_folder
        self.encoder = encoder
        self._folder = folder / encoder.cache_key if folder else None
        self._held: dict[Path, NDArray[np.float16]] = {}  # without a folder
        self._stored: dict[Path, Path] = {}  # with one: where an image's features lie
        self._outliers: dict[int, Tensor] = {}

    def prepare(self, paths: Sequence[Path], report: Report = silent) -> None:
        """Encode the images that are not there yet."""
        missing = [path for path in dict.fromkeys(paths) if not self._has(path)]
        found = encode_each(self.encoder, (partial(read_pixels, path) for path in missing))
        for number, (path, one) in enumerate(zip(missing, found, strict=True)):
            report(Progress("Reading images", number, len(missing)))
            if isinstance(one, Unreadable):
                raise one.error
            self._keep(path, one.features.numpy().astype(np.float16))

    def features(self, path: Path) -> Tensor:
        """(N, C) float32 of one image, encoded now if need be."""
        if not self._is_known(path):
            self.prepare([path])
        held = self._held[path] if path in self._held else _read(self._stored[path], self._shape)
        return torch.from_numpy(held.astype(np.float32))

    @property
    def outlier_source(self) -> str:
        """What M_o is made from, in words."""
        return "built-in textures" if self._outlier_folder is None else self._outlier_folder.name

    def outliers(self, seed: int) -> Tensor:
        """(K, N, C) features of outlier images, made once per run: drawing textures takes seconds."""
        if seed not in self._outliers:
            self._outliers[seed] = self._encode_outliers(seed)
        return self._outliers[seed]

    def _encode_outliers(self, seed: int) -> Tensor:
        if self._outlier_folder is None:
            return self.encoder.encode(_textures(seed))
        paths = choose_outliers(self._outlier_folder, seed)
        self.prepare(paths)
        return torch.stack([self.features(path) for path in paths])

    def _file(self, path: Path) -> Path | None:
        if self._folder is None:
            return None
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return self._folder / digest[:2] / f"{digest}.npy"

    @property
    def _shape(self) -> tuple[int, int]:
        return self.encoder.grid[0] * self.encoder.grid[1], self.encoder.channels

    def _is_known(self, path: Path) -> bool:
        return path in self._held or path in self._stored

    def _has(self, path: Path) -> bool:
        """Tell whether there are features of the image, here or from an earlier run."""
        if self._is_known(path):
            return True
        file = self._file(path)
        if file is None or not file.is_file():
            return False
        try:
            found: NDArray[np.float16] = np.load(file, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError):
            return False  # a damaged file is a miss: it is made anew
        if found.shape != self._shape or found.dtype != np.float16:
            return False
        self._stored[path] = file
        return True

    def _keep(self, path: Path, features: NDArray[np.float16]) -> None:
        file = self._file(path)
        if file is None:
            self._held[path] = features
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part.npy")
        np.save(part, features)
        part.replace(file)
        self._stored[path] = file


def _read(file: Path, shape: tuple[int, int]) -> NDArray[np.float16]:
    """Read the array that a checked file ends with: any thread may, which parsing its header again would forbid."""
    count = shape[0] * shape[1]
    start = file.stat().st_size - count * np.dtype(np.float16).itemsize
    return np.fromfile(file, np.float16, count, offset=start).reshape(shape)


class RunMemory:
    """Remembers what each image found in each segment for as long as one run lasts, up to a budget.

    Beyond it what was put first goes first: it is then found again, with the same result.
    """

    def __init__(self, budget: int = RUN_BUDGET) -> None:
        """
        Args:
            budget: bytes.
        """
        self._budget, self._bytes = budget, 0
        self._kept: dict[tuple[str, int, str], Neighbours | Met] = {}  # in the order of putting
        self._lock = threading.Lock()  # images are compared side by side

    def get(self, image_id: int, segment: Segment) -> Neighbours | None:
        """Return what was put, or None."""
        found = self._kept.get(("nearest", image_id, segment.digest))
        assert found is None or isinstance(found, Neighbours)
        return found

    def put(self, image_id: int, segment: Segment, found: Neighbours) -> None:
        """Keep it."""
        self._keep(("nearest", image_id, segment.digest), found)

    def get_met(self, image_id: int, painted: Segment) -> Met | None:
        """Return what was put, or None."""
        found = self._kept.get(("met", image_id, painted.digest))
        assert found is None or isinstance(found, Met)
        return found

    def put_met(self, image_id: int, painted: Segment, met: Met) -> None:
        """Keep it."""
        self._keep(("met", image_id, painted.digest), met)

    def _keep(self, key: tuple[str, int, str], found: Neighbours | Met) -> None:
        with self._lock:
            replaced = self._kept.pop(key, None)
            self._bytes += _size(found) - (0 if replaced is None else _size(replaced))
            self._kept[key] = found
            while self._bytes > self._budget:
                self._bytes -= _size(self._kept.pop(next(iter(self._kept))))


def _size(found: Neighbours | Met) -> int:
    """Bytes of what is kept."""
    return sum(values.nbytes for values in vars(found).values())
