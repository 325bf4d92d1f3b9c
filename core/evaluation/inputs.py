"""What an evaluation is given: which defects are seen, and images as the detector's own training takes them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from core.config import DmadConfig
from core.datasets import DefectImage, ProductData, read_mask, read_pixels
from core.detector import DualMemoryDetector
from core.feature_store import FeatureStore, RunMemory
from core.progress import Report, silent
from core.teaching import GoodImage, Lesson, fit

Drawn = dict[str, tuple[DefectImage, ...]]  # per product, in the order in which they are seen


class TooFewDefectsError(ValueError):
    """A product has too few painted defects to see so many and be judged on others; gives both numbers."""


class SeenListError(ValueError):
    """A list of seen images does not fit the data; the message names the entry and what is there."""


class Ids:
    """Numbers images; every file is a part of its own."""

    def __init__(self) -> None:
        self._ids: dict[Path, int] = {}

    def of(self, path: Path) -> int:
        """Return the file's number, from 1 in order of first asking."""
        return self._ids.setdefault(path, len(self._ids) + 1)


def draw_seen(product: ProductData, count: int, seed: int) -> tuple[DefectImage, ...]:
    """Draw painted defects to be seen. The first n of the draw of m are the draw of n.

    They are drawn from the training part where it has defects (VisA's 2-class splits), else from the test images.

    Raises:
        TooFewDefectsError: fewer than count + 1 defects. A product without any mask has none drawn.
    """
    pool = product.train_defects or product.defects
    painted = sorted((defect for defect in pool if defect.mask is not None), key=lambda d: d.path)
    if not painted or count == 0:
        return ()
    least = count if product.train_defects else count + 1
    if len(painted) < count or len(pool) < least:
        raise TooFewDefectsError(
            f"{product.name} has {len(pool)} defects, {len(painted)} of them with a mask; "
            f"to see {count} it takes at least {least}"
        )
    rng = np.random.default_rng([seed, zlib.crc32(product.name.encode())])
    return tuple(painted[index] for index in rng.permutation(len(painted))[:count])


def read_seen_list(file: Path, products: Sequence[ProductData], seeds: Sequence[int]) -> dict[int, Drawn]:
    """Read which defects are seen: {seed: {product: ["<type>/<file name>", ...]}}, or a run's whole JSON.

    Raises:
        SeenListError: not such a file, no list for a seed or product, or an image that is not there.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SeenListError(f"the list of seen images {file} can't be read: {error}") from error
    if isinstance(content, dict) and "settings" in content:
        content = content["settings"].get("seen_images", {})
    result: dict[int, Drawn] = {}
    for seed in seeds:
        if not isinstance(content, dict) or str(seed) not in content:
            raise SeenListError(f"{file} has no list for seed {seed}: give its seeds with --seeds")
        result[seed] = {p.name: _listed(content[str(seed)], p, f"{file}, seed {seed}") for p in products}
    return result


def _listed(names: Mapping[str, list[str]], product: ProductData, place: str) -> tuple[DefectImage, ...]:
    pool = {seen_name(d): d for d in (product.train_defects or product.defects) if d.mask is not None}
    if product.name not in names:
        raise SeenListError(f"{place} has no list for {product.name}: leave it out with --products")
    missing = [name for name in names[product.name] if name not in pool]
    if missing:
        raise SeenListError(f"{place}: {product.name} has no painted defect {missing[0]}")
    return tuple(pool[name] for name in names[product.name])


def seen_name(defect: DefectImage) -> str:
    """Return what a seen image is called in lists: <type>/<file name>."""
    return f"{defect.defect_type}/{defect.path.name}"


def good_images(products: Sequence[ProductData], store: FeatureStore, ids: Ids) -> list[GoodImage]:
    """Return the training images of all products."""
    return [
        GoodImage(ids.of(path), ids.of(path), product.name, _lazily(store, path))
        for product in products
        for path in product.train_good
    ]


def lesson_of(
    defect: DefectImage, product: str, store: FeatureStore, ids: Ids, *, complete: bool = True
) -> Lesson:
    """Return a painted defect as a lesson; its mask stands for an inspector's painting."""
    number = ids.of(defect.path)
    layers = ((defect.defect_type, full_mask(defect)),)
    return Lesson(number, number, number, product, _lazily(store, defect.path), layers, complete=complete)


def fit_detector(
    good: Sequence[GoodImage],
    config: DmadConfig,
    store: FeatureStore,
    memory: RunMemory,
    report: Report = silent,
    *,
    always_train: bool = False,
) -> DualMemoryDetector:
    """Fit on good images with the store's outlier images; `always_train` as in `core.teaching.fit`."""
    encoder = store.encoder
    return fit(
        good,
        lambda: store.outliers(config.seed),
        config,
        fingerprint=encoder.fingerprint,
        grid=encoder.grid,
        memory=memory,
        always_train=always_train,
        report=report,
    ).detector


def full_mask(defect: DefectImage) -> NDArray[np.bool_]:
    """(H, W) mask at the image's own size."""
    assert defect.mask is not None, "only defects with masks are asked for theirs"
    height, width, _ = read_pixels(defect.path).shape
    return read_mask(defect.mask, (height, width))


def _lazily(store: FeatureStore, path: Path) -> Callable[[], Tensor]:
    return lambda: store.features(path)
