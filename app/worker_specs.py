"""What the owner asks of the processes that train and score: plain records that travel as JSON. Imports nothing of ours."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ImageTask:
    """One stored image."""

    image_id: int
    own_id: int  # shared by all shots of one part
    product: str
    pixels_sha256: str


@dataclass(frozen=True)
class LessonTask:
    """One painting to hold."""

    revision_id: int
    image: ImageTask
    layers: tuple[tuple[str, str], ...]  # (defect type, SHA-256 of the mask)
    ignore_sha256: str | None
    complete: bool


@dataclass(frozen=True)
class TrainSpec:
    """Make a version and score images with it."""

    staging: str
    parent_manifest: str | None  # None: build a first model
    config: str  # DmadConfig as JSON; "" for the default, or the parent's
    good: tuple[ImageTask, ...]
    lessons: tuple[LessonTask, ...]
    score: tuple[ImageTask, ...]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TrainSpec:
        lessons = tuple(_lesson(lesson) for lesson in values["lessons"])
        return cls(
            **{
                **values,
                "good": _images(values["good"]),
                "lessons": lessons,
                "score": _images(values["score"]),
            }
        )


@dataclass(frozen=True)
class ScoreSpec:
    """Score stored images with a stored version."""

    staging: str
    manifest: str
    images: tuple[ImageTask, ...]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ScoreSpec:
        return cls(**{**values, "images": _images(values["images"])})


@dataclass(frozen=True)
class FileTask:
    """An image that is not stored."""

    name: str
    path: str
    product: str | None  # None: the product most of its patches resemble


@dataclass(frozen=True)
class FilesSpec:
    """Score files that are not part of the workspace."""

    staging: str
    manifests: Mapping[str, str]  # product -> manifest of its version in use
    guess_manifest: str  # the version that tells which product a file shows
    files: tuple[FileTask, ...]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> FilesSpec:
        return cls(**{**values, "files": tuple(FileTask(**file) for file in values["files"])})


@dataclass(frozen=True)
class PreviewSpec:
    """Say which images a painting would change, if it were taught to a stored version."""

    manifest: str
    lesson: LessonTask
    good: tuple[ImageTask, ...]  # of the lesson's product
    images: tuple[ImageTask, ...]
    seconds: float  # to stop after

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> PreviewSpec:
        return cls(
            **{
                **values,
                "lesson": _lesson(values["lesson"]),
                "good": _images(values["good"]),
                "images": _images(values["images"]),
            }
        )


@dataclass(frozen=True)
class PreviewScore:
    """What an image would get."""

    image_id: int
    score: float
    is_reject: bool


@dataclass(frozen=True)
class ScoreLine:
    """What a version says of one image; `patch_scores` is float16, row-major."""

    image_id: int
    name: str
    product: str
    score: float
    limit: float
    rule: str
    is_reject: bool
    taught: bool
    distance: float
    head: float | None
    head_weight: float
    grid: tuple[int, int]
    patch_scores: bytes
    evidence: Mapping[str, Any]
    error: str | None = None  # the file could not be scored, and why
    size: tuple[int, int] = (0, 0)  # (H, W) of a file that is not stored


def as_json(spec: TrainSpec | ScoreSpec | FilesSpec | PreviewSpec) -> dict[str, Any]:
    return asdict(spec)


def write_score_line(line: ScoreLine) -> str:
    values = asdict(line)
    values["patch_scores"] = base64.b64encode(line.patch_scores).decode()
    return json.dumps(values)


def read_score_lines(file: Path) -> Iterator[ScoreLine]:
    with file.open(encoding="utf-8") as opened:
        for text in opened:
            values = json.loads(text)
            values["patch_scores"] = base64.b64decode(values["patch_scores"])
            values["grid"], values["size"] = tuple(values["grid"]), tuple(values["size"])
            yield ScoreLine(**values)


def _lesson(values: Mapping[str, Any]) -> LessonTask:
    layers = tuple((layer[0], layer[1]) for layer in values["layers"])
    return LessonTask(**{**values, "image": ImageTask(**values["image"]), "layers": layers})


def _images(values: list[Mapping[str, Any]]) -> tuple[ImageTask, ...]:
    return tuple(ImageTask(**image) for image in values)
