"""What is told of images and of products."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

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
