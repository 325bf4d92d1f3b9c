"""Which images a version judges first: those that tell most about it, so that its result stands before all are done."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from storage.records import Image, ScoreSummary, Version
from storage.workspace import Work

JUDGED_WITH_THE_LESSON = 100  # images; what remains follows in the background


class Place(NamedTuple):
    """Where an image stands; the lowest is judged first."""

    is_other: bool  # neither taught nor kept for testing
    doubt: float  # distance of its score from the reject limit, so that calls that may flip come early
    image_id: int


def judging_order(
    work: Work, images: Iterable[Image], taught: Iterable[int], compared_with: Version | None
) -> list[Image]:
    """Sort images: those taught or kept for testing, then all others, those whose call may flip before the rest.

    Args:
        taught: ids of the images whose paintings the version holds.
        compared_with: the version whose scores the calls are expected to follow; None: there is none.
    """
    before = work.scores.summaries(compared_with.id) if compared_with else {}
    early = set(taught) | {label.id for label in work.listing.labels() if label.held_out and label.verdict}
    return sorted(images, key=lambda image: _place(image, early, before))


def _place(image: Image, early: set[int], before: Mapping[int, ScoreSummary]) -> Place:
    found = before.get(image.id)
    doubt = abs(found.score - found.limit) if found is not None else 0.0
    return Place(image.id not in early, doubt, image.id)
