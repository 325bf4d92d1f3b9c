"""twinbank.json: what the other formats have no place for. Verdict, side and names of every image, and their history."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.services.errors import InvalidRequestError
from app.services.views import ImageFacts
from storage.records import Image, Revision, VerdictEvent

FILE = "twinbank.json"
FORMAT = 1
_FACTS = ("lot", "part", "shot", "station")


@dataclass(frozen=True)
class Note:
    """What the file says of one image."""

    product: str
    name: str
    verdict: str | None
    held_out: bool
    complete: bool
    facts: ImageFacts


@dataclass(frozen=True)
class Notes:
    layout: str
    images: Mapping[str, Note]  # by path below the folder, with slashes


@dataclass(frozen=True)
class ImageHistory:
    """An image with everything that was ever said and painted, oldest first."""

    image: Image
    verdicts: tuple[VerdictEvent, ...]
    revisions: tuple[Revision, ...]

    @property
    def verdict(self) -> str | None:
        value = self.verdicts[-1].value if self.verdicts else None
        return value.value if value else None

    @property
    def painting(self) -> Revision | None:
        newest = self.revisions[-1] if self.revisions else None
        return newest if newest and (newest.layers or newest.ignore_sha256) else None


def write_notes(folder: Path, layout: str, files: Iterable[tuple[str, ImageHistory]]) -> None:
    """Write the file for images by their paths below `folder`."""
    images = {path: _as_json(history) for path, history in files}
    text = json.dumps({"twinbank": FORMAT, "layout": layout, "images": images}, ensure_ascii=False, indent=1)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def read_notes(root: Path) -> Notes | None:
    """Return what the folder's twinbank.json says; None: there is none.

    Raises:
        InvalidRequestError: the file is damaged, or of a newer Twinbank.
    """
    path = root / FILE
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        number = document["twinbank"]
        notes = {str(name): _note(entry) for name, entry in document["images"].items()}
        layout = str(document["layout"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidRequestError(
            f"{FILE} in {root} can't be used ({error}): repair it, or move it away to import without it."
        ) from error
    if number != FORMAT:
        raise InvalidRequestError(
            f"{FILE} in {root} has format {number}; this Twinbank reads format {FORMAT}: update Twinbank."
        )
    return Notes(layout, notes)


def _as_json(history: ImageHistory) -> dict[str, Any]:
    image, painting = history.image, history.painting
    return {
        "product": image.product,
        "name": image.name,
        "source_sha256": image.source_sha256,
        "verdict": history.verdict,
        "held_out": image.held_out,
        "complete": painting.complete if painting else True,
        **{fact: getattr(image, fact) for fact in _FACTS},
        "captured_at": image.captured_at.isoformat() if image.captured_at else None,
        "verdicts": [_verdict_json(event) for event in history.verdicts],
        "revisions": [_revision_json(revision) for revision in history.revisions],
    }


def _verdict_json(event: VerdictEvent) -> dict[str, Any]:
    return {
        "verdict": event.value.value if event.value else None,
        "author": event.author,
        "at": event.at.isoformat(),
        "shown_because": event.shown_because,
    }


def _revision_json(revision: Revision) -> dict[str, Any]:
    return {
        "number": revision.number,
        "author": revision.author,
        "at": revision.at.isoformat(),
        "complete": revision.complete,
        "pixels": {layer.defect_type: layer.pixel_count for layer in revision.layers},
        "ignores": revision.ignore_sha256 is not None,
    }


def _note(entry: Mapping[str, Any]) -> Note:
    verdict, captured = entry["verdict"], entry.get("captured_at")
    if verdict not in (None, "good", "defect", "unsure"):
        raise ValueError(f"{verdict!r} is no verdict")
    facts = {fact: None if entry.get(fact) is None else str(entry[fact]) for fact in _FACTS}
    moment = None if captured is None else datetime.fromisoformat(captured)
    return Note(
        product=str(entry["product"]),
        name=str(entry["name"]),
        verdict=verdict,
        held_out=bool(entry["held_out"]),
        complete=bool(entry.get("complete", True)),
        facts=ImageFacts(**facts, captured_at=moment),
    )
