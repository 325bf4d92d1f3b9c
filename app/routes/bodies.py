"""What travels over HTTP, and the way from and to the services' records."""

from dataclasses import asdict
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Header
from pydantic import BaseModel, Field

from app.canvas import run_lengths
from app.routes.painted_runs import PaintedRuns
from app.services.authorship import checked_author
from app.services.errors import InvalidRequestError
from app.services.views import (
    ImageCard,
    ImageDetails,
    JobView,
    LessonResult,
    Mask,
    PaintedLayer,
    Painting,
    PaintingDraft,
)


class LayerBody(BaseModel):
    defect_type: str
    runs: list[int]


class ContentBody(BaseModel):
    layers: list[LayerBody] = Field(max_length=64)
    ignore: list[int] = Field(default_factory=list)
    steps: bool = False  # starts and lengths are each less the one before

    def runs(self) -> PaintedRuns:
        """Return the run lengths as they came, whole."""
        whole = run_lengths.from_steps if self.steps else list
        layers = tuple((layer.defect_type, whole(layer.runs)) for layer in self.layers)
        return PaintedRuns(layers, whole(self.ignore))

    def masks(self, width: int, height: int) -> tuple[tuple[PaintedLayer, ...], Mask | None]:
        """Return the layers, and the ignored area if there is one."""
        return self.runs().masks(width, height)


class PaintingBody(ContentBody):
    base_revision: int = Field(ge=0)
    complete: bool = False
    save_id: str | None = Field(default=None, min_length=1, max_length=64)
    beside: ContentBody | None = None  # the author's own version, where `layers` is it merged with another's
    is_change: bool = False  # of each layer and of `ignore` came the pixels that differ from `base_revision`
    result: tuple[int, int] | None = None  # fingerprint of what comes of the change

    def to_draft(self, painted: PaintedRuns, width: int, height: int) -> PaintingDraft:
        """Return the draft; `painted`: its content, where this came as a change."""
        base = self.base_revision
        beside = (
            None if self.beside is None else PaintingDraft(base, *self.beside.masks(width, height), False)
        )
        return PaintingDraft(base, *painted.masks(width, height), self.complete, self.save_id, beside)


class UnsavedBody(ContentBody):
    complete: bool = False


class VerdictBody(BaseModel):
    verdict: str | None
    shown_because: str = "browse"
    heatmap_visible: bool = False


class ManyVerdictsBody(VerdictBody):
    image_ids: list[int]


class TakeBackBody(BaseModel):
    verdict_ids: list[int]


class DefectTypeBody(BaseModel):
    name: str


class FolderBody(BaseModel):
    root: str
    layout: str = "folder"
    product: str | None = None
    name_pattern: str | None = None
    facts_file: str | None = None


class PreviewBody(BaseModel):
    root: str
    layout: str | None = None  # None: recognised
    product: str | None = None


class ExportPreviewBody(BaseModel):
    layout: str
    product: str | None = None


class ExportBody(ExportPreviewBody):
    folder: str | None = None  # None: one below the workspace's exports, named by the server


class FitBody(BaseModel):
    settings: dict[str, bool | int | float | str] | None = None


class InUseBody(BaseModel):
    products: list[str] | None = None


class RollBackBody(BaseModel):
    product: str


def author_of(x_twinbank_author: Annotated[str | None, Header()] = None) -> str:
    """Return who writes: the header X-Twinbank-Author, percent-encoded UTF-8."""
    return checked_author(unquote(x_twinbank_author or "", errors="replace"))


Author = Annotated[str, Depends(author_of)]
OwnerPass = Annotated[str | None, Header(alias="X-Twinbank-Owner")]


def card_json(card: ImageCard) -> dict[str, object]:
    return {**vars(card), "defect_types": list(card.defect_types)}


def details_json(details: ImageDetails) -> dict[str, object]:
    return {
        **card_json(details.card),
        "lot": details.lot,
        "part": details.part,
        "shot": details.shot,
        "station": details.station,
        "captured_at": details.captured_at.isoformat() if details.captured_at else None,
        "version_id": details.version_id,
        "score_sentence": details.score_sentence,
        "filed_as": list(details.filed_as),
    }


def painting_json(painting: Painting) -> dict[str, object]:
    return {
        "image_id": painting.image_id,
        "width": painting.width,
        "height": painting.height,
        "revision": painting.revision,
        "layers": [
            {"defect_type": layer.defect_type, "runs": run_lengths.encode(layer.mask)}
            for layer in painting.layers
        ],
        "ignore": run_lengths.encode(painting.ignore) if painting.ignore is not None else [],
        "complete": painting.complete,
        "saved_at": painting.saved_at.isoformat() if painting.saved_at else None,
        "author": painting.author,
        "save_id": painting.save_id,
    }


def job_json(job: JobView) -> dict[str, object]:
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "stage": job.stage,
        "done": job.done,
        "total": job.total,
        "rate": job.rate,
        "seconds_left": job.seconds_left,
        "message": job.message,
        "error": job.error,
        "result": job.result,
        "is_active": job.is_active,
    }


def lesson_json(result: LessonResult) -> dict[str, object]:
    return asdict(result)


def version_number(text: str) -> int | None:
    """Read `in_use` (None) or the number of a version."""
    if text == "in_use":
        return None
    if not text.isdigit():
        raise InvalidRequestError(f"version {text!r} is neither a number nor in_use.")
    return int(text)
