"""What every row of the comparison is given: the same images, the same draw of seen defects, the same masks.

The defects that are seen at the largest number are left out of the test images at every number, as in
`core.evaluation`, so that columns compare.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.backbones import Backbone
from core.config import DmadConfig
from core.datasets import DefectImage, ProductData
from core.evaluation.protocol import Ids, draw_seen, full_mask, good_images, lesson_of
from core.feature_store import FeatureStore, RunMemory
from core.pixel_metrics import SIZE, resize_mask
from core.progress import Report, silent
from core.teaching import GoodImage, Lesson


@dataclass(frozen=True)
class TestImage:
    """One image to be judged."""

    product: str
    path: Path
    defect: DefectImage | None  # None: a good part


@dataclass(frozen=True)
class Judged:
    """What a row says of one image: high means defective."""

    image: TestImage
    score: float
    pixels: NDArray[np.float32]  # (256, 256)


class Protocol:
    """One data set, and what all rows share."""

    def __init__(
        self,
        products: Sequence[ProductData],
        seen: Sequence[int],
        config: DmadConfig,
        store: FeatureStore,
        backbone: Callable[[], Backbone],
        report: Report = silent,
    ) -> None:
        """
        Args:
            seen: how many painted defects per product the columns show.
            backbone: the network of the store's encoder, for the peer.
        """
        self.products = tuple(products)
        self.seen = tuple(sorted(set(seen)))
        self.config, self.store, self.backbone, self.report = config, store, backbone, report
        self.memory, self.ids = RunMemory(), Ids()
        self._masks: dict[Path, NDArray[np.bool_]] = {}

    def drawn(self, seed: int, seen: int) -> dict[str, tuple[DefectImage, ...]]:
        """Return the defects of each product that are shown with their masks."""
        return {p.name: draw_seen(p, max(self.seen), seed)[:seen] for p in self.products}

    def test_images(self, seed: int) -> list[TestImage]:
        """Return what is judged, in mixed order."""
        left_out = self.drawn(seed, max(self.seen))
        images = [TestImage(p.name, path, None) for p in self.products for path in p.test_good]
        images += [
            TestImage(p.name, d.path, d)
            for p in self.products
            for d in p.defects
            if d not in left_out[p.name]
        ]
        return [images[index] for index in np.random.default_rng(0).permutation(len(images))]

    def good(self) -> list[GoodImage]:
        """Return the training images."""
        return good_images(self.products, self.store, self.ids)

    def lessons(self, seed: int, seen: int) -> list[Lesson]:
        """Return the seen defects as lessons; their masks show every defect."""
        return [
            lesson_of(defect, product, self.store, self.ids)
            for product, defects in self.drawn(seed, seen).items()
            for defect in defects
        ]

    def mask(self, image: TestImage) -> NDArray[np.bool_] | None:
        """(256, 256), all False for a good part; None where the product has no masks."""
        product = next(p for p in self.products if p.name == image.product)
        if not product.has_masks:
            return None
        if image.defect is None:
            return np.zeros((SIZE, SIZE), dtype=np.bool_)
        if image.path not in self._masks:
            self._masks[image.path] = resize_mask(full_mask(image.defect))
        return self._masks[image.path]
