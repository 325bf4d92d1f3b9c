"""Images: one per product and file, tombstones, parts that stay on one side of the split."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.errors import InvalidRecordError, NoSuchRecordError
from storage.records import VerdictValue
from storage.workspace import Workspace
from tests.storage.examples import NOON, add_image, new_image


def test_importing_the_same_file_twice_is_one_image(workspace: Workspace) -> None:
    image = new_image(workspace)
    with workspace.writing() as work:
        first, first_is_new = work.images.add(image)
        second, second_is_new = work.images.add(image)
    with workspace.reading() as work:
        assert [found.id for found in work.images.all("tile")] == [first.id] == [second.id]
    assert (first_is_new, second_is_new) == (True, False)


def test_same_file_in_two_products_is_two_images_that_know_each_other(workspace: Workspace) -> None:
    tile = add_image(workspace, product="tile")
    cookie = add_image(workspace, product="cookie")

    with workspace.reading() as work:
        assert [image.id for image in work.images.same_picture(tile.source_sha256)] == [tile.id, cookie.id]
        assert [product.name for product in work.products.all()] == ["cookie", "tile"]


def test_facts_of_an_image_come_back_as_they_went_in(workspace: Workspace) -> None:
    facts = {
        "lot": "L7",
        "part": "P1",
        "shot": "left",
        "station": "cam 2",
        "captured_at": NOON,
        "held_out": True,
    }

    image = add_image(workspace, **facts)

    assert {name: getattr(image, name) for name in facts} == facts
    assert image.imported_at.utcoffset() is not None


def test_deleted_image_leaves_the_lists_and_keeps_its_history(workspace: Workspace) -> None:
    image = add_image(workspace)
    with workspace.writing() as work:
        work.verdicts.add(image.id, VerdictValue.DEFECT, "Ada", NOON, "browse", False)
        work.images.delete(image.id, "Ada", NOON)

    with workspace.reading() as work:
        assert work.images.all() == ()
        assert work.images.same_picture(image.source_sha256) == ()
        assert [found.deleted_at for found in work.images.all(include_deleted=True)] == [NOON]
        assert len(work.verdicts.history(image.id)) == 1
    assert workspace.blobs.exists(image.source_sha256)


def test_deleted_image_comes_back_by_restore_or_by_importing_it_again(workspace: Workspace) -> None:
    image = add_image(workspace)
    with workspace.writing() as work:
        work.images.delete(image.id, "Ada", NOON)
        work.images.restore(image.id)
        assert work.images.get(image.id) == image
        work.images.delete(image.id, "Ada", NOON)
        revived, appeared = work.images.add(new_image(workspace))

    assert revived == image
    assert appeared


def test_new_shot_of_a_known_part_joins_its_side(workspace: Workspace) -> None:
    first = add_image(workspace, "front", part="P1", held_out=True)
    second = add_image(workspace, "back", part="P1", held_out=False)
    other = add_image(workspace, "other", part="P2", held_out=False)
    elsewhere = add_image(workspace, "front", product="cookie", part="P1", held_out=False)

    assert first.part_id == second.part_id
    assert second.held_out
    assert not other.held_out and other.part_id != first.part_id
    assert not elsewhere.held_out and elsewhere.part_id != first.part_id


def test_images_without_a_part_name_are_parts_of_their_own(workspace: Workspace) -> None:
    parts = {
        add_image(workspace, name, part=part).part_id for name, part in [("a", None), ("b", None), ("c", " ")]
    }

    assert len(parts) == 3


def test_moving_one_shot_moves_the_whole_part(workspace: Workspace) -> None:
    shots = [add_image(workspace, name, part="P1", held_out=True) for name in ("a", "b", "c")]
    alone = add_image(workspace, "d", held_out=True)

    with workspace.writing() as work:
        work.images.set_held_out(shots[1].id, False)

    with workspace.reading() as work:
        assert [image.held_out for image in work.images.shots_of(shots[0].part_id)] == [False] * 3
        assert work.images.get_many([alone.id])[0].held_out


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.sampled_from(["add", "move"]), st.integers(0, 2), st.booleans()), max_size=12)
)
def test_shots_of_a_part_never_fall_on_two_sides(
    workspace: Workspace, steps: list[tuple[str, int, bool]]
) -> None:
    with workspace.writing() as work:
        for number, (step, part, side) in enumerate(steps):
            if step == "add":
                work.images.add(new_image(workspace, f"{number} {steps}", part=f"P{part}", held_out=side))
            elif images := work.images.all():
                work.images.set_held_out(images[part % len(images)].id, side)
        sides = {(image.part_id, image.held_out) for image in work.images.all()}
        assert len(sides) == len({part_id for part_id, _ in sides})


def test_many_images_are_found_in_the_order_asked_for(workspace: Workspace) -> None:
    ids = [add_image(workspace, name).id for name in "abc"]

    with workspace.reading() as work:
        assert [image.id for image in work.images.get_many([ids[2], 99, ids[0]])] == [ids[2], ids[0]]
        assert len(work.images.get_many(range(1, 100_000))) == 3  # more than an IN list may name
        assert work.images.get(99) is None


def test_name_that_is_no_utf8_is_stored_readably(workspace: Workspace) -> None:
    name = b"scratch\xff.png".decode("utf-8", "surrogateescape")

    assert add_image(workspace, name="a", part=None, lot=name).lot == "scratch\ufffd.png"


@pytest.mark.parametrize("change", ["set_held_out", "delete", "restore"])
def test_changing_an_unknown_image_names_it(workspace: Workspace, change: str) -> None:
    arguments = {"set_held_out": (True,), "delete": ("Ada", NOON), "restore": ()}[change]
    with pytest.raises(NoSuchRecordError, match="no image 7"), workspace.writing() as work:
        getattr(work.images, change)(7, *arguments)


def test_product_needs_a_name_and_a_time_its_zone(workspace: Workspace) -> None:
    with pytest.raises(InvalidRecordError, match="empty"), workspace.writing() as work:
        work.products.get_or_create("  ")
    with pytest.raises(InvalidRecordError, match="time zone"):
        add_image(workspace, captured_at=datetime(2026, 1, 1))
    with workspace.reading() as work:
        assert work.products.all() == ()
