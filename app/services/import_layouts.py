"""Plan an import in any layout: those of folders, and those that other labelling programs write.

Layouts besides `import_plan`'s
    coco    a .json with images and annotations, in ROOT or ROOT/annotations; images below ROOT/images, or ROOT
    png     ROOT/images/<path>; ROOT/masks/<defect type>/<path>.png; ROOT/ignore/<path>.png
    yolo    ROOT/data.yaml, ROOT/images/<path>, ROOT/labels/<path>.txt with outlines
A twinbank.json beside them gives product, name, verdict and side of each image.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from app.services.errors import FolderNotReadableError, InvalidRequestError
from app.services.exchange_names import from_folder
from app.services.exchange_notes import FILE, Note, read_notes
from app.services.import_plan import (
    LAYOUTS as FOLDER_LAYOUTS,
)
from app.services.import_plan import (
    FactsOf,
    FolderPlan,
    PlannedImage,
    PlannedMask,
    files_below,
    folders_in,
    plan_folder,
    require_readable,
    shown_name,
)
from app.services.views import ImportPreview, IncomingFile, RefusedFile
from storage.exchange import coco, yolo
from storage.exchange.labels import ExchangeError, LabelledImage, TypedMask

NO_IMAGE = "These labels belong to no image here: they are left out."
NO_LABELS = "The labels do not list this file: it comes without a painting."


def plan_layout(root: Path, layout: str, product: str | None, facts_of: FactsOf) -> FolderPlan:
    """List what an import of `root` would take in.

    Raises:
        FolderNotReadableError: no such folder, or nothing in it of this layout.
        InvalidRequestError: a layout that does not exist, or a damaged twinbank.json.
    """
    if layout not in LAYOUTS:
        raise InvalidRequestError(f"layout {layout!r} is not one of {', '.join(LAYOUTS)}.")
    require_readable(root)
    if layout == "folder":
        return plan_folder(root, layout, product, facts_of)
    try:
        notes = read_notes(root)
        if layout == "mvtec":
            plan = plan_folder(root, layout, product, facts_of)
        else:
            plan = _READERS[layout](root, product or root.resolve().name, facts_of)
    except (ExchangeError, ValueError) as error:
        raise FolderNotReadableError(str(root), str(error)) from error
    if notes is None:
        return plan
    images = tuple(_noted(image, notes.images.get(_place(image, root)), product) for image in plan.images)
    return FolderPlan(images, plan.refused)


def recognised(root: Path) -> str:
    """Return the layout that a folder seems to have.

    Raises:
        FolderNotReadableError: no such folder.
    """
    require_readable(root)
    if (root / "data.yaml").is_file() and (root / "labels").is_dir():
        return "yolo"
    if (root / "images").is_dir() and (root / "masks").is_dir():
        return "png"
    if (root / "train").is_dir() or any((folder / "train").is_dir() for folder in folders_in(root)):
        return "mvtec"
    return "coco" if any(True for _ in _documents(root)) else "folder"


def preview_of(plan: FolderPlan, layout: str) -> ImportPreview:
    verdicts = [image.verdict for image in plan.images]
    good, defect = verdicts.count("good"), verdicts.count("defect")
    return ImportPreview(
        layout=layout,
        images=len(plan.images),
        good=good,
        defect=defect,
        not_judged=len(plan.images) - good - defect,
        painted=sum(bool(image.masks or image.labels) for image in plan.images),
        products=tuple(sorted({image.product for image in plan.images})),
        refused=plan.refused,
    )


def _plan_coco(root: Path, product: str, facts_of: FactsOf) -> FolderPlan:
    documents = list(_documents(root))
    if not documents:
        raise ExchangeError("neither it nor its folder annotations has a .json that lists images")
    below = root / "images" if (root / "images").is_dir() else root
    there = {path.relative_to(below).as_posix(): path for path in files_below(below)}
    by_file_name = {path.name: path for path in there.values()}
    images: dict[Path, PlannedImage] = {}
    refused = []
    for document in documents:
        for found in coco.read(json.loads(document.read_text(encoding="utf-8"))):
            path = there.get(found.name) or by_file_name.get(Path(found.name).name)
            if path is None:
                refused.append(RefusedFile(found.name, NO_IMAGE))
            elif path in images:
                refused.append(RefusedFile(found.name, "It is listed twice: the first entry is taken."))
            else:
                labels = _of_coco(found) if found.entries else None
                images[path] = _planned(path, below, product, facts_of, labels)
    refused += [RefusedFile(name, NO_LABELS) for name, path in there.items() if path not in images]
    for path in there.values():
        images.setdefault(path, _planned(path, below, product, facts_of, None))
    return FolderPlan(tuple(images.values()), tuple(refused))


def _of_coco(found: coco.CocoImage) -> Callable[[tuple[int, int]], LabelledImage]:
    def read(size: tuple[int, int]) -> LabelledImage:
        if (found.height, found.width) != size:
            raise ExchangeError(
                f"The labels say {found.width} x {found.height} pixels, but the image has {size[1]} x {size[0]}."
            )
        return found.labelled()

    return read


def _plan_png(root: Path, product: str, facts_of: FactsOf) -> FolderPlan:
    masks: dict[str, list[PlannedMask]] = {}
    kinds = [(from_folder(shown_name(Path(kind.name))), kind) for kind in folders_in(root / "masks")]
    for defect_type, below in [*kinds, (None, root / "ignore")]:
        for path in files_below(below):
            name = shown_name(path.relative_to(root))
            key = path.relative_to(below).with_suffix("").as_posix()
            masks.setdefault(key, []).append(PlannedMask(defect_type, IncomingFile(name, path=path)))
    images = []
    for path in _images(root):
        key = path.relative_to(root / "images").with_suffix("").as_posix()
        image = _planned(path, root / "images", product, facts_of, None)
        found = tuple(masks.pop(key, ()))
        images.append(replace(image, masks=found, verdict=_defect_if(found, image)))
    lost = [mask.source.name for group in masks.values() for mask in group]
    return FolderPlan(tuple(images), tuple(RefusedFile(name, NO_IMAGE) for name in lost))


def _plan_yolo(root: Path, product: str, facts_of: FactsOf) -> FolderPlan:
    if not (root / "data.yaml").is_file():
        raise ExchangeError("it has no data.yaml")
    names = yolo.read_names((root / "data.yaml").read_text(encoding="utf-8"))
    below = root / "labels"
    labels = {path.relative_to(below).with_suffix("").as_posix(): path for path in below.rglob("*.txt")}
    images = []
    for path in _images(root):
        label = labels.pop(path.relative_to(root / "images").with_suffix("").as_posix(), None)
        is_empty = label is None or not label.read_bytes().strip()
        read = (
            None if label is None or is_empty else _of_yolo(label, names, shown_name(path.relative_to(root)))
        )
        images.append(_planned(path, root / "images", product, facts_of, read))
    lost = sorted(shown_name(label.relative_to(root)) for label in labels.values())
    return FolderPlan(tuple(images), tuple(RefusedFile(name, NO_IMAGE) for name in lost))


def _of_yolo(
    label: Path, names: tuple[str, ...], image_name: str
) -> Callable[[tuple[int, int]], LabelledImage]:
    def read(size: tuple[int, int]) -> LabelledImage:
        text = label.read_text(encoding="utf-8", errors="replace")
        masks = yolo.read(text, names, size, label.name)
        layers = tuple(TypedMask(name, mask) for name, mask in masks.items())
        return LabelledImage(image_name, size[1], size[0], layers)

    return read


_READERS: dict[str, Callable[[Path, str, FactsOf], FolderPlan]] = {
    "coco": _plan_coco,
    "png": _plan_png,
    "yolo": _plan_yolo,
}
LAYOUTS = (*FOLDER_LAYOUTS, *_READERS)


def _planned(
    path: Path,
    below: Path,
    product: str,
    facts_of: FactsOf,
    labels: Callable[[tuple[int, int]], LabelledImage] | None,
) -> PlannedImage:
    name = shown_name(path.relative_to(below))
    verdict = None if labels is None else "defect"
    return PlannedImage(
        IncomingFile(name, path=path), product, name, verdict, facts=facts_of(name), labels=labels
    )


def _defect_if(masks: tuple[PlannedMask, ...], image: PlannedImage) -> str | None:
    return "defect" if any(mask.defect_type is not None for mask in masks) else image.verdict


def _noted(image: PlannedImage, note: Note | None, product: str | None) -> PlannedImage:
    if note is None:
        return image
    return replace(
        image,
        product=product or note.product,
        name=note.name,
        verdict=note.verdict,
        held_out=note.held_out,
        facts=note.facts,
        complete=note.complete,
    )


def _place(image: PlannedImage, root: Path) -> str:
    assert image.source.path is not None, "a folder's images are read from paths"
    return image.source.path.relative_to(root).as_posix()


def _images(root: Path) -> Iterator[Path]:
    if not (root / "images").is_dir():
        raise ExchangeError("it has no folder called images")
    return files_below(root / "images")


def _documents(root: Path) -> Iterator[Path]:
    """Yield the .json files that begin like COCO's."""
    for folder in (root, root / "annotations"):
        for path in sorted(folder.glob("*.json")):
            if path.name != FILE and b'"images"' in path.read_bytes():
                yield path
