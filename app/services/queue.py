"""Which image to look at next: the most useful one first, each with a reason; what a person left comes again last."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from app.services.agreement import RECHECK, due
from app.services.authorship import checked_author, now
from app.services.catalogue import require_product
from app.services.errors import InvalidRequestError
from app.services.questions import ANSWERS, answered, questions_to
from app.services.thumbnails import Thumbnails
from app.services.usefulness import COLD_BELOW, Place, Why, is_cold, ranked
from app.services.views import Standing
from storage.list_query import NONE, Wanted
from storage.records import Skip
from storage.workspace import Work, Workspace

ONE_REASON = {  # of queues in which it is the same for all images
    "questions": Why.QUESTION,
    ANSWERS: Why.ANSWER,
    "differing": Why.DIFFERING,
    RECHECK: Why.RECHECK,
    "disagreement": Why.CONTRADICTION,
}
WANTED = {
    "useful": Wanted(undecided=True),
    "all": Wanted(),
    "unjudged": Wanted(verdict=NONE),
    "unsure": Wanted(verdict="unsure"),
    "without_mask": Wanted(verdict="defect", painted=False),
    "painted_good": Wanted(verdict="good", painted=True),
    "waiting": Wanted(painted=True, held_out=False, taught=False),
    "disagreement": Wanted(contradicted=True),
}
PATIENCE = 0.5  # seconds that a person waits for a queue to be ordered anew
LOOKS_KEPT = 5000  # of thumbnails, 1 kB each
TRAIL = 500  # images that a person can go back through


@dataclass(frozen=True)
class _Plan:
    """Every image of a product in the order of its use; holds until images, scores or versions in use change.

    is_cold: made while too few defects were known; holds no longer than that.
    seconds: how long it took to make; where that is long, the next one is made while this one is still used.
    """

    state: tuple[int, ...]
    seconds: float
    is_cold: bool
    places: dict[int, Place]


@dataclass(frozen=True)
class _Line:
    """One person's queue now."""

    ids: list[int]
    left: dict[int, Skip]  # those at the end that the person left for later
    places: dict[int, Place]


class QueueService:
    """Orders images for judging and painting."""

    def __init__(self, workspace: Workspace, thumbnails: Thumbnails, patience: float = PATIENCE) -> None:
        self._workspace = workspace
        self._patience = patience
        self._lock = threading.Lock()
        self._being_made: set[str | None] = set()
        self._look = lru_cache(LOOKS_KEPT)(thumbnails.look)
        self._plans: dict[str | None, _Plan] = {}

    def order(
        self, product: str | None = None, wanted: str = "unjudged", person: str = ""
    ) -> tuple[int, ...]:
        """Return image ids, the most useful first, what the person left for later last.

        Raises:
            InvalidRequestError: `wanted` is not one of `WANTED`.
            UnknownProductError: no product has this name.
        """
        return tuple(self._line(product, wanted, person).ids)

    def next_after(
        self, image_id: int | None, product: str | None = None, wanted: str = "unjudged", person: str = ""
    ) -> int | None:
        """Return the image behind `image_id`, or the first where that is no longer in the queue, or None."""
        return next(iter(coming(image_id, self._line(product, wanted, person).ids)), None)

    def leave(self, image_id: int, product: str | None, wanted: str, person: str) -> int | None:
        """Go on to the next image, and remember that the person left this one for later if it still waits here."""
        line = self._line(product, wanted, person)
        if person and image_id in line.places and image_id in line.ids:
            with self._workspace.writing() as work:
                work.skips.add(image_id, wanted, checked_author(person), now())
        return next(iter(coming(image_id, line.ids)), None)

    def previous(self, image_id: int | None, product: str | None = None, person: str = "") -> int | None:
        """Return the image that the person judged or left before this one; None: there was none."""
        with self._workspace.reading() as work:
            trail = _trail(work, person)
            at = trail.index(image_id) + 1 if image_id in trail else 0
            for found in trail[at:]:
                image = work.images.get(found)
                if image and image.deleted_at is None and product in (None, image.product):
                    return found
        return None

    def standing(
        self, image_id: int, product: str | None = None, wanted: str = "unjudged", person: str = ""
    ) -> Standing:
        """Say why an image is in the queue, how many are, and which come next."""
        line = self._line(product, wanted, person)
        place = _place(line, image_id, wanted)
        behind = coming(image_id, line.ids)
        following = _place(line, behind[0], wanted) if behind else None
        skip = line.left.get(image_id)
        is_here = image_id in line.left or image_id in set(line.ids)
        return Standing(
            why=place.why.value if place and is_here else None,
            alike=place.alike if place else None,
            left_at=skip.at if skip else None,
            remaining=len(line.ids),
            left=len(line.left),
            coming=tuple(behind),
            next_why=following.why.value if following else None,
        )

    def _line(self, product: str | None, wanted: str, person: str) -> _Line:
        if wanted not in WANTED and wanted not in ONE_REASON:
            known = ", ".join(dict.fromkeys((*WANTED, *ONE_REASON)))
            raise InvalidRequestError(f"queue {wanted!r} is not one of {known}.")
        with self._workspace.reading() as work:
            if product is not None:
                require_product(work, product)
            places = self._places(work, product)
            here = _ids(work, product, wanted, person) & places.keys()
            left = {skip.image_id: skip for skip in work.skips.newest(person, wanted)} if person else {}
        left = {image_id: skip for image_id, skip in left.items() if image_id in here}
        ids = [image_id for image_id in places if image_id in here and image_id not in left]
        return _Line([*ids, *left], left, places)

    def _places(self, work: Work, product: str | None) -> dict[int, Place]:
        state = work.listing.state()
        plan = self._plans.get(product)
        if plan is None or plan.state != state or (plan.is_cold and not _is_cold(work, product)):
            if plan is not None and plan.seconds > self._patience:
                self._make_beside(product)
            else:
                plan = self._make(work, product)
        return plan.places

    def _make(self, work: Work, product: str | None) -> _Plan:
        started, state = time.monotonic(), work.listing.state()
        candidates = work.listing.candidates(product)
        places = {place.image_id: place for place in ranked(candidates, self._look)}
        plan = _Plan(state, time.monotonic() - started, is_cold(candidates), places)
        self._plans[product] = plan
        return plan

    def _make_beside(self, product: str | None) -> None:
        """Make the next plan in a thread of its own: of 100,000 images it takes seconds, and nobody should wait for it."""

        def make() -> None:
            try:
                with self._workspace.reading() as work:
                    self._make(work, product)
            finally:
                with self._lock:
                    self._being_made.discard(product)

        with self._lock:
            if product in self._being_made:
                return
            self._being_made.add(product)
        threading.Thread(target=make, name="twinbank-queue", daemon=True).start()


def _place(line: _Line, image_id: int, wanted: str) -> Place | None:
    place = line.places.get(image_id)
    return Place(image_id, ONE_REASON[wanted]) if place is not None and wanted in ONE_REASON else place


def _is_cold(work: Work, product: str | None) -> bool:
    return work.listing.count(Wanted(product=product, verdict="defect")) < COLD_BELOW


def _ids(work: Work, product: str | None, wanted: str, person: str) -> set[int]:
    """Return the images in a queue; those of other products may be among them."""
    if wanted in WANTED:
        return set(work.listing.ids(replace(WANTED[wanted], product=product)))
    if wanted == "differing":
        return set(work.rechecks.differing())
    if not person:  # the other queues are a person's own
        return set()
    if wanted == "questions":
        return set(work.listing.ids(questions_to(person, product)))
    return set(answered(work, person) if wanted == ANSWERS else due(work, person))


def coming(image_id: int | None, ids: Sequence[int]) -> list[int]:
    """Return the queue from behind the image, and from its start again."""
    start = ids.index(image_id) + 1 if image_id is not None and image_id in ids else 0
    return [found for found in (*ids[start:], *ids[:start]) if found != image_id]


def _trail(work: Work, person: str) -> list[int]:
    """Return what a person judged or left, the last first, each once."""
    judged = [(event.at, event.image_id) for event in work.verdicts.last_by(person, TRAIL)]
    left = [(skip.at, skip.image_id) for skip in work.skips.last(person, TRAIL)]
    return list(dict.fromkeys(image_id for _, image_id in sorted(judged + left, reverse=True)))
