"""Folders of parts with known defects: which images to learn from, which to be judged on. Paths only.

Layouts, told apart by what is there
    mvtec   ROOT/<product>/train/good, test/good, test/<type>, ground_truth/<type>/<stem>_mask.png
    folder  ROOT/<product>/good and ROOT/<product>/<type>, masks as above or beside them in masks/<type>;
            30 % of the good images, picked by a hash of their names, are kept for testing
    visa    ROOT/split_csv/1cls.csv names images and masks
In the first two ROOT may be one product itself.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.images import decode

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
GOOD_FOLDERS = ("good", "ok")
MASK_FOLDERS = ("ground_truth", "masks")
TEST_SHARE = 0.3
VISA_SPLIT = Path("split_csv") / "1cls.csv"


class DatasetError(ValueError):
    """The folder holds no parts to evaluate; the message says what was looked for and what is there."""


class MaskSizeError(ValueError):
    """A mask has another size than its image; the message gives both."""


@dataclass(frozen=True)
class DefectImage:
    """A test image that shows a defect."""

    path: Path
    defect_type: str
    mask: Path | None


@dataclass(frozen=True)
class ProductData:
    """One product's images, each tuple sorted by path."""

    name: str
    train_good: tuple[Path, ...]
    test_good: tuple[Path, ...]
    defects: tuple[DefectImage, ...]

    @property
    def has_masks(self) -> bool:
        """True if every defect has its mask, so that pixel figures can be given."""
        return bool(self.defects) and all(defect.mask is not None for defect in self.defects)


def read_dataset(root: Path, products: Sequence[str] | None = None) -> tuple[ProductData, ...]:
    """List the images of all products below `root`, or of those named, sorted by name.

    Raises:
        DatasetError: no such folder, no product in any layout, or a named product that is not there.
    """
    if not root.is_dir():
        raise DatasetError(f"there is no folder {root}")
    if (root / VISA_SPLIT).is_file():
        found = _read_visa(root)
    else:
        own = _read_product(root)
        found = [own] if own else [data for folder in _folders(root) if (data := _read_product(folder))]
    if not found:
        raise DatasetError(
            f"{root} holds no product: looked for <product>/train/good, <product>/good, "
            f"{VISA_SPLIT.as_posix()}"
        )
    names = [data.name for data in found]
    missing = sorted(set(products or ()) - set(names))
    if missing:
        raise DatasetError(f"{root} has no product {', '.join(missing)}; it has {', '.join(names)}")
    return tuple(data for data in found if products is None or data.name in products)


def read_pixels(path: Path) -> NDArray[np.uint8]:
    """Decode an image file to (H, W, 3); errors are those of `core.images.decode`."""
    return decode(path.read_bytes()).pixels


def read_mask(path: Path, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Decode a mask to (H, W): True where it is bright, or, in a file of small numbers, where it is not 0.

    Raises:
        MaskSizeError: it is not `size` = (H, W), its image's.
    """
    values: NDArray[np.uint8] = decode(path.read_bytes()).pixels.max(axis=2)
    if values.shape != size:
        raise MaskSizeError(
            f"the mask {path} is {values.shape[1]} x {values.shape[0]} px, "
            f"its image {size[1]} x {size[0]} px: give the mask its image's size, or take it out of the folder"
        )
    brightest = int(values.max())
    painted: NDArray[np.bool_] = values > (brightest // 2 if brightest > 127 else 0)
    return painted


def _read_product(folder: Path) -> ProductData | None:
    if (folder / "train" / "good").is_dir():
        return _read_mvtec(folder)
    return _read_plain(folder)


def _read_mvtec(folder: Path) -> ProductData:
    defects = [
        defect
        for part in _folders(folder / "test")
        if part.name not in GOOD_FOLDERS
        for defect in _defects(folder, part)
    ]
    return ProductData(
        folder.resolve().name,
        _images(folder / "train" / "good"),
        _images(folder / "test" / "good"),
        tuple(defects),
    )


def _read_plain(folder: Path) -> ProductData | None:
    good = [path for name in GOOD_FOLDERS for path in _images(folder / name)]
    if not good:
        return None
    defects = [
        defect
        for part in _folders(folder)
        if part.name not in GOOD_FOLDERS + MASK_FOLDERS
        for defect in _defects(folder, part)
    ]
    train = tuple(path for path in good if not _is_kept(path))
    return ProductData(
        folder.resolve().name, train, tuple(path for path in good if _is_kept(path)), tuple(defects)
    )


def _is_kept(path: Path) -> bool:
    """A fixed share of names, the same on every machine and every time."""
    return hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).digest()[0] < TEST_SHARE * 256


def _defects(folder: Path, part: Path) -> list[DefectImage]:
    masks: dict[str, Path] = {}
    for name in MASK_FOLDERS:
        for mask in _images(folder / name / part.name):
            masks.setdefault(mask.stem.removesuffix("_mask"), mask)
    return [DefectImage(path, part.name, masks.get(path.stem)) for path in _images(part)]


def _read_visa(root: Path) -> list[ProductData]:
    parts: dict[str, tuple[list[Path], list[Path], list[DefectImage]]] = {}
    with (root / VISA_SPLIT).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            train, test, defects = parts.setdefault(row["object"], ([], [], []))
            path = root / row["image"]
            if row["label"] == "normal":
                (train if row["split"] == "train" else test).append(path)
            elif row["split"] == "test":
                defects.append(DefectImage(path, "anomaly", root / row["mask"] if row["mask"] else None))
    return [
        ProductData(
            name, tuple(sorted(train)), tuple(sorted(test)), tuple(sorted(defects, key=lambda d: d.path))
        )
        for name, (train, test, defects) in sorted(parts.items())
    ]


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _images(folder: Path) -> tuple[Path, ...]:
    if not folder.is_dir():
        return ()
    files: Iterable[Path] = (path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    return tuple(sorted(path for path in files if path.is_file() and not path.name.startswith(".")))
