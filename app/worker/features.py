"""Patch features of stored images, from the cache or one forward pass, and what searches over them found."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from app.worker_specs import ImageTask
from core.banks import Met, Segment
from core.encoder import PatchEncoder
from core.extraction import BATCH, Encoded, Unreadable, encode_each
from core.images import decode
from core.neighbours import Neighbours
from core.outliers import outlier_textures
from core.progress import Progress, Report
from storage.blobs import BlobStore
from storage.feature_cache import FeatureCache
from storage.neighbour_cache import NeighbourCache, NeighbourEntry
from storage.painted_cache import PaintedCache, PaintedEntry, image_name

STAGE = "Looking at images"
MOST_UNWRITTEN = 64 * 1024**2  # bytes of comparisons with painted patches


class FeatureSource:
    """Gives (N, C) features of images by the hash of their pixels."""

    def __init__(self, encoder: PatchEncoder, blobs: BlobStore, cache: FeatureCache) -> None:
        self.encoder = encoder
        self._blobs = blobs
        self._cache = cache

    def prepare(self, images: Sequence[ImageTask], report: Report) -> None:
        """Make sure that every image's features are cached."""
        missing = self.missing(images)
        found = encode_each(self.encoder, (partial(self._pixels, sha) for sha in missing))
        for number, (sha, one) in enumerate(zip(missing, found, strict=True)):
            report(Progress(STAGE, number, len(missing)))
            self._keep(sha, one)
        if missing:
            report(Progress(STAGE, len(missing), len(missing)))

    def missing(self, images: Sequence[ImageTask]) -> list[str]:
        """Return the hashes of the pictures that are not cached, each once."""
        hashes = dict.fromkeys(image.pixels_sha256 for image in images)
        return [sha for sha in hashes if not self._cache.holds(self.encoder.cache_key, sha)]

    def of(self, image: ImageTask) -> Callable[[], Tensor]:
        """Return what gives the image's features: (N, C) float32, as the encoder gave them."""
        return lambda: self._read(image.pixels_sha256)

    def cached(self, image: ImageTask) -> Tensor | None:
        """Return the image's features if they are at hand, without computing anything."""
        found = self._cache.get(self.encoder.cache_key, image.pixels_sha256)
        return None if found is None else _as_tensor(found)

    def of_file(self, path: Path) -> Tensor:
        """Return (N, C) features of a file that is not stored.

        Raises:
            ImageRefusedError
        """
        return self.encoder.encode([_pixels_of(path)])[0]

    def of_files(self, paths: Iterable[Path]) -> Iterator[Encoded | Unreadable]:
        """Yield (N, C) features of files that are not stored, in order."""
        return encode_each(self.encoder, (partial(_pixels_of, path) for path in paths))

    def outliers(self, seed: int) -> Tensor:
        """Return (K, N, C) features of the built-in outlier textures."""
        textures = outlier_textures(seed)
        parts = [
            self.encoder.encode(textures[start : start + BATCH]) for start in range(0, len(textures), BATCH)
        ]
        return torch.cat(parts)

    def _read(self, sha256: str) -> Tensor:
        cached = self._cache.get(self.encoder.cache_key, sha256)
        if cached is not None:
            return _as_tensor(cached)
        # Evicted, or the budget is smaller than the images.
        return self._keep(sha256, next(encode_each(self.encoder, [partial(self._pixels, sha256)])))

    def _keep(self, sha256: str, found: Encoded | Unreadable) -> Tensor:
        if isinstance(found, Unreadable):
            raise found.error
        self._cache.put(self.encoder.cache_key, sha256, found.features.half().numpy())
        return found.features

    def _pixels(self, sha256: str) -> NDArray[np.uint8]:
        return decode(self._blobs.get(sha256)).pixels


def _as_tensor(found: NDArray[np.float16]) -> Tensor:
    """(N, C) float32; torch converts four times as fast as numpy."""
    return torch.from_numpy(np.array(found)).float()


def _pixels_of(path: Path) -> NDArray[np.uint8]:
    return decode(path.read_bytes()).pixels


class StoredNeighbours:
    """core's NeighbourMemory on disk, keyed by the image's pixels and part, what computed its features, the device, and
    the segment's content. What was compared with painted patches is written by `flush`."""

    def __init__(
        self,
        cache: NeighbourCache,
        painted: PaintedCache,
        images: Sequence[ImageTask],
        encoder: PatchEncoder,
        device: torch.device,
    ) -> None:
        self._cache = cache
        self._painted = painted
        self._known: dict[str, dict[str, PaintedEntry]] = {}  # by segment, then image
        self._new: dict[str, dict[str, PaintedEntry]] = {}
        self._new_bytes = 0
        self._lock = threading.Lock()  # images are judged side by side
        self._keys = {
            image.image_id: f"{image.pixels_sha256}-{image.own_id}-{encoder.cache_key}-{device.type}"
            for image in images
        }
        self._device = device

    def get(self, image_id: int, segment: Segment) -> Neighbours | None:
        key = self._keys.get(image_id)
        found = self._cache.get(key, segment.digest) if key is not None else None
        if found is None:
            return None
        distances = torch.from_numpy(np.array(found.distance)).to(self._device)
        return Neighbours(distances, torch.from_numpy(np.array(found.row)).long().to(self._device))

    def put(self, image_id: int, segment: Segment, found: Neighbours) -> None:
        key = self._keys.get(image_id)
        if key is not None:
            rows = found.rows.cpu().numpy().astype(np.int32)
            self._cache.put(key, segment.digest, NeighbourEntry(found.distances.cpu().numpy(), rows))

    def get_met(self, image_id: int, painted: Segment) -> Met | None:
        key = self._keys.get(image_id)
        if key is None:
            return None
        with self._lock:
            if painted.digest not in self._known:
                self._known[painted.digest] = self._painted.get(painted.digest)
            found = self._known[painted.digest].get(image_name(key))
        if found is None:
            return None
        return Met(self._tensor(found.of_painted), self._tensor(found.of_patches))

    def put_met(self, image_id: int, painted: Segment, met: Met) -> None:
        key = self._keys.get(image_id)
        if key is None:
            return
        entry = PaintedEntry(met.of_painted.cpu().numpy(), met.of_patches.cpu().numpy())
        with self._lock:
            for entries in (self._known, self._new):
                entries.setdefault(painted.digest, {})[image_name(key)] = entry
            self._new_bytes += entry.of_painted.nbytes + entry.of_patches.nbytes
            if self._new_bytes > MOST_UNWRITTEN:
                self._write()

    def flush(self) -> None:
        """Write what was compared with painted patches."""
        with self._lock:
            self._write()

    def _write(self) -> None:
        for segment, entries in self._new.items():
            self._painted.put(segment, entries)
            self._known.pop(segment, None)  # from here on as the file has it, not in memory
        self._new.clear()
        self._new_bytes = 0

    def _tensor(self, values: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(np.array(values)).to(self._device)
