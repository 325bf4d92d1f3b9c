"""Lists filtered and ordered by the database are those one finds by looking at every record."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from storage.errors import NoSuchRecordError
from storage.list_query import CONTRADICTIONS, NONE, Wanted
from storage.listing import ListedImage
from storage.records import Call, Layer, NewImage, NewScore, VerdictValue, VersionKind
from storage.workspace import Work, Workspace

AT = datetime(2026, 1, 1, tzinfo=UTC)
PRODUCTS = ("bolt", "cap", "gear")  # gear has no version in use


def fill(work: Work, seed: int) -> None:
    """Forty images with histories: verdicts changed and withdrawn, paintings emptied, scores by two versions."""
    draw = random.Random(seed)
    ids = []
    for number in range(40):
        sha = f"{number:064x}"
        name = f"{draw.choice('abc')}{number % 7}.png"
        new = NewImage(draw.choice(PRODUCTS), sha, sha, "image/png", 8, 6, name, held_out=draw.random() < 0.3)
        ids.append(work.images.add(new)[0].id)
    versions = [
        work.versions.add(None, VersionKind.FIT, "0" * 64, "Ada", AT, {}, {}, [], [], PRODUCTS).id
        for _ in range(2)
    ]
    for step in range(120):
        image, at = draw.choice(ids), AT + timedelta(seconds=step)
        if draw.random() < 0.2:
            work.verdicts.withdraw(image, "Ada", at)
        else:
            work.verdicts.add(image, draw.choice(list(VerdictValue)), "Ada", at, "browse", False)
        if draw.random() < 0.4:
            layers = [
                Layer(name, "1" * 64, 3) for name in draw.sample(["dent", "scratch"], draw.randrange(3))
            ]
            work.revisions.add(draw.choice(ids), layers, None, draw.random() < 0.5, "Ada", at)
        work.scores.add_many(
            [new_score(draw.choice(ids), draw.choice(versions), round(draw.random() * 2, 1), at)]
        )
    for product, version in (("bolt", 0), ("cap", 0), ("bolt", 1)):  # bolt: the second, after the first
        work.in_use.put(product, versions[version], "Ada", AT)
    for image in draw.sample(ids, 5):
        work.images.delete(image, "Ada", AT)


def new_score(image: int, version: int, score: float, at: datetime) -> NewScore:
    call = Call.REJECT if score > 1 else Call.PASS
    return NewScore(
        image, version, score, 1.0, "rule", call, score > 1.6, score, None, 0.0, bytes(2), 1, 1, {}, at
    )


def by_looking_at_everything(work: Work, version_id: int | None) -> list[ListedImage]:
    verdicts, revisions = work.verdicts.current(), work.revisions.all_current()
    in_use = {product: use.version_id for product, use in work.in_use.current().items()}
    found = []
    for image in work.images.all():
        verdict, revision = verdicts.get(image.id), revisions.get(image.id)
        version = version_id or in_use.get(image.product)
        score = work.scores.get(image.id, version) if version else None
        found.append(
            ListedImage(
                image.id, image.product, image.name, image.width, image.height, image.held_out,
                verdict.value.value if verdict else None, score.call.value if score else None,
                score.score if score else None, score.limit if score else None, bool(score and score.taught),
                revision.id if revision else None, bool(revision and revision.complete),
                bool(revision and revision.layers),
            )
        )  # fmt: skip
    return found


FILTERS: dict[str, tuple[Wanted, Callable[[ListedImage], bool]]] = {
    "all": (Wanted(), lambda image: True),
    "product": (Wanted(product="cap"), lambda image: image.product == "cap"),
    "verdict": (Wanted(verdict="good"), lambda image: image.verdict == "good"),
    "not judged": (Wanted(verdict=NONE), lambda image: image.verdict is None),
    "call": (Wanted(call="reject"), lambda image: image.call == "reject"),
    "not scored": (Wanted(call=NONE), lambda image: image.call is None),
    "scored": (Wanted(scored=True), lambda image: image.score is not None),
    "kept": (Wanted(held_out=True), lambda image: image.held_out),
    "painted": (Wanted(painted=True), lambda image: image.painted),
    "not painted": (
        Wanted(painted=False, verdict="defect"),
        lambda i: not i.painted and i.verdict == "defect",
    ),
    "scores": (
        Wanted(min_score=0.5, max_score=1.5),
        lambda image: image.score is not None and 0.5 <= image.score <= 1.5,
    ),
    "taught": (Wanted(taught=True), lambda image: image.taught),
    "not taught": (Wanted(taught=False), lambda image: not image.taught),
    "text": (Wanted(text=" A3.P"), lambda image: "a3.p" in image.name),
    "product as text": (Wanted(text="CAP"), lambda image: image.product == "cap"),
    "pattern": (Wanted(text="[ab]*.png"), lambda image: image.name[0] in "ab"),
    "contradicted": (Wanted(contradicted=True), lambda i: (i.verdict, i.call) in CONTRADICTIONS),
}


def in_order(images: list[ListedImage], order: str) -> list[ListedImage]:
    named = sorted(images, key=lambda image: (image.product, image.name, image.id))
    if order == "score":
        return sorted(named, key=lambda image: (image.score is None, -(image.score or 0)))
    if order == "uncertain":
        return sorted(named, key=lambda i: (i.score is None, abs((i.score or 0) - (i.limit or 0))))
    return named


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("version", [None, 1])
def test_lists_are_those_found_by_looking_at_everything(
    workspace: Workspace, seed: int, version: int | None
) -> None:
    with workspace.writing() as work:
        fill(work, seed)
    with workspace.reading() as work:
        everything = by_looking_at_everything(work, version)
        for name, (wanted, is_wanted) in FILTERS.items():
            matching = [image for image in everything if is_wanted(image)]
            assert matching, name  # a filter that finds nothing would prove nothing
            for order in ("name", "score", "uncertain"):
                asked = replace(wanted, order=order, version_id=version)
                expected = in_order(matching, order)
                assert work.listing.find(asked) == expected, (name, order)
                assert work.listing.find(asked, 3) == expected[:3], (name, order)
                for at in range(0, len(expected), 13):
                    behind = work.listing.find(asked, 14, after=expected[at].id)
                    assert behind == expected[at + 1 : at + 15], (name, order, at)
                assert work.listing.ids(asked) == [image.id for image in expected], (name, order)
            assert work.listing.count(replace(wanted, version_id=version)) == len(matching), name


def test_one_image_more_stands_where_it_would_be_but_not_among_another_product(workspace: Workspace) -> None:
    with workspace.writing() as work:
        fill(work, 1)
        listing = work.listing
        asked = Wanted(product="bolt", verdict="good")
        rest = [image.id for image in listing.find(Wanted(product="bolt")) if image.verdict != "good"]
        foreign = listing.ids(Wanted(product="cap"))[0]

        found = listing.ids(asked, also=rest[0])

        everything = listing.ids(Wanted(product="bolt"))
        assert found == [image for image in everything if image in {*listing.ids(asked), rest[0]}]
        assert listing.ids(asked, also=foreign) == listing.ids(asked)


def test_a_page_goes_on_behind_an_image_that_is_no_longer_listed(workspace: Workspace) -> None:
    with workspace.writing() as work:
        fill(work, 1)
        listed = work.listing.ids(Wanted(verdict="good"))
        work.verdicts.add(listed[1], VerdictValue.DEFECT, "Ada", AT, "browse", False)
        work.images.delete(listed[2], "Ada", AT)

        for gone, rest in ((listed[1], listed[3:]), (listed[2], listed[3:])):
            assert [image.id for image in work.listing.find(Wanted(verdict="good"), 99, after=gone)] == rest
        with pytest.raises(NoSuchRecordError, match="4711"):
            work.listing.find(Wanted(), 3, after=4711)


def test_text_finds_painted_defect_types_and_letters_beyond_a_to_z(workspace: Workspace) -> None:
    with workspace.writing() as work:
        names = ("Öse-Straße.png", "b.png", "c.png")
        ids = [
            work.images.add(NewImage("cap", f"{n:064x}", "0" * 64, "image/png", 8, 6, name))[0].id
            for n, name in enumerate(names)
        ]
        dents = [Layer("scratch", "1" * 64, 3), Layer("Dent", "1" * 64, 3)]
        for image in ids[1:]:
            work.revisions.add(image, dents, None, True, "Ada", AT)
        work.revisions.add(ids[2], [], None, True, "Ada", AT)  # painted over: says nothing of dents now

        def found(text: str) -> list[int]:
            return [image.id for image in work.listing.find(Wanted(text=text))]

        assert found("öse-strasse") == found("ÖSE*") == [ids[0]]
        assert found("DENT") == found("cap scratch dent") == [ids[1]]
        assert found("dent_") == []


def test_labels_and_totals_count_what_is_there(workspace: Workspace) -> None:
    with workspace.writing() as work:
        fill(work, 1)
        everything = by_looking_at_everything(work, None)

        labels, totals = work.listing.labels(), work.listing.totals()

    assert [(i.id, i.product, i.held_out, i.verdict, i.revision_id, i.painted) for i in labels] == [
        (i.id, i.product, i.held_out, i.verdict, i.revision_id, i.painted)
        for i in everything
        if i.verdict is not None or i.revision_id is not None
    ]
    assert {total.product: (total.images, total.held_out) for total in totals} == {
        product: (
            sum(image.product == product for image in everything),
            sum(image.product == product and image.held_out for image in everything),
        )
        for product in PRODUCTS
    }
