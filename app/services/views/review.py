"""What a score was made of."""

from dataclasses import dataclass

from app.services.views.images import Box, ImageCard


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
