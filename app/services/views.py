"""What the services hand to pages, routes and commands: frozen records without any library behind them.

Verdicts are "good", "defect", "unsure" (None: not judged yet); calls "pass", "reject" (None: not scored yet).
Boxes are (left, top, right, bottom) in pixels of the image they belong to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class ProductSummary:
    name: str
    images: int
    good: int
    defect: int
    unsure: int
    unjudged: int
    kept_for_testing: int
    painted: int
    version_in_use: int | None


@dataclass(frozen=True)
class ImageFilter:
    """Which images to list. None means: do not filter by this."""

    product: str | None = None
    verdict: str | None = None  # "good" | "defect" | "unsure" | "none"
    call: str | None = None  # "pass" | "reject" | "none"
    kept_for_testing: bool | None = None
    painted: bool | None = None
    min_score: float | None = None
    max_score: float | None = None
    text: str = ""
    order: str = "name"  # "name" | "score" (highest first) | "newest"


@dataclass(frozen=True)
class ImageCard:
    id: int
    product: str
    name: str
    width: int
    height: int
    verdict: str | None
    call: str | None
    score: float | None
    limit: float | None
    taught: bool
    kept_for_testing: bool
    painted: bool
    complete: bool
    defect_types: tuple[str, ...]


@dataclass(frozen=True)
class ImageDetails:
    card: ImageCard
    lot: str | None
    part: str | None
    shot: str | None
    station: str | None
    captured_at: datetime | None
    version_id: int | None
    score_sentence: str  # "1.34 (reject limit 1.00)", or why there is no score
    filed_as: tuple[str, ...]  # verdicts other entries of the very same picture carry and this one does not


@dataclass(frozen=True)
class MediaFile:
    path: Path
    media_type: str
    etag: str


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


@dataclass(frozen=True, eq=False)  # eq: comparing arrays gives an array
class PaintedLayer:
    defect_type: str
    mask: Mask  # (height, width), True on the defect


@dataclass(frozen=True, eq=False)
class Painting:
    image_id: int
    width: int
    height: int
    revision: int  # 0: nothing saved yet
    layers: tuple[PaintedLayer, ...]
    ignore: Mask | None
    complete: bool
    saved_at: datetime | None
    author: str | None
    save_id: str | None = None  # of the save it came from, where that had one


@dataclass(frozen=True, eq=False)
class PaintingDraft:
    base_revision: int
    layers: tuple[PaintedLayer, ...]
    ignore: Mask | None
    complete: bool
    save_id: str | None = None  # the same when it is sent again because no answer came
    beside: "PaintingDraft | None" = None  # what its author had, before it was merged with another's


@dataclass(frozen=True)
class SavedPainting:
    revision: int
    saved_at: datetime


@dataclass(frozen=True)
class TakenBack:
    """What taking verdicts back did."""

    verdicts: Mapping[int, str | None]  # by image id, as they are again
    kept: int  # images that somebody judged since: they keep that verdict


@dataclass(frozen=True)
class DefectTypeView:
    name: str
    colour: str  # "#rrggbb"
    position: int


@dataclass(frozen=True)
class Standing:
    """Where an image stands in a person's queue."""

    why: str | None  # one of `usefulness.Why`; None: it is not in this queue
    alike: int | None  # the image before it that shows the same
    left_at: datetime | None  # when the person left it for later
    remaining: int
    left: int  # of those remaining, left for later by this person
    coming: tuple[int, ...]  # image ids, the next one first
    next_why: str | None  # the next one is in this queue


@dataclass(frozen=True)
class Said:
    """What a person said of an image: a verdict or words."""

    author: str
    at: datetime
    verdict: str | None
    text: str | None


@dataclass(frozen=True)
class Inbox:
    """What waits for a person, in images."""

    answers: int  # others decided what the person was unsure of
    questions: int  # others are unsure


@dataclass(frozen=True)
class Cut:
    """A piece of an image in the defect book."""

    image_id: int
    box: Box
    is_chosen: bool  # by a person; False: proposed


@dataclass(frozen=True)
class BookPage:
    """What the defect book of a product says of one defect type."""

    name: str
    key: int | None  # 1 to 9
    colour: str  # "#rrggbb"
    rule: str  # "": not written yet
    author: str | None  # who wrote the rule last
    is_painted: bool  # on this product
    examples: tuple[Cut, ...]
    counters: tuple[Cut, ...]  # look like it, and are good


@dataclass(frozen=True)
class Agreement:
    """How often two verdicts on an image, the second given blindly, were the same."""

    first: str  # who gave the verdict
    second: str  # who judged again
    images: int
    same: int
    kappa: float | None  # Cohen's; None: too few images, or only one verdict was ever given
    counts: Mapping[tuple[str, str], int]  # (verdict, verdict again) -> images


@dataclass(frozen=True)
class Waiting:
    """What the next lesson would use. All tuples hold image ids."""

    to_teach: tuple[int, ...]  # painted, not taught to the version in use in this form
    kept_for_testing: tuple[int, ...]  # painted, but kept for testing
    new_good: int  # judged good since the version in use was made
    without_mask: tuple[int, ...]  # judged defect, nothing painted: not learnt
    to_forget: tuple[int, ...]  # taught before, now emptied or judged good
    has_model: bool
    good_images_per_product: Mapping[str, int]  # images a first model would be built from


@dataclass(frozen=True)
class JobView:
    id: int
    kind: str  # "import" | "fit" | "teach" | "score" | "export"
    state: str  # "queued" | "running" | "done" | "failed" | "cancelled"
    stage: str
    done: int
    total: int
    rate: float | None  # units a second in this stage
    seconds_left: float | None
    message: str
    error: str | None
    spec: Mapping[str, object]  # what was asked for
    result: Mapping[str, object] | None
    author: str
    created_at: datetime
    is_active: bool


@dataclass(frozen=True)
class ChangedImage:
    image_id: int
    name: str
    product: str
    score_before: float
    score_after: float
    call_before: str
    call_after: str
    is_taught: bool
    verdict: str | None


@dataclass(frozen=True)
class ProductFigures:
    """On the images kept for testing of one product, judged by persons."""

    product: str
    n_good: int
    n_defect: int
    false_rejects: int
    missed: int
    image_auroc: float | None  # None: needs good and defective images


@dataclass(frozen=True)
class LessonResult:
    version_id: int
    parent_id: int | None
    learnt_patches: int
    changes: tuple[ChangedImage, ...]  # call changed, or score moved by 0.05 or more: largest move first
    sentence: str
    figures_before: tuple[ProductFigures, ...]
    figures_after: tuple[ProductFigures, ...]
    seconds: float
    judged: int = 0  # images that the version has judged so far; the rest follow in the background
    of: int = 0  # images of its products

    @property
    def is_complete(self) -> bool:
        """Whether all images are judged, so that no change is missing."""
        return self.judged >= self.of


@dataclass(frozen=True)
class PaintingPreview:
    """What a painting would change if it were taught now: an estimate, the trained part stays as it is."""

    image_id: int  # the painted image
    state: str  # "done", "busy": ask again later, "nothing": no painting, or no model of the product
    changes: tuple[ChangedImage, ...] = ()  # other images whose call would change, the largest move first
    looked_at: int = 0  # images that were compared
    of: int = 0  # images of the product that have a score


@dataclass(frozen=True)
class ReviewCard:
    card: ImageCard
    version_id: int | None
    score_sentence: str


@dataclass(frozen=True)
class Histogram:
    bin_edges: tuple[float, ...]  # one more than the counts
    good: tuple[int, ...]
    defect: tuple[int, ...]
    unjudged: tuple[int, ...]
    limit: float | None


@dataclass(frozen=True)
class NearestPatch:
    """The remembered patch that the image's highest patch was compared with."""

    image_id: int | None  # None: it came from no stored image (an invented texture)
    box: Box | None
    distance: float
    defect_type: str | None
    product: str | None


@dataclass(frozen=True)
class Evidence:
    image_id: int
    version_id: int
    box: Box  # the patch of this image with the highest score
    patch_score: float
    nearest_good: NearestPatch | None
    nearest_defect: NearestPatch | None
    sentence: str


@dataclass(frozen=True)
class NearestGood:
    """The whole good image that an image's worst patch was compared with."""

    image_id: int | None  # None: there is none to show; the sentence says why
    sentence: str


@dataclass(frozen=True)
class VersionName:
    """A version to choose from a list."""

    id: int
    in_use_for: tuple[str, ...]
    is_waiting: bool  # newer than what is in use, and in use nowhere


@dataclass(frozen=True)
class VersionView:
    id: int
    parent_id: int | None
    kind: str  # "fit" | "teach"
    author: str
    created_at: datetime
    products: tuple[str, ...]
    in_use_for: tuple[str, ...]
    lesson_images: tuple[int, ...]  # image ids it has been taught
    good_images: int
    settings: Mapping[str, object]
    report: Mapping[str, object]
    figures: tuple[ProductFigures, ...]
    is_waiting: bool  # newer than what is in use, and in use nowhere


@dataclass(frozen=True)
class VersionComparison:
    version_id: int
    other_id: int
    changes: tuple[ChangedImage, ...]  # from other to version
    figures: tuple[ProductFigures, ...]
    other_figures: tuple[ProductFigures, ...]
