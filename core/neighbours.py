"""Nearest rows by Euclidean distance, with "never your own image". The only file that imports faiss.

Shapes in this file
    N  patches asked about      M  rows      C  feature dimension
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

FLAT_ROWS = 5_000  # up to here a matrix product beats an inverted-file index
BLOCK = 1_024  # patches a product holds at once; fixed, so that an image's result never depends on its batch
IVF_CANDIDATES = 8
IVF_PROBES = 16


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
    one_image = own is not None and owners is not None and bool((own == own[0]).all())
    if one_image and own is not None and owners is not None and int(own[0]) >= 0:
        norms = norms.masked_fill(owners == own[0], torch.inf)  # skip whole rows: nothing to mask per patch
    closeness = torch.addmm(norms, block, rows.T, beta=1, alpha=-2)  # (N, M) ||q-y||^2 - ||q||^2
    if own is not None and owners is not None and not one_image:
        closeness.masked_fill_((own[:, None] == owners[None, :]) & (owners[None, :] >= 0), torch.inf)
    value, index = closeness.min(dim=1)
    return index.masked_fill(torch.isinf(value), -1)


def _direct_distances(block: Tensor, rows: Tensor, index: Tensor) -> Tensor:
    if rows.shape[0] == 0:
        return torch.full((block.shape[0],), torch.inf, device=block.device)
    difference = block - rows[index.clamp(min=0)]
    return difference.square().sum(1).sqrt().masked_fill(index < 0, torch.inf)


class RowIndex:
    """Search structure over fixed rows: exact up to FLAT_ROWS, an inverted-file index above (recall@1 >= 0.99)."""

    def __init__(self, rows: Tensor, owners: Tensor | None = None, *, exact: bool = False) -> None:
        self._rows = rows
        self._owners = owners
        self._index = None
        if rows.shape[0] > FLAT_ROWS and not exact:
            self._index = _build_ivf(rows)

    def nearest(self, patches: Tensor, own: Tensor | None = None) -> Neighbours:
        """Find each patch's nearest row; arguments and result as in `nearest_rows`."""
        if self._index is None:
            return nearest_rows(patches, self._rows, own=own, owners=self._owners)
        _, found = self._index.search(patches.cpu().numpy(), IVF_CANDIDATES)
        candidates = torch.from_numpy(found).to(patches.device)  # (N, K), -1 where fewer were found
        distances = (patches[:, None, :] - self._rows[candidates.clamp(min=0)]).square().sum(2).sqrt()
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


def _build_ivf(rows: Tensor):  # type: ignore[no-untyped-def]  # faiss has no types
    import faiss

    lists = max(16, int(rows.shape[0] ** 0.5))
    quantiser = faiss.IndexFlatL2(rows.shape[1])
    index = faiss.IndexIVFFlat(quantiser, rows.shape[1], lists)
    index.cp.seed = 0
    vectors = rows.cpu().numpy()
    index.train(vectors)
    index.add(vectors)
    index.nprobe = min(IVF_PROBES, lists)
    if rows.device.type == "cuda" and gpu_search_works(rows.device):
        return faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), rows.device.index or 0, index)
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
