"""The defect book, and how far persons agree."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.services.views.images import Box


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
