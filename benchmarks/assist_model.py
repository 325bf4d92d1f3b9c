"""The model that the assist benchmark lends to the reference brush: of good training images, nothing painted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.config import DmadConfig
from core.datasets import ProductData
from core.device import choose_device
from core.encoder import build_encoder
from core.evaluation.inputs import Ids, fit_detector, good_images
from core.feature_store import FeatureStore, RunMemory


class GoodImagesModel:
    """Default settings, all products together, as the app builds it."""

    def __init__(self, products: Sequence[ProductData]) -> None:
        config = DmadConfig()
        self._store = FeatureStore(build_encoder(config, choose_device("cpu").device))
        self._store.prepare([path for product in products for path in product.train_good])
        good = good_images(products, self._store, Ids())
        self._detector = fit_detector(good, config, self._store, RunMemory())

    def heat(self, path: Path, product: str) -> NDArray[np.float32]:
        """(H0, W0) patch scores, 1 at the limit, rounded as the app stores them."""
        scores = self._detector.score(self._store.features(path), product).combined
        return np.asarray(scores, dtype=np.float16).astype(np.float32)
