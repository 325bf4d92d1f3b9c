"""Folders of parts with known defects: which images to learn from, which to be judged on. Paths only.

Layouts, told apart by what is there
    mvtec   ROOT/<product>/train/good, test/good, test/<type>, ground_truth/<type>/<stem>_mask.png
    folder  ROOT/<product>/good and ROOT/<product>/<type>, masks as above or beside them in masks/<type>;
            30 % of the good images, picked by a hash of their names, are kept for testing
    visa, visa-fewshot, visa-highshot
            ROOT/split_csv/1cls.csv, 2cls_fewshot.csv or 2cls_highshot.csv names images and masks; the last two have
            defects in their training part, and what is painted is drawn from those
In the first two ROOT may be one product itself. VisA converted to MVTec's folders is read as those.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.images import decode
from core.visa import SPLITS, read_split

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
GOOD_FOLDERS = ("good", "ok")
MASK_FOLDERS = ("ground_truth", "masks")
TEST_SHARE = 0.3
LAYOUTS = ("auto", "mvtec", "folder", *SPLITS)


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
    train_defects: tuple[DefectImage, ...] = ()  # where these are, what is painted is drawn from them

    @property
    def has_masks(self) -> bool:
        """True if every defect has its mask, so that pixel figures can be given."""
        return bool(self.defects) and all(defect.mask is not None for defect in self.defects)


def read_dataset(
    root: Path, products: Sequence[str] | None = None, layout: str = "auto"
) -> tuple[ProductData, ...]:
    """List the images of all products below `root`, or of those named, sorted by name.

    Args:
        layout: one of LAYOUTS. "auto": by what is there; of several split files the 1-class one.

    Raises:
        DatasetError: no such folder, no product in the layout, or a named product that is not there.
        SplitFileError: a split file of VisA can't be read.
    """
    if not root.is_dir():
        raise DatasetError(f"there is no folder {root}")
    found = _read_layout(root, layout)
    if not found:
        looked = SPLITS[layout].as_posix() if layout in SPLITS else _LOOKED_FOR[layout]
        raise DatasetError(f"{root} holds no product: looked for {looked}")
    names = [data.name for data in found]
    missing = sorted(set(products or ()) - set(names))
    if missing:
        raise DatasetError(f"{root} has no product {', '.join(missing)}; it has {', '.join(names)}")
    return tuple(data for data in found if products is None or data.name in products)


_LOOKED_FOR = {
    "mvtec": "<product>/train/good",
    "folder": "<product>/good",
    "auto": f"<product>/train/good, <product>/good, {SPLITS['visa'].as_posix()}",
}


def _read_layout(root: Path, layout: str) -> list[ProductData]:
    if layout not in LAYOUTS:
        raise DatasetError(f"there is no layout {layout}; there are {', '.join(LAYOUTS)}")
    there = [name for name, split in SPLITS.items() if (root / split).is_file()]
    if layout in SPLITS or (layout == "auto" and there):
        name = layout if layout in SPLITS else there[0]
        return _read_visa(root, name) if name in there else []
    readers = {"mvtec": _read_mvtec, "folder": _read_plain, "auto": _read_product}
    own = readers[layout](root)
    return [own] if own else [data for folder in _folders(root) if (data := readers[layout](folder))]


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
    return _read_mvtec(folder) or _read_plain(folder)


def _read_mvtec(folder: Path) -> ProductData | None:
    if not (folder / "train" / "good").is_dir():
        return None
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
    good = [path for part in _folders(folder) if _is_good(part) for path in _images(part)]
    if not good:
        return None
    defects = [
        defect
        for part in _folders(folder)
        if not _is_good(part) and part.name not in MASK_FOLDERS
        for defect in _defects(folder, part)
    ]
    train = tuple(path for path in good if not _is_kept(path))
    return ProductData(
        folder.resolve().name, train, tuple(path for path in good if _is_kept(path)), tuple(defects)
    )


def _is_good(folder: Path) -> bool:
    return folder.name.casefold() in GOOD_FOLDERS


def _is_kept(path: Path) -> bool:
    """A fixed share of names, the same on every machine and every time."""
    return hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).digest()[0] < TEST_SHARE * 256


def _defects(folder: Path, part: Path) -> list[DefectImage]:
    masks: dict[str, Path] = {}
    for name in MASK_FOLDERS:
        for mask in _images(folder / name / part.name):
            masks.setdefault(mask.stem.removesuffix("_mask"), mask)
    return [DefectImage(path, part.name, masks.get(path.stem)) for path in _images(part)]


def _read_visa(root: Path, layout: str) -> list[ProductData]:
    rows = sorted(read_split(root, SPLITS[layout]), key=lambda row: (row.product, row.image))

    def good(product: str, in_training: bool) -> tuple[Path, ...]:
        chosen = (r for r in rows if r.product == product and r.in_training == in_training)
        return tuple(row.image for row in chosen if row.defect_type is None)

    def defects(product: str, in_training: bool) -> tuple[DefectImage, ...]:
        chosen = (r for r in rows if r.product == product and r.in_training == in_training)
        return tuple(DefectImage(r.image, r.defect_type, r.mask) for r in chosen if r.defect_type is not None)

    return [
        ProductData(name, good(name, True), good(name, False), defects(name, False), defects(name, True))
        for name in dict.fromkeys(row.product for row in rows)
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
