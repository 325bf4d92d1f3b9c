"""Nearest rows by Euclidean distance, with "never your own image". The only file that imports faiss.

Shapes in this file
    N  patches asked about      M  rows      C  feature dimension
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

FLAT_ROWS = 5_000  # up to here a matrix product beats an inverted-file index
BLOCK = 1_024  # patches a product holds at once; fixed, so that an image's result never depends on its batch
CANDIDATES = 8  # rows per patch that are compared in full
SEARCH_DIMENSIONS = (64, 128, 256)  # main components that candidates are found by
PROBES = (4, 8, 16, 32, 64, 128, 256)  # lists looked at
LARGEST_SHARE = 0.5  # of the lists; beyond, comparing everything is as quick
COMPONENT_ROWS = 8_192  # rows the main components are found from
SAMPLE = 512  # rows the recall is measured on
WANTED_RECALL = 0.99


class BankTooSmallError(ValueError):
    """Skipping own rows leaves a patch without any row to compare with."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest row of each patch."""

    distances: Tensor  # (N,) float32
    rows: Tensor  # (N,) int64


def nearest_rows(
    patches: Tensor, rows: Tensor, *, own: Tensor | None = None, owners: Tensor | None = None
) -> Neighbours:
    """Find each patch's nearest row, exactly.

    Args:
        patches: (N, C) float32.
        rows: (M, C) float32, on the same device.
        own: (N,) int64, the "own image" each patch comes from; rows with the same owner are skipped.
        owners: (M,) int64, the "own image" of each row; negative: nobody's.

    Returns:
        Distances are computed directly from the chosen row, not from the matrix product, so equal pairs give equal
        bits wherever they are met. Patches whose every row is skipped have distance inf and row -1.
    """
    distances, found = [], []
    for start in range(0, patches.shape[0], BLOCK):
        block = patches[start : start + BLOCK]
        block_own = None if own is None else own[start : start + BLOCK]
        index = _flat_search(block, rows, block_own, owners)
        distances.append(_direct_distances(block, rows, index))
        found.append(index)
    if not found:
        return Neighbours(patches.new_zeros(0), torch.zeros(0, dtype=torch.int64, device=patches.device))
    return Neighbours(torch.cat(distances), torch.cat(found))


def _flat_search(block: Tensor, rows: Tensor, own: Tensor | None, owners: Tensor | None) -> Tensor:
    """(N,) index of the nearest row, -1 where every row is skipped."""
    if rows.shape[0] == 0:
        return torch.full((block.shape[0],), -1, dtype=torch.int64, device=block.device)
    norms = rows.square().sum(1)
    if owners is not None and not bool((owners >= 0).any()):
        own = None  # nobody's rows: nothing to skip
    one_image = own is not None and owners is not None and bool((own == own[0]).all())
    if one_image and own is not None and owners is not None and int(own[0]) >= 0:
        norms = norms.masked_fill(owners == own[0], torch.inf)  # skip whole rows: nothing to mask per patch
    closeness = torch.addmm(norms, block, rows.T, beta=1, alpha=-2)  # (N, M) ||q-y||^2 - ||q||^2
    if own is not None and owners is not None and not one_image:
        closeness.masked_fill_((own[:, None] == owners[None, :]) & (owners[None, :] >= 0), torch.inf)
    index = _first_least(closeness)
    return index.masked_fill(torch.isinf(closeness.gather(1, index[:, None]).squeeze(1)), -1)


def _first_least(values: Tensor) -> Tensor:
    """(N,) place of the least of each row of (N, M), the first of equal ones."""
    if values.device.type == "cpu":  # where numpy takes a seventh of torch's time
        return torch.from_numpy(values.numpy().argmin(axis=1))
    return values.argmin(dim=1)


def _direct_distances(block: Tensor, rows: Tensor, index: Tensor) -> Tensor:
    if rows.shape[0] == 0:
        return torch.full((block.shape[0],), torch.inf, device=block.device)
    difference = block - rows[index.clamp(min=0)]
    return difference.square().sum(1).sqrt().masked_fill(index < 0, torch.inf)


class RowIndex:
    """Search over fixed rows: exact up to FLAT_ROWS; above, the rows' main components tell which few to compare exactly.

    How many components and lists are looked at is measured when it is built, so that recall@1 is at least 0.99.
    """

    def __init__(self, rows: Tensor, owners: Tensor | None = None, *, exact: bool = False) -> None:
        self._rows = rows
        self._owners = owners
        self._index: Any = None
        if rows.shape[0] > FLAT_ROWS and not exact:
            self._index = _build_index(rows)

    def nearest(self, patches: Tensor, own: Tensor | None = None) -> Neighbours:
        """Find each patch's nearest row; arguments and result as in `nearest_rows`."""
        if self._index is None:
            return nearest_rows(patches, self._rows, own=own, owners=self._owners)
        _, found = self._index.search(patches.cpu().numpy(), CANDIDATES)
        candidates = torch.from_numpy(found).to(patches.device)  # (N, K), -1 where fewer were found
        distances = _candidate_distances(patches, self._rows, candidates)
        skipped = candidates < 0
        if own is not None and self._owners is not None:
            owner = self._owners[candidates.clamp(min=0)]
            skipped |= (owner == own[:, None]) & (owner >= 0)
        distances = distances.masked_fill(skipped, torch.inf)
        best, place = distances.min(dim=1)
        rows = candidates.gather(1, place[:, None]).squeeze(1)
        unresolved = torch.isinf(best).nonzero().squeeze(1)  # every candidate was the patch's own
        if len(unresolved):
            exact = nearest_rows(
                patches[unresolved],
                self._rows,
                own=None if own is None else own[unresolved],
                owners=self._owners,
            )
            best[unresolved], rows[unresolved] = exact.distances, exact.rows
        return Neighbours(best, rows)


def _build_index(rows: Tensor) -> Any:
    """Return the cheapest faiss index whose measured recall is high enough; None where none is.

    It is measured on rows that look for the nearest other row: they were picked to lie far from each other, so theirs
    is the harder search.
    """
    import faiss

    generator = torch.Generator().manual_seed(0)
    sample = torch.randperm(rows.shape[0], generator=generator)[:SAMPLE].to(rows.device)
    asked = rows[sample]
    true = nearest_rows(asked, rows, own=sample, owners=torch.arange(len(rows), device=rows.device)).distances
    vectors, queries = rows.cpu().numpy(), asked.cpu().numpy()
    lists = max(16, int(rows.shape[0] ** 0.5))
    components = faiss.PCAMatrix(vectors.shape[1], vectors.shape[1])
    components.train(vectors[:: max(1, len(vectors) // COMPONENT_ROWS)])
    for dimensions in sorted({min(dimensions, rows.shape[1]) for dimensions in SEARCH_DIMENSIONS}):
        index = _trained(vectors, components, dimensions, lists)
        inner = faiss.extract_index_ivf(index)
        for probes in PROBES:
            if probes > lists * LARGEST_SHARE:
                break
            inner.nprobe = probes
            candidates = torch.from_numpy(index.search(queries, CANDIDATES + 1)[1]).to(rows.device)
            distances = _candidate_distances(asked, rows, candidates)
            found = distances.masked_fill(candidates == sample[:, None], torch.inf).amin(dim=1)
            if float((found <= true * (1 + 1e-5)).float().mean()) >= WANTED_RECALL:
                return _on_device(index, rows.device)
    return None


def _trained(vectors: NDArray[np.float32], components: Any, dimensions: int, lists: int) -> Any:
    """Inverted lists over the leading ones of the rows' principal components: (M, C) -> an index of (M, dimensions)."""
    import faiss

    channels = vectors.shape[1]
    inner = faiss.IndexIVFFlat(faiss.IndexFlatL2(dimensions), dimensions, lists)
    inner.cp.seed = 0
    index: Any = inner
    if dimensions < channels:
        leading = faiss.PCAMatrix(channels, dimensions)
        leading.copy_from(components)
        index = faiss.IndexPreTransform(leading, inner)
    index.train(vectors)
    index.add(vectors)
    return index


def _candidate_distances(patches: Tensor, rows: Tensor, candidates: Tensor) -> Tensor:
    """(N, K) full distances to candidate rows (N, K); inf where a candidate is missing (-1)."""
    columns = [_direct_distances(patches, rows, candidates[:, k]) for k in range(candidates.shape[1])]
    return torch.stack(columns, dim=1)


def _on_device(index: Any, device: torch.device) -> Any:
    import faiss

    if device.type == "cuda" and gpu_search_works(device):
        return faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), device.index or 0, index)
    return index


def gpu_search_works(device: torch.device) -> bool:
    """Try one search on the GPU: constructing faiss's GPU resources succeeds even on a machine without one."""
    import faiss

    if device.type != "cuda" or not hasattr(faiss, "StandardGpuResources") or faiss.get_num_gpus() == 0:
        return False
    try:
        index = faiss.GpuIndexFlatL2(faiss.StandardGpuResources(), 4)
        vectors = torch.eye(4).numpy()
        index.add(vectors)
        return index.search(vectors, 1)[1].ravel().tolist() == [0, 1, 2, 3]
    except RuntimeError:
        return False
