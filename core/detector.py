"""DualMemoryDetector: patch features -> heatmap and image score. The whole inference path on one screen (section 3.4).

Shapes in this file
    N = H0 * W0  patches of an image      C  feature dimension
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.banks import AbnormalBank, BankNeighbours, NeighbourMemory, NormalBank
from core.calibration import ProductCalibration, image_score, mixed
from core.config import DmadConfig
from core.evidence import Evidence, gather_evidence
from core.known_defects import KnownDefects, match, resemblance
from core.score_mapper import FoldedHead, Head, fold

Map = NDArray[np.float32]  # (H0, W0)
LIMIT = 1.0


class UnknownProductError(ValueError):
    """The detector has no good images of that product; the message lists the products it has."""


@dataclass(frozen=True, eq=False)
class ImageScore:
    """What the detector says of one image. 0 is the median good patch, 1 the reject limit."""

    score: float
    is_reject: bool
    taught: bool  # one of its own painted defects decided
    combined: Map  # (H0, W0) the patch scores shown
    distance: Map  # bank distance alone
    head: Map | None  # trained part alone; None where it has no say and was not asked for
    distance_score: float
    head_score: float | None
    head_weight: float
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class DualMemoryDetector:
    """Everything a score depends on. Never changes once built."""

    config: DmadConfig
    fingerprint: str  # of the encoder whose features it reads
    grid: tuple[int, int]
    mean: Tensor  # (C,) of the fit's normal patches
    std: Tensor  # (C,)
    normal: NormalBank
    abnormal: AbnormalBank
    heads: tuple[Head, ...]  # one per cross-fitting fold
    usual: Tensor = field(default_factory=lambda: torch.zeros(0))  # (M_n,) usual distance of each normal row
    calibrations: dict[str, ProductCalibration] = field(default_factory=dict)

    @property
    def products(self) -> tuple[str, ...]:
        """Products it has good images of."""
        return tuple(segment.product or "" for segment in self.normal.segments)

    def standardise(self, features: Tensor) -> Tensor:
        """(..., C) features as the encoder gives them -> as the banks hold them."""
        return (features.to(self.mean.device) - self.mean).div_(self.std)

    @cached_property
    def _folded(self) -> tuple[FoldedHead | None, ...]:
        return tuple(
            fold(head, self.normal.features, self.abnormal.features) if head.enhance.key is None else None
            for head in self.heads
        )

    @torch.inference_mode()
    def nearest_good(
        self,
        q: Tensor,
        product: str,
        *,
        own: int | None = None,
        image_id: int | None = None,
        memory: NeighbourMemory | None = None,
    ) -> BankNeighbours:
        """Find the nearest good row of standardised patches (N, C), rows of `own` skipped (eq. 6)."""
        searched = product if self.config.normal_scope == "product" else None
        return self.normal.nearest(q, own=own, product=searched, image_id=image_id, memory=memory)

    def recall_good(
        self, image_id: int, product: str, memory: NeighbourMemory | None
    ) -> BankNeighbours | None:
        """Return what `nearest_good` would for an image, from memory alone; None: it would have to be searched."""
        searched = product if self.config.normal_scope == "product" else None
        return self.normal.recall(image_id, memory, product=searched)

    @torch.inference_mode()
    def nearest_abnormal(
        self,
        q: Tensor,
        *,
        own: int | Tensor | None = None,
        image_id: int | None = None,
        memory: NeighbourMemory | None = None,
    ) -> BankNeighbours:
        """Find the nearest abnormal row of standardised patches (N, C), rows of `own`, or own (N,), skipped (eq. 6)."""
        return self.abnormal.nearest(q, own=own, image_id=image_id, memory=memory)

    @torch.inference_mode()
    def ask_heads(self, q: Tensor, normal: BankNeighbours, abnormal: BankNeighbours) -> Tensor:
        """(K, N) raw scores -Psi of standardised patches (N, C) by each head; higher is more anomalous (eq. 7-12)."""
        said = []
        for head, folded in zip(self.heads, self._folded, strict=True):
            if folded is not None:
                psi = folded(q, normal.rows, abnormal.rows)
            else:
                rows = self.normal.features[normal.rows][None], self.abnormal.features[abnormal.rows][None]
                psi = head(q[None], *rows)
            said.append(-psi)
        return torch.stack(said)

    @torch.inference_mode()
    def score(
        self,
        features: Tensor,
        product: str,
        *,
        own: int | None = None,
        image_id: int | None = None,
        memory: NeighbourMemory | None = None,
        allow_taught: bool = False,
        with_head: bool = False,
    ) -> ImageScore:
        """Score one image.

        Args:
            features: (N, C) as the encoder gives them.
            product: whose calibration and limit apply.
            own: the image's "own image" id; its rows are never matched.
            allow_taught: let the image's own painted patches reject it ("what was painted once is caught from then
                on"). For the call a person is shown, never for a metric.
            with_head: ask the trained part even where it has no say.

        Raises:
            UnknownProductError
        """
        calibration = self.calibration(product)
        q = self.standardise(features)
        normal = self.nearest_good(q, product, own=own, image_id=image_id, memory=memory)
        distance = calibration.distance(normal.distances)
        head = None
        if with_head or calibration.head_share:
            abnormal = self.nearest_abnormal(q, own=own, image_id=image_id, memory=memory)
            head = calibration.head(self.ask_heads(q, normal, abnormal).mean(0))
        known = self.known_matches(q, product, own, image_id=image_id, memory=memory)
        resembles = self.resemblance(normal, known.distances)
        surprise = calibration.surprise(self.surprise(normal))
        judged = mixed(calibration, surprise, resembles, head) / calibration.score_limit
        combined = mixed(calibration, distance, resembles, head) / calibration.map_limit
        top = self.config.top_patches
        score = image_score(judged, top)
        if score > LIMIT >= float(combined.max()):  # a rejected image shows what it is rejected for
            combined = torch.where(judged > LIMIT, judged, combined)
        if self.config.known_defects:
            score = max(score, known.image_score)
            combined = torch.maximum(
                combined, torch.where(known.patches > 0, LIMIT + known.patches, combined)
            )
        own_cells = self._own_painted(own, image_id) if allow_taught else []
        decided_by_own = bool(own_cells) and score <= LIMIT
        if own_cells:
            combined[own_cells] = combined[own_cells].clamp(min=2 * LIMIT)
            score = max(score, 2 * LIMIT)
        return ImageScore(
            score=score,
            is_reject=score > LIMIT,
            taught=decided_by_own,
            combined=self._as_map(combined),
            distance=self._as_map(distance),
            head=None if head is None else self._as_map(head),
            distance_score=image_score(distance, top),
            head_score=None if head is None else image_score(head, top),
            head_weight=calibration.head_weight,
            evidence=gather_evidence(int(combined.argmax()), q, normal, self.normal, self.abnormal, own),
        )

    def surprise(self, found: BankNeighbours) -> Tensor:
        """(N,) distance to the nearest good row, less a share of what is usual there; what image scores rest on."""
        if not self.config.usual_share:
            return found.distances
        return found.distances - self.config.usual_share * self.usual[found.rows]

    def resemblance(self, found: BankNeighbours, to_painted: Tensor) -> Tensor:
        """(N,) how much nearer patches lie to painted patches of their product than to good ones, raw."""
        return resemblance(found.distances, to_painted, self.config.resemblance_margin)

    def known_matches(
        self,
        q: Tensor,
        product: str,
        own: int | None,
        *,
        image_id: int | None = None,
        memory: NeighbourMemory | None = None,
    ) -> KnownDefects:
        """Compare standardised patches (N, C) with earlier painted defects of this product, own image excluded."""
        lessons = self.abnormal.lessons
        return match(q, lessons, product=product, own=own, image_id=image_id, memory=memory)

    def calibration(self, product: str) -> ProductCalibration:
        """Return a product's calibration.

        Raises:
            UnknownProductError
        """
        if product not in self.calibrations:
            known = ", ".join(sorted(self.calibrations)) or "none"
            raise UnknownProductError(f"the model knows no product {product!r}; it knows {known}")
        return self.calibrations[product]

    def guess_product(self, features: Tensor) -> str:
        """Return the product that most of the image's nearest normal rows belong to."""
        rows = self.normal.nearest(self.standardise(features)).rows
        counts = torch.bincount(rows, minlength=len(self.normal))
        per_product = torch.stack([part.sum() for part in counts.split(self.normal.sizes)])
        return self.products[int(per_product.argmax())]

    def _as_map(self, values: Tensor) -> Map:
        return values.reshape(self.grid).float().cpu().numpy()

    def _own_painted(self, own: int | None, image_id: int | None) -> list[int]:
        """Cells painted on this very image (not on another shot of its part)."""
        return [
            int(cell)
            for lesson in self.abnormal.lessons
            if image_id is not None and lesson.image_id == image_id and lesson.own_id == own
            for cell in lesson.painted.provenance.cells
        ]
