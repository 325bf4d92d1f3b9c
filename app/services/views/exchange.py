"""Images in and out."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class IncomingFile:
    """One file to import: its bytes, or the path to read them from."""

    name: str
    data: bytes | None = None
    path: Path | None = None


@dataclass(frozen=True)
class ImageFacts:
    lot: str | None = None
    part: str | None = None
    shot: str | None = None
    station: str | None = None
    captured_at: datetime | None = None


@dataclass(frozen=True)
class RefusedFile:
    name: str
    reason: str


@dataclass(frozen=True)
class ImportReport:
    added: int
    already_there: int
    refused: tuple[RefusedFile, ...]
    image_ids: tuple[int, ...]
    masks: int = 0  # paintings that came with the images
    filed_twice: tuple[str, ...] = ()  # names of pictures filed both good and defective
    known: tuple[str, ...] = ()  # names of the files whose picture was already there


@dataclass(frozen=True)
class ImportPreview:
    """What an import of a folder would take in."""

    layout: str
    images: int
    good: int
    defect: int
    not_judged: int  # and those that somebody was unsure of
    painted: int
    products: tuple[str, ...]
    refused: tuple[RefusedFile, ...]  # labels that belong to no image, files that can't be used


@dataclass(frozen=True)
class ExportPreview:
    layout: str
    images: int
    painted: int
    losses: tuple[str, ...]  # a sentence for each thing that the layout can't hold


@dataclass(frozen=True)
class ExportReport:
    folder: str
    images: int
    painted: int
    losses: tuple[str, ...]
    left_out: tuple[RefusedFile, ...]  # images that are not in the folder, each with its reason


@dataclass(frozen=True)
class KeptExport:
    """An export that lies in the workspace, or is being written there."""

    job: int
    name: str  # of its folder below exports/
    layout: str
    product: str | None
    images: int
    author: str
    at: datetime
    is_active: bool
