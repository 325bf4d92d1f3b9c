"""Versions of the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.services.views.lessons import ChangedImage, ProductFigures


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
