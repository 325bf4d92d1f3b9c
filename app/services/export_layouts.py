"""Write one image after another in a layout: image files, and the labels beside them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from app.services.exchange_names import to_folder, to_stem
from app.services.exchange_notes import ImageHistory
from app.services.views import Mask
from storage.blobs import BlobStore
from storage.exchange import coco, yolo
from storage.exchange.labels import LabelledImage, TypedMask
from storage.masks import decode_mask, encode_mask

ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/bmp": ".bmp",
    "image/webp": ".webp",
    "image/tiff": ".tif",
}


class Content(Protocol):
    """Bytes by their SHA-256."""

    def get(self, sha256: str) -> bytes: ...


class ReadAhead:
    """All that one image needs, read before anything of it is written: a damaged file leaves no half image."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._held: dict[str, bytes] = {}

    def load(self, history: ImageHistory) -> None:
        """Hold what belongs to this image, and forget the one before.

        Raises:
            BlobMissingError, BlobDamagedError: a file of the image is not what was stored.
        """
        layers = history.painting.layers if history.painting is not None else ()
        ignore = history.painting.ignore_sha256 if history.painting is not None else None
        names = {history.image.pixels_sha256, *(layer.mask_sha256 for layer in layers), ignore} - {None}
        self._held = {name: self._blobs.get(name) for name in names if name is not None}

    def get(self, sha256: str) -> bytes:
        return self._held[sha256] if sha256 in self._held else self._blobs.get(sha256)


class LayoutWriter(Protocol):
    """Writes below a folder that is empty when it begins."""

    def __init__(self, folder: Path, blobs: Content, histories: Sequence[ImageHistory]) -> None: ...
    def add(self, history: ImageHistory) -> str | None:
        """Write one image and return its path below the folder; None: it has no place in this layout."""

    def finish(self) -> None:
        """Write what is about all images."""


class PngWriter:
    """images/<product>/<file>; masks/<defect type>/<product>/<file>.png; ignore/<product>/<file>.png."""

    def __init__(self, folder: Path, blobs: Content, _histories: Sequence[ImageHistory]) -> None:
        self._folder = folder
        self._blobs = blobs

    def add(self, history: ImageHistory) -> str:
        place, painting = place_of(history), history.painting
        copy_image(self._folder, self._blobs, history, f"images/{place}")
        mask_place = str(Path(place).with_suffix(".png"))
        if painting is not None:
            for layer in painting.layers:
                self._write(f"masks/{to_folder(layer.defect_type)}/{mask_place}", layer.mask_sha256)
            if painting.ignore_sha256 is not None:
                self._write(f"ignore/{mask_place}", painting.ignore_sha256)
        return f"images/{place}"

    def finish(self) -> None:
        (self._folder / "masks").mkdir(exist_ok=True)

    def _write(self, place: str, sha256: str) -> None:
        new_file(self._folder / place).write_bytes(self._blobs.get(sha256))


class CocoWriter:
    """images/<product>/<file> and annotations.json, with run lengths."""

    as_polygons = False

    def __init__(self, folder: Path, blobs: Content, histories: Sequence[ImageHistory]) -> None:
        self._folder = folder
        self._blobs = blobs
        self._histories = histories
        self._written: list[ImageHistory] = []

    def add(self, history: ImageHistory) -> str:
        place = f"images/{place_of(history)}"
        copy_image(self._folder, self._blobs, history, place)
        self._written.append(history)
        return place

    def finish(self) -> None:
        labelled = (labelled_image(history, self._blobs) for history in self._written)
        document = coco.write(labelled, defect_types(self._histories), self.as_polygons)
        text = json.dumps(document, ensure_ascii=False)
        (self._folder / "annotations.json").write_text(text + "\n", encoding="utf-8")


class CocoPolygonWriter(CocoWriter):
    """The same with polygons, for programs that read nothing else."""

    as_polygons = True


class YoloWriter:
    """images/<product>/<file>, labels/<product>/<file>.txt and data.yaml."""

    def __init__(self, folder: Path, blobs: Content, histories: Sequence[ImageHistory]) -> None:
        self._folder = folder
        self._blobs = blobs
        self._types = defect_types(histories)

    def add(self, history: ImageHistory) -> str:
        place = place_of(history)
        copy_image(self._folder, self._blobs, history, f"images/{place}")
        text = yolo.write(labelled_image(history, self._blobs), self._types)
        label = new_file((self._folder / "labels" / place).with_suffix(".txt"))
        label.write_text(text, encoding="utf-8")
        return f"images/{place}"

    def finish(self) -> None:
        (self._folder / "data.yaml").write_text(yolo.write_names(self._types), encoding="utf-8")


class MvtecWriter:
    """<product>/train/good, test/good, test/<defect type>, ground_truth/<defect type>/<file>_mask.png."""

    def __init__(self, folder: Path, blobs: Content, histories: Sequence[ImageHistory]) -> None:
        self._folder = folder
        self._blobs = blobs
        for product in {history.image.product for history in histories}:
            (folder / to_folder(product) / "train" / "good").mkdir(parents=True)

    def add(self, history: ImageHistory) -> str | None:
        if history.verdict not in ("good", "defect"):
            return None
        product, file = place_of(history).rsplit("/", 1)
        layers = history.painting.layers if history.painting is not None else ()
        if history.verdict == "good":
            kind = "good"
        else:
            kind = _type_folder(
                max(layers, key=lambda layer: layer.pixel_count).defect_type if layers else ""
            )
        side = "test" if history.image.held_out or kind != "good" else "train"
        place = f"{product}/{side}/{kind}/{file}"
        copy_image(self._folder, self._blobs, history, place)
        if layers and kind != "good":
            mask = np.logical_or.reduce([decode_mask(self._blobs.get(layer.mask_sha256)) for layer in layers])
            mask_file = self._folder / product / "ground_truth" / kind / f"{Path(file).stem}_mask.png"
            new_file(mask_file).write_bytes(encode_mask(mask))
        return place

    def finish(self) -> None:
        """Nothing is about all images."""


def _type_folder(defect_type: str) -> str:
    """Return the folder of a defect type; "good" and nothing at all mean something else there."""
    folder = to_folder(defect_type)
    return {"": "defect", "good": "good_"}.get(folder.casefold(), folder)


WRITERS: dict[str, type[LayoutWriter]] = {
    "mvtec": MvtecWriter,
    "coco": CocoWriter,
    "coco-polygons": CocoPolygonWriter,
    "png": PngWriter,
    "yolo": YoloWriter,
}


def place_of(history: ImageHistory) -> str:
    """Return <product>/<file> of an image."""
    image = history.image
    return (
        f"{to_folder(image.product)}/{to_stem(image.id, image.name)}{ENDINGS.get(image.media_type, '.png')}"
    )


def copy_image(folder: Path, blobs: Content, history: ImageHistory, place: str) -> None:
    new_file(folder / place).write_bytes(blobs.get(history.image.pixels_sha256))


def new_file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def defect_types(histories: Sequence[ImageHistory]) -> tuple[str, ...]:
    """Return what is painted on any of the images, sorted."""
    found = {layer.defect_type for each in histories if each.painting for layer in each.painting.layers}
    return tuple(sorted(found))


def labelled_image(history: ImageHistory, blobs: Content) -> LabelledImage:
    def read(sha256: str) -> Mask:
        return decode_mask(blobs.get(sha256))

    image, painting = history.image, history.painting
    layers = painting.layers if painting is not None else ()
    ignore = painting.ignore_sha256 if painting is not None else None
    return LabelledImage(
        place_of(history),
        image.width,
        image.height,
        tuple(TypedMask(layer.defect_type, read(layer.mask_sha256)) for layer in layers if layer.pixel_count),
        None if ignore is None else read(ignore),
    )
