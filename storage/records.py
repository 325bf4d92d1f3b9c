"""What storage hands out: frozen records, and the states they can be in. All times are aware, in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class VerdictValue(StrEnum):
    """What a person says about an image."""

    GOOD = "good"
    DEFECT = "defect"
    UNSURE = "unsure"


class Call(StrEnum):
    """What a model says about an image."""

    PASS = "pass"
    REJECT = "reject"


class JobKind(StrEnum):
    IMPORT = "import"
    FIT = "fit"
    TEACH = "teach"
    SCORE = "score"
    EXPORT = "export"


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class VersionKind(StrEnum):
    FIT = "fit"
    TEACH = "teach"


@dataclass(frozen=True)
class Product:
    id: int
    name: str
    created_at: datetime


@dataclass(frozen=True)
class NewImage:
    """An image to add; its two blobs are stored already.

    source_sha256: the file as it came.
    pixels_sha256: what a browser can show, of media type `media_type`; often the same file.
    part: names the piece that was photographed; all its shots stay on one side of the held-out split.
    """

    product: str
    source_sha256: str
    pixels_sha256: str
    media_type: str
    width: int
    height: int
    name: str
    lot: str | None = None
    part: str | None = None
    shot: str | None = None
    station: str | None = None
    captured_at: datetime | None = None
    held_out: bool = False


@dataclass(frozen=True)
class Image:
    """A stored image.

    part_id: shared by all shots of one named part; an image without a part name has one of its own.
    """

    id: int
    product_id: int
    product: str
    source_sha256: str
    pixels_sha256: str
    media_type: str
    width: int
    height: int
    name: str
    lot: str | None
    part: str | None
    shot: str | None
    station: str | None
    captured_at: datetime | None
    imported_at: datetime
    held_out: bool
    part_id: int
    deleted_at: datetime | None


@dataclass(frozen=True)
class Verdict:
    """The verdict that counts for an image, and how it came about."""

    id: int
    image_id: int
    value: VerdictValue
    author: str
    at: datetime
    shown_because: str
    heatmap_visible: bool


@dataclass(frozen=True)
class VerdictEvent:
    """One entry of an image's history of verdicts; value None: the verdict was withdrawn."""

    id: int
    image_id: int
    value: VerdictValue | None
    author: str
    at: datetime
    shown_because: str
    heatmap_visible: bool


@dataclass(frozen=True)
class Skip:
    """An image that a person left for later."""

    image_id: int
    at: datetime


@dataclass(frozen=True)
class Remark:
    """Words about an image."""

    image_id: int
    text: str
    author: str
    at: datetime


@dataclass(frozen=True)
class TwiceJudged:
    """A verdict, and what a person said without knowing it."""

    image_id: int
    verdict_id: int
    author: str
    value: VerdictValue
    again_by: str
    again: VerdictValue
    at: datetime


@dataclass(frozen=True)
class Layer:
    """The painted pixels of one defect type; `mask_sha256` names a blob made by `storage.masks`."""

    defect_type: str
    mask_sha256: str
    pixel_count: int


@dataclass(frozen=True)
class Revision:
    """One saved painting of an image. `number` counts 1..n per image; the highest is the current one."""

    id: int
    image_id: int
    number: int
    author: str
    at: datetime
    layers: tuple[Layer, ...]
    ignore_sha256: str | None
    complete: bool
    save_id: str | None = None


@dataclass(frozen=True)
class PaintedAs:
    """An image on which a defect type is painted, and the mask of that type."""

    image_id: int
    name: str
    pixels_sha256: str
    mask_sha256: str


@dataclass(frozen=True)
class BookEntry:
    """What a product's defect book says of a defect type."""

    defect_type: str
    place: int  # in the book, from 0 on
    colour: str  # "#rrggbb"
    rule: str
    is_listed: bool  # False: taken out of the book
    author: str
    at: datetime


@dataclass(frozen=True)
class BookExample:
    """A box of an image, (left, top, right, bottom) in its pixels: an example, or one that only looks like it."""

    defect_type: str
    image_id: int
    box: tuple[int, int, int, int]
    is_counter: bool
    author: str
    at: datetime


@dataclass(frozen=True)
class DefectType:
    id: int
    name: str
    position: int
    colour: str


@dataclass(frozen=True)
class Version:
    """A detector as stored; never changes.

    lessons: ids of the revisions that it has been taught.
    """

    id: int
    parent_id: int | None
    kind: VersionKind
    manifest_sha256: str
    author: str
    created_at: datetime
    settings: dict[str, Any]
    report: dict[str, Any]
    lessons: tuple[int, ...]
    good_image_ids: tuple[int, ...]
    products: tuple[str, ...]


@dataclass(frozen=True)
class InUse:
    """From `since` on this version makes the calls for this product, until the product's next entry."""

    product: str
    version_id: int
    since: datetime
    author: str


@dataclass(frozen=True)
class NewScore:
    """What one version says about one image.

    limit, rule: the reject limit, and how it came about.
    patch_scores: float16, row-major, grid_height * grid_width of them.
    head: None when the version has no such part, or it did not count.
    """

    image_id: int
    version_id: int
    score: float
    limit: float
    rule: str
    call: Call
    taught: bool
    distance: float
    head: float | None
    head_weight: float
    patch_scores: bytes
    grid_height: int
    grid_width: int
    evidence: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True)
class Score:
    """A stored `NewScore`."""

    id: int
    image_id: int
    version_id: int
    score: float
    limit: float
    rule: str
    call: Call
    taught: bool
    distance: float
    head: float | None
    head_weight: float
    patch_scores: bytes
    grid_height: int
    grid_width: int
    evidence: dict[str, Any]
    at: datetime


@dataclass(frozen=True)
class ScoreSummary:
    """A score without its patch scores: what a card in a list needs."""

    image_id: int
    score: float
    limit: float
    call: Call
    taught: bool


@dataclass(frozen=True)
class Job:
    id: int
    kind: JobKind
    state: JobState
    stage: str
    done: int
    total: int
    message: str
    author: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    spec: dict[str, Any]
    result: dict[str, Any] | None
    error: str | None


@dataclass(frozen=True)
class Event:
    """An entry of the audit trail."""

    id: int
    author: str
    at: datetime
    what: str
    details: dict[str, Any]
