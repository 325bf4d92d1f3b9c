"""The two memories: rows that come and go together in segments, and every row knows where it came from (section 3.2).

Shapes in this file
    N  patches asked about      M  rows of a segment or bank      C  feature dimension
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

from core.neighbours import Neighbours, RowIndex

NOBODY = -1  # owner, image or lesson of a row that no image of the workspace gave


@dataclass(frozen=True, eq=False)
class Provenance:
    """Where each row came from. All (M,), on the CPU."""

    ids: Tensor  # int64, permanent within the segment: removing rows renumbers nothing
    images: Tensor  # int64 image id, NOBODY for made-up rows
    owners: Tensor  # int64 "own image" id: all shots of one part share it
    cells: Tensor  # int64 index into the image's patch grid, row-major
    types: Tensor  # int64 index into the segment's defect types, NOBODY for normal rows
    coverage: Tensor  # float32, painted share of the cell; 0 for normal rows

    @classmethod
    def made_up(cls, count: int, owner: int = NOBODY) -> Provenance:
        """Provenance of rows that lie in no image; `owner` keeps them from their image all the same."""
        nobody = torch.full((count,), NOBODY, dtype=torch.int64)
        return cls(
            torch.arange(count),
            nobody,
            torch.full((count,), owner, dtype=torch.int64),
            nobody,
            nobody,
            torch.zeros(count),
        )

    def take(self, keep: Tensor) -> Provenance:
        """Return the provenance of the rows that `keep` (mask or indices) selects."""
        return Provenance(
            self.ids[keep],
            self.images[keep],
            self.owners[keep],
            self.cells[keep],
            self.types[keep],
            self.coverage[keep],
        )


@dataclass(frozen=True, eq=False)
class Segment:
    """Rows that are stored, cached and removed together. Never changes once built."""

    name: str  # "normal/<product>", "outliers", "painted/<lesson>", "centres/<lesson>"
    features: Tensor  # (M, C) float32, standardised
    provenance: Provenance
    product: str | None = None
    lesson: int = NOBODY
    defect_types: tuple[str, ...] = ()
    built_from: frozenset[int] = frozenset()  # ids of all images considered, also of those that gave no row

    def __len__(self) -> int:
        return int(self.features.shape[0])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of rows and owners: equal digests answer every search alike."""
        content = hashlib.sha256(self.features.cpu().numpy().tobytes())
        content.update(self.provenance.owners.numpy().tobytes())
        return content.hexdigest()

    @cached_property
    def _index(self) -> RowIndex:
        return RowIndex(self.features, self.provenance.owners.to(self.features.device))

    def nearest(self, patches: Tensor, own: Tensor | None) -> Neighbours:
        """Find each patch's nearest row of this segment; rows of `own` (N,) are skipped."""
        return self._index.nearest(patches, own)


@dataclass(frozen=True, eq=False)
class BankNeighbours:
    """The nearest row of each patch in a bank."""

    distances: Tensor  # (N,) float32
    rows: Tensor  # (N,) int64 index into the bank's rows; -1: none is left


@dataclass(frozen=True, eq=False)
class Met:
    """One image against the A painted patches of one lesson."""

    of_painted: Tensor  # (A,) distance of each painted patch to the image's nearest one
    of_patches: Tensor  # (N,) distance of each of its patches to the nearest painted one


class NeighbourMemory(Protocol):
    """Remembers what a search or a comparison found, so that it is never repeated."""

    def get(self, image_id: int, segment: Segment) -> Neighbours | None:
        """Return what was found for this image in this segment, own image excluded, or None."""
        ...

    def put(self, image_id: int, segment: Segment, found: Neighbours) -> None:
        """Keep it."""
        ...

    def get_met(self, image_id: int, painted: Segment) -> Met | None:
        """Return how this image and a lesson's painted patches compared, or None."""
        ...

    def put_met(self, image_id: int, painted: Segment, met: Met) -> None:
        """Keep it."""
        ...


class Bank:
    """A union of segments. Ties between segments go to the earlier one, within one to the lower row."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = tuple(segments)
        self._offsets = [0]
        for segment in self.segments:
            self._offsets.append(self._offsets[-1] + len(segment))

    def __len__(self) -> int:
        return self._offsets[-1]

    @property
    def sizes(self) -> list[int]:
        """Rows of each segment."""
        return [len(segment) for segment in self.segments]

    @cached_property
    def features(self) -> Tensor:
        """(M, C) rows of all segments in order."""
        return torch.cat([segment.features for segment in self.segments])

    @cached_property
    def owners(self) -> Tensor:
        """(M,) "own image" of each row."""
        return torch.cat([segment.provenance.owners for segment in self.segments])

    def nearest(
        self,
        patches: Tensor,
        *,
        own: int | Tensor | None = None,
        product: str | None = None,
        image_id: int | None = None,
        memory: NeighbourMemory | None = None,
    ) -> BankNeighbours:
        """Find the nearest row for each patch, by Euclidean distance (eq. 6).

        Args:
            patches: (N, C) standardised, on the bank's device.
            own: the "own image" of the patches, or of each (N,); its rows are skipped. None: skip nothing.
            product: search only this product's rows. None: all rows.
            image_id: with `memory`, under which to look up and keep what each segment answers.
        """
        owners = _owner_of_each(patches, own)
        best: BankNeighbours | None = None
        for segment, offset in zip(self.segments, self._offsets, strict=False):
            if product is not None and segment.product != product:
                continue
            found = memory.get(image_id, segment) if memory is not None and image_id is not None else None
            if found is None:
                found = segment.nearest(patches, owners)
                if memory is not None and image_id is not None:
                    memory.put(image_id, segment, found)
            best = _nearer(best, found, offset)
        return _none(patches) if best is None else best

    def recall(
        self, image_id: int, memory: NeighbourMemory | None, *, product: str | None = None
    ) -> BankNeighbours | None:
        """Return what `nearest` would, from memory alone; None: some of it would have to be searched."""
        if memory is None:
            return None
        best: BankNeighbours | None = None
        for segment, offset in zip(self.segments, self._offsets, strict=False):
            if product is not None and segment.product != product:
                continue
            found = memory.get(image_id, segment)
            if found is None:
                return None
            best = _nearer(best, found, offset)
        return best

    def locate(self, row: int) -> tuple[Segment, int]:
        """Return the segment that a bank row belongs to, and its place there."""
        for segment, start, end in zip(self.segments, self._offsets, self._offsets[1:], strict=False):
            if start <= row < end:
                return segment, row - start
        raise IndexError(f"row {row} of a bank of {len(self)}")


class NormalBank(Bank):
    """M_n: per product a coreset of patches from images known to be good (eq. 3)."""


@dataclass(frozen=True, eq=False)
class PaintedLesson:
    """What one lesson adds to the abnormal bank: its painted patches and the samples around their centres."""

    lesson_id: int
    image_id: int
    own_id: int
    product: str
    painted: Segment  # M_as (eq. 5)
    centres: Segment  # M_p
    radii: Tensor = field(
        default_factory=lambda: torch.zeros(0)
    )  # (A,) how near a look-alike must lie to count


class AbnormalBank(Bank):
    """M_a: outlier mixtures M_o, painted patches M_as and centre samples M_p."""

    def __init__(self, outliers: Segment, lessons: Sequence[PaintedLesson]) -> None:
        self.outliers = outliers
        self.lessons = tuple(lessons)
        painted = [segment for lesson in lessons for segment in (lesson.painted, lesson.centres)]
        super().__init__([outliers, *painted])
        self._taught = _joined(painted)

    def nearest(
        self,
        patches: Tensor,
        *,
        own: int | Tensor | None = None,
        product: str | None = None,
        image_id: int | None = None,
        memory: NeighbourMemory | None = None,
    ) -> BankNeighbours:
        """As `Bank.nearest`, over the defects of all products: kinds of defect are shared between them.

        Only the outliers go through `memory`; all lessons are searched at once, live.
        """
        outliers = Bank([self.outliers]).nearest(patches, own=own, image_id=image_id, memory=memory)
        if self._taught is None:
            return outliers
        owners = _owner_of_each(patches, own)
        return _nearer(outliers, self._taught.nearest(patches, owners), len(self.outliers))


def _owner_of_each(patches: Tensor, own: int | Tensor | None) -> Tensor | None:
    """(N,) the "own image" of each patch (N, C)."""
    if own is None:
        return None
    if isinstance(own, Tensor):
        return own.to(patches.device)
    return torch.full((patches.shape[0],), own, dtype=torch.int64, device=patches.device)


def _none(patches: Tensor) -> BankNeighbours:
    return BankNeighbours(
        patches.new_full((patches.shape[0],), torch.inf),
        torch.full((patches.shape[0],), -1, dtype=torch.int64, device=patches.device),
    )


def _nearer(best: BankNeighbours | None, found: Neighbours, offset: int) -> BankNeighbours:
    """Take over what was found in rows from `offset` on, where it is nearer; a tie stays with the earlier rows."""
    if best is None:
        rows = torch.where(found.rows < 0, -1, found.rows + offset) if offset else found.rows
        return BankNeighbours(found.distances, rows)
    closer = found.distances < best.distances
    return BankNeighbours(
        torch.where(closer, found.distances, best.distances),
        torch.where(closer, found.rows + offset, best.rows),
    )


def _joined(segments: Sequence[Segment]) -> RowIndex | None:
    if not segments:
        return None
    features = torch.cat([segment.features for segment in segments])
    owners = torch.cat([segment.provenance.owners for segment in segments]).to(features.device)
    return RowIndex(features, owners, exact=True)
