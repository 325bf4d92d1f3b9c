"""Read a folder tree and say which images it holds, what is known of each, and which masks belong to them.

Layouts
    mvtec   ROOT/<product>/train/good, test/good, test/<defect type>, ground_truth/<type>/<stem>_mask.png;
            ROOT may be one product itself. Everything below test is kept for testing.
    folder  images anywhere below ROOT; a folder called good or ok, or defect, bad or ng, gives the verdict.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.services.errors import FolderNotReadableError, InvalidRequestError
from app.services.views import ImageFacts, IncomingFile, RefusedFile
from storage.exchange.labels import LabelledImage

LAYOUTS = ("mvtec", "folder")
GOOD_FOLDERS = ("good", "ok")
DEFECT_FOLDERS = ("defect", "bad", "ng")
_DOCUMENTS = (
    ".txt",
    ".md",
    ".csv",
    ".json",
    ".xml",
    ".yaml",
    ".yml",
    ".pdf",
    ".html",
    ".ini",
    ".db",
    ".license",
)
NO_FACTS = ImageFacts()
FactsOf = Callable[[str], ImageFacts]


LabelsOf = Callable[[tuple[int, int]], LabelledImage]  # decode for an image of (height, width)


@dataclass(frozen=True)
class PlannedMask:
    defect_type: str | None  # None: an area to ignore
    source: IncomingFile


@dataclass(frozen=True)
class PlannedImage:
    source: IncomingFile
    product: str
    name: str
    verdict: str | None = None
    held_out: bool | None = None  # None: drawn
    facts: ImageFacts = NO_FACTS
    masks: tuple[PlannedMask, ...] = ()
    labels: LabelsOf | None = None  # raises ExchangeError where they can't be used
    complete: bool = True  # everything that is wrong with it is painted


@dataclass(frozen=True)
class FolderPlan:
    images: tuple[PlannedImage, ...]
    refused: tuple[RefusedFile, ...] = field(default=())


def plan_folder(root: Path, layout: str, product: str | None, facts_of: FactsOf) -> FolderPlan:
    """List what an import of `root` would take in, sorted by name.

    Raises:
        FolderNotReadableError: no such folder, or it can't be listed, or it holds no product in this layout.
        InvalidRequestError: a layout that does not exist.
    """
    if layout not in LAYOUTS:
        raise InvalidRequestError(f"layout {layout!r} is not one of {', '.join(LAYOUTS)}.")
    require_readable(root)
    if layout == "mvtec":
        return _plan_mvtec(root, product, facts_of)
    images = [_planned(path, root, product or root.resolve().name, facts_of) for path in files_below(root)]
    return FolderPlan(tuple(images))


def shown_name(path: Path) -> str:
    """Return the path's text; bytes that are no UTF-8 become replacement characters."""
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")


def _planned(path: Path, root: Path, product: str, facts_of: FactsOf) -> PlannedImage:
    relative = path.relative_to(root)
    name = shown_name(relative)
    return PlannedImage(
        IncomingFile(name, path=path), product, name, _verdict_of(relative), facts=facts_of(name)
    )


def _verdict_of(relative: Path) -> str | None:
    for folder in reversed([part.casefold() for part in relative.parent.parts]):
        if folder in GOOD_FOLDERS:
            return "good"
        if folder in DEFECT_FOLDERS:
            return "defect"
    return None


def _plan_mvtec(root: Path, product: str | None, facts_of: FactsOf) -> FolderPlan:
    folders = (
        [root]
        if (root / "train").is_dir()
        else [folder for folder in folders_in(root) if (folder / "train").is_dir()]
    )
    if not folders:
        raise FolderNotReadableError(str(root), "neither it nor a folder in it has a sub-folder called train")
    if product is not None and len(folders) > 1:
        raise InvalidRequestError(
            f"{root} holds {len(folders)} products; name one only where the folder is a single product."
        )
    images: list[PlannedImage] = []
    refused: list[RefusedFile] = []
    for folder in folders:
        plan = _plan_mvtec_product(folder, product or shown_name(Path(folder.resolve().name)), facts_of)
        images.extend(plan.images)
        refused.extend(plan.refused)
    return FolderPlan(tuple(images), tuple(refused))


def _plan_mvtec_product(folder: Path, product: str, facts_of: FactsOf) -> FolderPlan:
    masks = {(mask.parent.name, _stem(mask)): mask for mask in files_below(folder / "ground_truth")}
    images: list[PlannedImage] = []
    for part in ("train", "test"):
        for type_folder in folders_in(folder / part):
            for path in files_below(type_folder):
                mask = masks.pop((type_folder.name, path.stem), None)
                images.append(_planned_mvtec(path, folder, product, mask, facts_of))
    refused = [
        RefusedFile(
            shown_name(mask.relative_to(folder)), "This mask belongs to no image here, so it was left out."
        )
        for mask in masks.values()
    ]
    return FolderPlan(tuple(images), tuple(refused))


def _planned_mvtec(
    path: Path, folder: Path, product: str, mask: Path | None, facts_of: FactsOf
) -> PlannedImage:
    name = shown_name(path.relative_to(folder))
    defect_type = shown_name(Path(path.parent.name))
    masks: tuple[PlannedMask, ...] = ()
    if mask is not None and defect_type != "good":
        mask_name = shown_name(mask.relative_to(folder))
        masks = (PlannedMask(defect_type, IncomingFile(mask_name, path=mask)),)
    return PlannedImage(
        source=IncomingFile(name, path=path),
        product=product,
        name=name,
        verdict="good" if defect_type == "good" else "defect",
        held_out=path.relative_to(folder).parts[0] == "test",
        facts=facts_of(name),
        masks=masks,
    )


def _stem(mask: Path) -> str:
    return mask.stem.removesuffix("_mask")


def require_readable(root: Path) -> None:
    try:
        next(iter(os.scandir(root)), None)
    except OSError as error:
        raise FolderNotReadableError(str(root), error.strerror or str(error)) from error


def folders_in(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return sorted(
        (path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")), key=str
    )


def files_below(root: Path) -> Iterator[Path]:
    """Yield every file below `root` that may be an image, sorted; no documents, no hidden files."""
    if not root.is_dir():
        return
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and not name.casefold().endswith(_DOCUMENTS):
                yield Path(folder) / name
