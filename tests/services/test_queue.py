"""The queue: what comes first and why, tried on candidates one can rank by eye."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np

from app.services import Services
from app.services.catalogue import read_snapshot
from app.services.figures import comparable_images
from app.services.queue import QueueService
from app.services.thumbnails import Thumbnails
from app.services.training_set import training_set
from app.services.usefulness import AUDIT_EVERY, AUDIT_SHARE, Place, Why, ranked
from app.services.views import IncomingFile, PaintedLayer, PaintingDraft
from storage.listing import Candidate
from storage.records import Call, NewScore, VersionKind
from tests.services.parts import SIDE, part

LIMIT = 1.0


def candidate(
    number: int,
    score: float | None,
    verdict: str | None = None,
    good: float = 1.0,
    painted: float | None = 2.0,
) -> Candidate:
    call = None if score is None else "reject" if score > LIMIT else "pass"
    sha = f"{number:064x}"
    return Candidate(number, "plate", sha, sha, verdict, call, score, LIMIT, good, painted)


KNOWN = [
    candidate(1000 + number, 3.0, "defect", good=2.0, painted=0.1) for number in range(3)
]  # not cold any more


def order_of(candidates: Iterable[Candidate]) -> list[tuple[int, str]]:
    """Without those drawn at random, and without the known ones."""
    found = ranked([*candidates, *KNOWN], lambda sha: None)
    return [
        (place.image_id, place.why.value)
        for place in found
        if place.image_id < 1000 and place.why != Why.AUDIT
    ]


def test_contradiction_limit_and_unlike_take_turns_and_what_is_sure_comes_last() -> None:
    found = order_of([
        candidate(1, 0.2), candidate(2, 0.95), candidate(3, 1.1), candidate(4, 2.0), candidate(5, 4.0),
        candidate(6, 2.5, "good"), candidate(7, 3.0, good=2.0, painted=0.5),
    ])  # fmt: skip

    assert found == [
        (6, "contradiction"), (2, "limit"), (5, "unlike"), (3, "limit"), (4, "unlike"), (1, "sure"), (7, "sure"),
    ]  # fmt: skip


def test_while_few_defects_are_known_the_largest_distance_comes_first() -> None:
    scores = {1: 0.2, 2: 0.95, 3: 4.0, 4: 1.1, 5: 2.0}

    found = ranked([candidate(number, score) for number, score in scores.items()], lambda sha: None)

    assert [place.image_id for place in found] == [3, 5, 4, 2, 1]


def test_every_twentieth_place_is_drawn_at_random_whatever_the_score() -> None:
    found = ranked([candidate(number, number / 1000) for number in range(2000)], lambda sha: None)
    drawn = [place.image_id for place in found if place.why is Why.AUDIT]
    places = [at for at, place in enumerate(found, 1) if place.why is Why.AUDIT]

    assert len(found) == len({place.image_id for place in found}) == 2000
    assert abs(len(drawn) - 2000 * AUDIT_SHARE) < 4 * (2000 * 0.05 * 0.95) ** 0.5  # four standard deviations
    assert all(place % AUDIT_EVERY == 0 for place in places[:90])
    assert abs(np.mean(drawn) - 1000) < 4 * 577 / len(drawn) ** 0.5  # not the highest, not the first
    again = ranked([candidate(number, 0.5) for number in range(2000)], lambda sha: None)
    assert {place.image_id for place in again if place.why is Why.AUDIT} == set(drawn)


def test_of_images_that_show_the_same_one_comes_first_and_the_others_name_it() -> None:
    looks = {1: [10, 10], 2: [12, 9], 3: [10, 30]}  # grey levels of two fields
    candidates = [candidate(number, 3.0 - number / 10) for number in looks]

    found = ranked(candidates, lambda sha: np.array(looks[int(sha, 16)], np.uint8))

    assert found == (Place(1, Why.UNLIKE), Place(3, Why.UNLIKE), Place(2, Why.ALIKE, alike=1))


def test_without_scores_those_come_first_that_differ_most() -> None:
    looks = {1: [10, 10], 2: [90, 10], 3: [30, 10], 4: [30, 250]}
    candidates = [candidate(number, None) for number in looks]

    found = ranked(candidates, lambda sha: np.array(looks[int(sha, 16)], np.uint8))

    assert [place.image_id for place in found] == [3, 4, 2, 1]  # the usual one, then the farthest each time
    assert {place.why for place in found} == {Why.VARIETY}


def score(services: Services, scores: dict[int, float], at: datetime) -> None:
    """Put a version into use that gives these scores, without any model behind it."""
    with services._workspace.writing() as work:
        version = work.versions.add(None, VersionKind.FIT, "0" * 64, "Ada", at, {}, {}, [], [], ["plate"]).id
        work.scores.add_many(
            NewScore(
                image, version, value, 1.0, "rule", Call.REJECT if value > 1 else Call.PASS, False, value, None,
                0.0, bytes(2), 1, 1, {"cell": 0, "good": {"distance": 2.0}}, at,
            )
            for image, value in scores.items()
        )  # fmt: skip
        work.in_use.put("plate", version, "Ada", at)


def test_a_verdict_comes_back_once_when_a_newer_call_contradicts_it(
    services: Services, plates: tuple[int, ...]
) -> None:
    queue, judge = services.queue, services.labelling.judge
    judge(plates, "good", "Ada")
    assert queue.order("plate", "useful", "Ada") == ()

    score(services, {plates[0]: 0.5, plates[1]: 2.0}, datetime.now(UTC) + timedelta(milliseconds=1))
    assert queue.order("plate", "useful", "Ada") == (plates[1],)
    assert queue.standing(plates[1], "plate", "useful", "Ada").why in ("contradiction", "audit")

    assert judge([plates[1]], "good", "Ada", "contradiction") == 1  # said again, knowing the call
    assert queue.order("plate", "useful", "Ada") == ()


def test_a_painted_defect_that_passes_waits_for_a_lesson_and_for_nobody(
    services: Services, plates: tuple[int, ...]
) -> None:
    queue = services.queue
    services.labelling.judge(plates, "good", "Ada")
    services.labelling.judge(plates[:2], "defect", "Ada")
    paint(services, plates[0])
    score(services, dict.fromkeys(plates[:2], 0.5), datetime.now(UTC) + timedelta(milliseconds=1))

    assert queue.order("plate", "useful", "Ada") == (plates[1],)
    assert set(queue.order("plate", "disagreement", "Ada")) == set(plates[:2])


def test_what_is_judged_good_but_painted_is_learnt_as_neither_and_has_a_queue(
    services: Services, plates: tuple[int, ...]
) -> None:
    services.labelling.judge(plates, "good", "Ada")
    for plate in plates:
        services.labelling.teach_instead(plate, "Ada")

    def learnt() -> tuple[set[int], set[int]]:
        with services._workspace.reading() as work:
            found = training_set(work)
        return {image.id for image in found.good}, {image.id for _, image in found.lessons}

    assert learnt() == (set(plates), set())
    paint(services, plates[0])
    assert learnt() == (set(plates[1:]), set())
    assert (
        services.teaching.waiting().painted_good
        == services.queue.order("plate", "painted_good")
        == plates[:1]
    )
    services.labelling.judge([plates[0]], "defect", "Ada")
    assert learnt() == (set(plates[1:]), {plates[0]})
    assert services.teaching.waiting().painted_good == ()


def test_what_is_judged_good_but_painted_counts_in_no_figure(
    services: Services, plates: tuple[int, ...]
) -> None:
    services.labelling.judge(plates, "good", "Ada")
    with services._workspace.writing() as work:
        for plate in plates:
            work.images.set_held_out(plate, True)
    score(services, dict.fromkeys(plates, 0.5), datetime.now(UTC))

    def counted() -> frozenset[int]:
        with services._workspace.reading() as work:
            snapshot = read_snapshot(work)
        return comparable_images(snapshot, snapshot.scores)

    assert counted() == frozenset(plates)
    paint(services, plates[0])
    assert counted() == frozenset(plates[1:])


def paint(services: Services, image: int) -> None:
    draft = PaintingDraft(0, (PaintedLayer("dent", np.eye(SIDE, dtype=bool)),), None, True)
    services.labelling.save_painting(image, draft, "Ada")


def test_what_a_person_left_comes_last_for_that_person_only_and_stays_left(
    services: Services, plates: tuple[int, ...]
) -> None:
    queue = services.queue
    first, second, third, fourth = queue.order("plate", "useful", "Ada")

    assert queue.leave(first, "plate", "useful", "Ada") == second
    assert queue.leave(second, "plate", "useful", "Ada") == third
    services.labelling.judge([third], "good", "Ada")

    assert queue.leave(third, "plate", "useful", "Ada") == fourth  # judged: nothing to leave
    assert queue.order("plate", "useful", "Ada") == (fourth, first, second)
    assert queue.order("plate", "useful", "Bo") == (first, second, fourth)
    standing = queue.standing(first, "plate", "useful", "Ada")
    assert (standing.remaining, standing.left, standing.coming) == (3, 2, (second, fourth))
    assert standing.left_at is not None
    assert [queue.previous(image, "plate", "Ada") for image in (fourth, third, second, first)] == [
        third, second, first, None,
    ]  # fmt: skip
    assert queue.previous(fourth, "plate", "Bo") is None


def test_queue_that_keeps_its_images_is_walked_round(services: Services, plates: tuple[int, ...]) -> None:
    services.labelling.judge(plates, "good", "Ada")
    order = services.queue.order("plate", "all", "Ada")
    walked = [order[0]]
    for _ in range(4):
        walked.append(services.queue.leave(walked[-1], "plate", "all", "Ada") or 0)

    assert tuple(walked) == (*order, order[0])


def test_the_third_defect_ends_the_cold_start(services: Services, plates: tuple[int, ...]) -> None:
    files = [IncomingFile(f"more-{seed}.png", part(seed).png) for seed in range(10, 40)]
    more = services.importing.import_files(files, "plate", "Ada").image_ids
    score(services, dict(zip(more, np.linspace(0.2, 3, 30), strict=True)), datetime.now(UTC))
    last = services.queue.order("plate", "useful", "Ada")[:6]
    assert list(last) == sorted(last, reverse=True)  # the largest distance first

    services.labelling.judge(plates[:3], "defect", "Ada")

    near = {image for image in more if 0.75 <= services.browsing.card(image).score <= 1.25}
    assert len(near & set(services.queue.order("plate", "useful", "Ada")[:6])) == 3  # every other one


def test_nobody_waits_for_a_long_order_to_be_made_anew(services: Services, plates: tuple[int, ...]) -> None:
    thumbnails = Thumbnails(services.path / "thumbnails", services._workspace.blobs)
    queue = QueueService(services._workspace, thumbnails, patience=0)  # every order takes longer than that
    before = queue.order()
    files = [IncomingFile("late.png", part(99).png)]
    (late,) = services.importing.import_files(files, "plate", "Ada").image_ids

    assert queue.order() == before  # the order there was, while the next one is made
    deadline = time.monotonic() + 30
    while late not in queue.order() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert {*queue.order()} == {*before, late}
