"""In which order images are worth a look, and why each is.

Four lanes take turns: verdicts that a newer call contradicts, scores near the limit, images unlike everything known,
and at every 20th place one drawn at random. What the model is sure of comes behind them. While few defects are known
the lanes say little: then the largest distance comes first. The order does not depend on who has judged what since.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, zip_longest

import numpy as np
from numpy.typing import NDArray

from storage.list_query import CONTRADICTIONS
from storage.listing import Candidate

NEAR = 0.25  # of the limit: a score this close to it could fall on either side
COLD_BELOW = 3  # defects judged: with fewer, the limit is not yet where persons would put it
AUDIT_SHARE = 0.05
AUDIT_EVERY = 20  # places
COMPARED = 500  # images at the head of the order in which near-duplicates are looked for
VARIED = 200  # images chosen to differ where there is no model
ALIKE = 6  # grey levels: two pictures in which no field differs by more show the same

Look = NDArray[np.uint8]  # (K,) mean grey level of each field of a picture
LookOf = Callable[[str], Look | None]  # by pixels_sha256; None: there is no thumbnail


class Why(StrEnum):
    """Why an image stands where it does; recorded with the verdict."""

    LIMIT = "limit"
    UNLIKE = "unlike"
    CONTRADICTION = "contradiction"
    AUDIT = "audit"
    SURE = "sure"
    VARIETY = "variety"
    ALIKE = "alike"
    QUESTION = "question"  # somebody else is unsure
    ANSWER = "answer"  # somebody else has decided what this person was unsure of
    DIFFERING = "differing"  # a person who did not know the verdict gave another one
    RECHECK = "recheck"  # to be judged again without knowing the verdict


@dataclass(frozen=True)
class Place:
    image_id: int
    why: Why
    alike: int | None = None  # the image before it that shows the same


def ranked(candidates: Sequence[Candidate], look_of: LookOf) -> tuple[Place, ...]:
    """Return every candidate once, the most useful first."""
    scored = [image for image in candidates if image.score is not None and image.limit is not None]
    unscored = [image for image in candidates if image.score is None or image.limit is None]
    drawn, rest = _split(scored, _is_drawn)
    order = [Place(image.id, _why(image)) for image in _in_turns(rest, is_cold(candidates))]
    order += [Place(image.id, Why.VARIETY) for image in _varied(unscored, look_of)]
    looks = {image.id: image.pixels_sha256 for image in candidates}
    order = _one_per_group(order, lambda image_id: look_of(looks[image_id]))
    audited = (Place(image.id, Why.AUDIT) for image in sorted(drawn, key=_draw))
    return tuple(_with_audit(order, audited))


def _draw(image: Candidate) -> float:
    """Return the image's number in [0, 1): the same on every machine, and whatever it shows."""
    digest = hashlib.sha256(f"audit|{image.product}|{image.source_sha256}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _is_drawn(image: Candidate) -> bool:
    """Tell whether the image is one of those drawn at random; a contradicted verdict is looked at in any case."""
    return _draw(image) < AUDIT_SHARE and not _is_contradicted(image)


def _is_contradicted(image: Candidate) -> bool:
    return (image.verdict, image.call) in CONTRADICTIONS


def is_cold(candidates: Iterable[Candidate]) -> bool:
    """Tell whether too few defects are known for the lanes to mean much."""
    return sum(image.verdict == "defect" for image in candidates) < COLD_BELOW


def _why(image: Candidate) -> Why:
    if _is_contradicted(image):
        return Why.CONTRADICTION
    if _margin(image) <= NEAR:
        return Why.LIMIT
    return Why.UNLIKE if image.call == "reject" and not _resembles_painted(image) else Why.SURE


def _margin(image: Candidate) -> float:
    """Return how far the score is from its limit, in limits."""
    score, limit = image.score or 0.0, image.limit or 1.0
    return abs(score - limit) / limit


def _resembles_painted(image: Candidate) -> bool:
    """Tell whether what stands out most is nearer to a painted defect than to anything good."""
    if image.painted_distance is None or image.good_distance is None:
        return False
    return image.painted_distance < image.good_distance


def _height(image: Candidate) -> float:
    return -(image.score or 0.0) / (image.limit or 1.0)


def _in_turns(scored: Sequence[Candidate], is_cold: bool) -> Iterator[Candidate]:
    if is_cold:
        yield from sorted(scored, key=_height)
        return
    lanes: dict[Why, list[Candidate]] = {why: [] for why in Why}
    for image in scored:
        lanes[_why(image)].append(image)
    turns = zip_longest(
        sorted(lanes[Why.CONTRADICTION], key=_margin, reverse=True),
        sorted(lanes[Why.LIMIT], key=_margin),
        sorted(lanes[Why.UNLIKE], key=_height),
    )
    yield from (image for image in chain.from_iterable(turns) if image is not None)
    yield from sorted(lanes[Why.SURE], key=_margin)


def _with_audit(order: Sequence[Place], audited: Iterator[Place]) -> Iterator[Place]:
    for number, place in enumerate(order, 1):
        yield place
        if number % (AUDIT_EVERY - 1) == 0:
            yield from [found for found in [next(audited, None)] if found]
    yield from audited


def _one_per_group(order: Sequence[Place], look_of: Callable[[int], Look | None]) -> list[Place]:
    """Put images that show the same as one before them behind the others."""
    seen = [(place, look_of(place.image_id)) for place in order[:COMPARED]]
    looks = np.stack([look for _, look in seen if look is not None] or [np.zeros(0, np.uint8)])  # (N, K)
    known = np.zeros(looks.shape, np.int16)  # (N, K) of the first of each group, in the order of `shown`
    first: list[Place] = []
    shown: list[int] = []  # image ids
    again: list[Place] = []
    for place, look in seen:
        twin = None if look is None else _twin(look, known[: len(shown)])
        if twin is not None:
            again.append(Place(place.image_id, Why.ALIKE, shown[twin]))
            continue
        first.append(place)
        if look is not None:
            known[len(shown)] = look
            shown.append(place.image_id)
    return [*first, *order[COMPARED:], *again]


def _twin(look: Look, known: NDArray[np.int16]) -> int | None:
    """Return the place of the first of `known` (N, K) that shows the same as `look` (K,)."""
    alike = np.flatnonzero(np.abs(known - look).max(axis=1, initial=0) <= ALIKE)
    return int(alike[0]) if len(alike) else None


def _varied(unscored: Sequence[Candidate], look_of: LookOf) -> list[Candidate]:
    """Return those first that differ most from each other: each next one is the farthest from all before it."""
    near = [(image, look_of(image.pixels_sha256)) for image in unscored[:COMPARED]]
    seen = [(image, look) for image, look in near if look is not None]
    if len(seen) < 2:
        return list(unscored)
    looks = np.stack([look for _, look in seen]).astype(np.float32)  # (N, K)
    distance = np.linalg.norm(looks - np.median(looks, axis=0), axis=1)
    chosen = [int(distance.argmin())]  # the most usual one, to begin with
    distance = np.linalg.norm(looks - looks[chosen[0]], axis=1)
    while len(chosen) < min(VARIED, len(seen)):
        distance[chosen[-1]] = -1.0
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(looks - looks[chosen[-1]], axis=1))
    first = [seen[at][0] for at in chosen]
    taken = {image.id for image in first}
    return [*first, *(image for image in unscored if image.id not in taken)]


def _split(
    images: Iterable[Candidate], is_first: Callable[[Candidate], bool]
) -> tuple[list[Candidate], list[Candidate]]:
    found: tuple[list[Candidate], list[Candidate]] = ([], [])
    for image in images:
        found[0 if is_first(image) else 1].append(image)
    return found
