"""What a layout can't hold, said before anything is written."""

from collections.abc import Callable, Sequence

from app.messages import plural
from app.services.exchange_notes import ImageHistory
from app.services.export_layouts import WRITERS

NOT_JUDGED = "it is not judged good or defective, and this format has no place for it."


def losses(layout: str, histories: Sequence[ImageHistory]) -> tuple[str, ...]:
    """Return a sentence for each thing that is lost, with the number of images."""
    return tuple(
        sentence.format(images=plural(count, "image"))
        for sentence, is_lost, layouts in _LOSSES
        if layout in layouts and (count := sum(map(is_lost, histories)))
    )


def left_out(layout: str, histories: Sequence[ImageHistory]) -> int:
    """Return how many images have no place in the layout."""
    return sum(map(_is_undecided, histories)) if layout == "mvtec" else 0


def _is_undecided(history: ImageHistory) -> bool:
    return history.verdict not in ("good", "defect")


def _is_painted(history: ImageHistory) -> bool:
    return history.painting is not None and bool(history.painting.layers)


def _ignores(history: ImageHistory) -> bool:
    return history.painting is not None and history.painting.ignore_sha256 is not None


def _has_several_types(history: ImageHistory) -> bool:
    return history.painting is not None and len(history.painting.layers) > 1


def _is_taught_defect(history: ImageHistory) -> bool:
    return history.verdict == "defect" and not history.image.held_out


def _is_converted(history: ImageHistory) -> bool:
    return history.image.source_sha256 != history.image.pixels_sha256


_ALL = tuple(WRITERS)
_LOSSES: tuple[tuple[str, Callable[[ImageHistory], bool], tuple[str, ...]], ...] = (
    (
        "{images}: holes inside a painted area are filled, because polygons have none.",
        _is_painted,
        ("yolo", "coco-polygons"),
    ),
    ("{images}: areas painted as ignored are left out.", _ignores, ("yolo", "mvtec")),
    (
        "{images}: all defect types go into one mask, named after the largest.",
        _has_several_types,
        ("mvtec",),
    ),
    ("{images}: not judged good or defective, and therefore left out.", _is_undecided, ("mvtec",)),
    ("{images}: defective parts that may be taught lie below test.", _is_taught_defect, ("mvtec",)),
    (
        "{images}: written as PNG, upright and with 8 bits, as Twinbank reads them; the files as they came stay here.",
        _is_converted,
        _ALL,
    ),
)
