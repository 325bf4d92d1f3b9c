"""COCO: one JSON document for all images. Ignored areas are entries of a category "ignore" with iscrowd 1."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from storage.exchange import coco_runs
from storage.exchange.labels import ExchangeError, LabelledImage, Mask, TypedMask, checked_size
from storage.exchange.outlines import fill, from_pairs, outlines

IGNORE = "ignore"  # the category of ignored areas
OWN_FIELD = "twinbank"  # {"ignore": true or false} on every entry: a defect type called ignore is told apart


@dataclass(frozen=True)
class CocoImage:
    """An image's entry; its masks are decoded when asked for, so a large document fits in memory."""

    name: str
    width: int
    height: int
    entries: tuple[tuple[str, dict[str, Any]], ...]  # category, annotation

    def labelled(self) -> LabelledImage:
        """Decode the masks; several entries of one category are joined.

        Raises:
            ExchangeError: a segmentation can't be used.
        """
        size = (self.height, self.width)
        masks: dict[str, Mask] = {}
        ignore: Mask | None = None
        for category, entry in self.entries:
            mask = _mask(entry, size, self.name)
            if _is_ignore(category, entry):
                ignore = mask if ignore is None else ignore | mask
            else:
                masks[category] = masks[category] | mask if category in masks else mask
        layers = tuple(TypedMask(category, mask) for category, mask in masks.items())
        return LabelledImage(self.name, self.width, self.height, layers, ignore)


def write(images: Iterable[LabelledImage], defect_types: Iterable[str], as_polygons: bool) -> dict[str, Any]:
    """Return the document; run lengths keep every pixel, polygons lose holes."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(defect_types), start=1)}
    ignore_number = len(numbers) + 1
    entries: list[dict[str, Any]] = []
    listed: list[dict[str, Any]] = []
    for image_number, image in enumerate(images, start=1):
        listed.append(
            {"id": image_number, "file_name": image.name, "width": image.width, "height": image.height}
        )
        painted = [(numbers[layer.defect_type], layer.mask, False) for layer in image.layers]
        if image.ignore is not None:
            painted.append((ignore_number, image.ignore, True))
        for category, mask, is_ignore in painted:
            entry = {"id": len(entries) + 1, "image_id": image_number, "category_id": category}
            entries.append({**entry, **_segment(mask, as_polygons and not is_ignore, is_ignore)})
    categories = [{"id": number, "name": name} for name, number in numbers.items()]
    categories.append({"id": ignore_number, "name": IGNORE, OWN_FIELD: {"ignore": True}})
    return {"images": listed, "annotations": entries, "categories": categories}


def read(document: object) -> tuple[CocoImage, ...]:
    """Return every image of a document with its entries.

    Raises:
        ExchangeError: it is no COCO document, or an entry names an image or category that is not there.
    """
    if not isinstance(document, dict) or not isinstance(document.get("images"), list):
        raise ExchangeError('This is no COCO file: it has no list called "images".')
    try:
        categories = {entry["id"]: str(entry["name"]) for entry in document.get("categories", [])}
        of_image: defaultdict[Any, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for entry in document.get("annotations", []):
            of_image[entry["image_id"]].append((categories[entry["category_id"]], entry))
        images = {entry["id"]: (str(entry["file_name"]), entry) for entry in document["images"]}
    except (KeyError, TypeError, AttributeError) as error:
        raise ExchangeError(f"An entry of this COCO file lacks, or wrongly names, {error}.") from error
    if strangers := set(of_image) - set(images):
        raise ExchangeError(
            f"{len(strangers)} entries of this COCO file name an image that it does not list."
        )
    found = []
    for number, (name, entry) in images.items():
        height, width = checked_size(entry.get("width"), entry.get("height"), name)
        found.append(CocoImage(name, width, height, tuple(of_image.get(number, ()))))
    return tuple(found)


def _segment(mask: Mask, as_polygons: bool, is_ignore: bool) -> dict[str, Any]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = [int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1]
    common: dict[str, Any] = {"bbox": box, "area": int(mask.sum()), "iscrowd": int(not as_polygons)}
    common[OWN_FIELD] = {"ignore": is_ignore}
    if as_polygons:
        return {**common, "segmentation": [ring.ravel().tolist() for ring in outlines(mask)]}
    return {**common, "segmentation": {"size": list(mask.shape), "counts": coco_runs.encode(mask)}}


def _is_ignore(category: str, entry: dict[str, Any]) -> bool:
    own = entry.get(OWN_FIELD)
    if isinstance(own, dict) and own.get("ignore") is True:
        return True
    return category.casefold() == IGNORE and entry.get("iscrowd") == 1 and OWN_FIELD not in entry


def _mask(entry: dict[str, Any], size: tuple[int, int], what: str) -> Mask:
    segment = entry.get("segmentation")
    if isinstance(segment, dict):
        if segment.get("size") != list(size):
            raise ExchangeError(
                f"A mask of {what} has the size {segment.get('size')}, its image {list(size)}."
            )
        return coco_runs.decode(segment.get("counts"), size, what)
    if isinstance(segment, list) and segment and all(isinstance(ring, list) for ring in segment):
        return fill([from_pairs(ring, what) for ring in segment], size)
    raise ExchangeError(f"An entry of {what} has neither polygons nor run lengths.")
