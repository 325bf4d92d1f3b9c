"""Long work, and what a lesson changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Waiting:
    """What the next lesson would use. All tuples hold image ids."""

    to_teach: tuple[int, ...]  # painted, not taught to the version in use in this form
    kept_for_testing: tuple[int, ...]  # painted, but kept for testing
    new_good: int  # judged good since the version in use was made
    without_mask: tuple[int, ...]  # judged defect, nothing painted: not learnt
    painted_good: tuple[int, ...]  # judged good, but painted: not learnt as either
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
