"""Verdicts and paintings: only ever added to, the newest counts."""

import pytest

from storage.errors import InvalidRecordError, NoSuchRecordError
from storage.records import VerdictValue
from storage.workspace import Workspace
from tests.storage.examples import NOON, add_image, layer


def test_newest_verdict_counts_and_history_keeps_all(workspace: Workspace) -> None:
    image = add_image(workspace)
    with workspace.writing() as work:
        work.verdicts.add(image.id, VerdictValue.GOOD, "Ada", NOON, "queue", False)
        added = work.verdicts.add(image.id, VerdictValue.DEFECT, "Ben", NOON, "review", True)

    with workspace.reading() as work:
        assert work.verdicts.current() == {image.id: added}
        assert [(event.value, event.author, event.shown_because, event.heatmap_visible)
                for event in work.verdicts.history(image.id)] == [
            (VerdictValue.GOOD, "Ada", "queue", False),
            (VerdictValue.DEFECT, "Ben", "review", True),
        ]  # fmt: skip


def test_withdrawn_verdict_leaves_the_image_unjudged(workspace: Workspace) -> None:
    image, other = add_image(workspace, "a"), add_image(workspace, "b")
    with workspace.writing() as work:
        for judged in (image, other):
            work.verdicts.add(judged.id, VerdictValue.GOOD, "Ada", NOON, "queue", False)
        work.verdicts.withdraw(image.id, "Ada", NOON)

    with workspace.reading() as work:
        assert list(work.verdicts.current()) == [other.id]
        assert work.verdicts.current([image.id]) == {}
        assert [event.value for event in work.verdicts.history(image.id)] == [VerdictValue.GOOD, None]


def test_each_saved_painting_is_the_next_revision(workspace: Workspace) -> None:
    image, other = add_image(workspace, "a"), add_image(workspace, "b")
    scratch, dent = layer(workspace, "scratch", 2), layer(workspace, "dent", 5)
    with workspace.writing() as work:
        first = work.revisions.add(image.id, [scratch], None, False, "Ada", NOON)
        elsewhere = work.revisions.add(other.id, [dent], None, True, "Ada", NOON)
        second = work.revisions.add(image.id, [dent, scratch], scratch.mask_sha256, True, "Ben", NOON)

    with workspace.reading() as work:
        assert (first.number, second.number, elsewhere.number) == (1, 2, 1)
        assert work.revisions.history(image.id) == (first, second)
        assert work.revisions.current(image.id) == second
        assert second.layers == (dent, scratch)
        assert work.revisions.all_current() == {image.id: second, other.id: elsewhere}
        assert work.revisions.get(first.id) == first
        assert work.revisions.get_many([first.id, 99]) == {first.id: first}


def test_painting_can_be_emptied(workspace: Workspace) -> None:
    image = add_image(workspace)
    with workspace.writing() as work:
        work.revisions.add(image.id, [layer(workspace)], None, False, "Ada", NOON)
        empty = work.revisions.add(image.id, [], None, False, "Ada", NOON)
        assert work.revisions.current(image.id) == empty


def test_two_layers_of_one_type_and_unknown_images_are_refused(workspace: Workspace) -> None:
    image = add_image(workspace)
    with pytest.raises(InvalidRecordError, match="two layers"), workspace.writing() as work:
        work.revisions.add(
            image.id, [layer(workspace), layer(workspace, "scratch ")], None, False, "Ada", NOON
        )
    with pytest.raises(NoSuchRecordError, match="no image 7"), workspace.writing() as work:
        work.revisions.add(7, [], None, False, "Ada", NOON)
    with pytest.raises(NoSuchRecordError, match="no image 7"), workspace.writing() as work:
        work.verdicts.add(7, VerdictValue.GOOD, "Ada", NOON, "queue", False)


def test_defect_types_keep_their_place_and_differ_in_colour(workspace: Workspace) -> None:
    with workspace.writing() as work:
        made = [work.defect_types.get_or_create(name) for name in ("scratch", "dent", "stain")]
        assert work.defect_types.get_or_create("dent ") == made[1]

    with workspace.reading() as work:
        assert work.defect_types.all() == tuple(made)
    assert [found.position for found in made] == [0, 1, 2]
    assert len({found.colour for found in made}) == 3
