"""Split files of VisA: which images train, which test, which show an anomaly, and where their masks lie.

A split file has the columns object, split (train | test), label (normal | anomaly), image, mask; paths are relative
to the data set's folder. In the 1-class split all anomalies are in the test part; in the 2-class splits some are in
the training part. `<object>/image_anno.csv`, where it is there, names each anomaly's type in its column label.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

COLUMNS = ("object", "split", "label", "image", "mask")
SPLITS = {
    "visa": Path("split_csv") / "1cls.csv",
    "visa-fewshot": Path("split_csv") / "2cls_fewshot.csv",
    "visa-highshot": Path("split_csv") / "2cls_highshot.csv",
}
ANOMALY = "anomaly"


class SplitFileError(ValueError):
    """A split file is not what VisA's are; the message names the file, the line and what was expected."""


@dataclass(frozen=True)
class SplitRow:
    """One image of a split file."""

    product: str
    in_training: bool
    defect_type: str | None  # None: a normal image
    image: Path
    mask: Path | None


def read_split(root: Path, split: Path) -> list[SplitRow]:
    """Read a split file.

    Raises:
        SplitFileError: a column is missing, a value unknown, or a named image is not there.
    """
    types: dict[str, dict[str, str]] = {}
    rows = []
    with (root / split).open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise SplitFileError(
                f"{root / split} has no column {', '.join(missing)}: a split file of VisA has the columns "
                f"{', '.join(COLUMNS)}"
            )
        for row in reader:
            product = row["object"]
            if product not in types:
                types[product] = _types(root / product / "image_anno.csv")
            rows.append(_row(row, root, f"{root / split}, line {reader.line_num}", types[product]))
    return rows


def _row(row: dict[str, str], root: Path, place: str, types: dict[str, str]) -> SplitRow:
    split, label = row["split"], row["label"]
    if split not in ("train", "test") or label not in ("normal", ANOMALY):
        raise SplitFileError(
            f"{place}: split is {split!r} and label {label!r}; it takes train or test, and normal or {ANOMALY}"
        )
    image = root / row["image"]
    mask = root / row["mask"] if row["mask"] else None
    for path in (image, mask):
        if path is not None and not path.is_file():
            raise SplitFileError(
                f"{place}: there is no file {path}: check that the images lie beside split_csv"
            )
    defect_type = types.get(row["image"], ANOMALY) if label == ANOMALY else None
    return SplitRow(row["object"], split == "train", defect_type, image, mask)


def _types(annotations: Path) -> dict[str, str]:
    """Image -> type of its anomaly; empty where the file is not there or has no such columns."""
    if not annotations.is_file():
        return {}
    with annotations.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    return {row["image"]: row["label"] for row in rows if row.get("image") and row.get("label")}
