"""Blind re-checks: a share of the decided images comes back without verdict, call or heatmap, and who agrees with whom."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from app.services.authorship import now
from app.services.catalogue import require_image
from app.services.usefulness import Why
from app.services.views import Agreement
from storage.records import TwiceJudged, Verdict, VerdictValue
from storage.workspace import Work, Workspace

RECHECK = Why.RECHECK.value  # the queue, and why an image is shown
SHARE = 0.05  # of the decided images come back to each person
FORGOTTEN = timedelta(hours=1)  # before one's own verdict is asked for again
ENOUGH = 10  # images: with fewer, chance agreement cannot be told from agreement


class AgreementService:
    """Says how far persons agree with themselves and with each other. Re-checks never change a verdict."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def all(self, product: str | None = None) -> tuple[Agreement, ...]:
        """Return one entry a pair of persons: first those with themselves, each by name."""
        with self._workspace.reading() as work:
            found = work.rechecks.all(product)
        pairs: dict[tuple[str, str], list[TwiceJudged]] = defaultdict(list)
        for twice in found:
            pairs[twice.author, twice.again_by].append(twice)
        entries = [_agreement(first, second, twice) for (first, second), twice in pairs.items()]
        return tuple(sorted(entries, key=lambda one: (one.first != one.second, one.first, one.second)))

    def left_before(self, image_id: int | None, product: str | None, person: str) -> int | None:
        """Return the image that the person left for later before this one in a second look; None: there was none.

        Only one that still waits for its second look: what was judged has shown its verdict by now.
        """
        with self._workspace.reading() as work:
            waiting = set(due(work, person))
            left = [skip.image_id for skip in work.skips.newest(person, RECHECK)]
            end = left.index(image_id) if image_id in left else len(left)
            for found in reversed(left[:end]):
                image = work.images.get(found) if found in waiting else None
                if image is not None and product in (None, image.product):
                    return found
        return None


def due(work: Work, person: str, at: datetime | None = None) -> tuple[int, ...]:
    """Return the images that this person is to judge again, drawn by image and person.

    Args:
        at: the moment from which one's own verdicts are old enough, counted back by `FORGOTTEN`; None: now.
    """
    before = (at or now()) - FORGOTTEN
    done = work.rechecks.done_by(person)
    return work.images.without_deleted(
        image_id
        for image_id, verdict in work.verdicts.current().items()
        if verdict.value is not VerdictValue.UNSURE
        and verdict.id not in done
        and _draw(image_id, person) < SHARE
        and (verdict.author != person or verdict.at < before)
    )


def judge_again(work: Work, image_ids: Sequence[int], value: VerdictValue, person: str) -> None:
    """Keep what a person says of images without knowing their verdicts; those without one are left out.

    Raises:
        UnknownImageError: nothing was kept.
    """
    verdicts: Mapping[int, Verdict] = work.verdicts.current(image_ids)
    for image_id in image_ids:
        require_image(work, image_id)
        if image_id in verdicts:
            work.rechecks.add(verdicts[image_id].id, value, person, now())


def kappa(counts: Mapping[tuple[str, str], int]) -> float | None:
    """Return Cohen's kappa of pairs of verdicts: 1 for all the same, 0 for what chance alone would give.

    None without pairs, or when both always gave one and the same verdict: chance would agree as well.
    """
    images = sum(counts.values())
    if not images:
        return None
    first, second = Counter[str](), Counter[str]()
    for (one, other), number in counts.items():
        first[one] += number
        second[other] += number
    same = sum(number for (one, other), number in counts.items() if one == other) / images
    by_chance = sum(first[value] * second[value] for value in first) / images**2
    return None if by_chance == 1 else (same - by_chance) / (1 - by_chance)


def _agreement(first: str, second: str, twice: Sequence[TwiceJudged]) -> Agreement:
    counts = Counter((one.value.value, one.again.value) for one in twice)
    same = sum(number for (value, again), number in counts.items() if value == again)
    found = kappa(counts) if len(twice) >= ENOUGH else None
    return Agreement(first, second, len(twice), same, found, counts)


def _draw(image_id: int, person: str) -> float:
    """Return a number in [0, 1) that is the same each time."""
    digest = hashlib.sha256(f"recheck|{person}|{image_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
