"""Versions never change, the one in use is recorded per product, scores stay beside each version."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from storage.errors import InvalidRecordError, NoSuchRecordError
from storage.records import InUse
from storage.workspace import Workspace
from tests.storage.examples import NOON, add_image, add_version, layer, new_score


def test_version_comes_back_as_it_was_recorded(workspace: Workspace) -> None:
    image = add_image(workspace)
    with workspace.writing() as work:
        revision = work.revisions.add(image.id, [layer(workspace)], None, True, "Ada", NOON)
        fit = add_version(work)
        taught = add_version(work, fit.id, (revision.id,))

    with workspace.reading() as work:
        assert work.versions.all() == (fit, taught)
        assert work.versions.get(taught.id) == taught
        assert work.versions.get(99) is None
    assert taught.lessons == (revision.id,)
    with pytest.raises(FrozenInstanceError):
        taught.author = "Eve"  # type: ignore[misc]


def test_version_of_unknown_parent_or_lesson_is_refused(workspace: Workspace) -> None:
    with pytest.raises(NoSuchRecordError, match="no version 7"), workspace.writing() as work:
        add_version(work, 7)
    with pytest.raises(NoSuchRecordError, match="no revision 3"), workspace.writing() as work:
        add_version(work, None, (3,))


def test_rolling_one_product_back_leaves_the_others_alone(workspace: Workspace) -> None:
    with workspace.writing() as work:
        for product in ("tile", "cookie", "never used"):
            work.products.get_or_create(product)
        first, second = add_version(work), add_version(work)
        for product, version in [("tile", first), ("cookie", first), ("tile", second)]:
            work.in_use.put(product, version.id, "Ada", NOON)
    with workspace.writing() as work:
        before = work.in_use.current()
        work.in_use.put("tile", first.id, "Ben", NOON)

    with workspace.reading() as work:
        assert before["tile"].version_id == second.id
        assert work.in_use.current() == {
            "tile": InUse("tile", first.id, NOON, "Ben"),
            "cookie": InUse("cookie", first.id, NOON, "Ada"),
        }
        assert [use.version_id for use in work.in_use.history("tile")] == [first.id, second.id, first.id]


def test_only_known_versions_and_products_are_put_into_use(workspace: Workspace) -> None:
    with pytest.raises(NoSuchRecordError, match="no product 'tile'"), workspace.writing() as work:
        work.in_use.put("tile", add_version(work).id, "Ada", NOON)
    with pytest.raises(NoSuchRecordError, match="no version 9"), workspace.writing() as work:
        work.products.get_or_create("tile")
        work.in_use.put("tile", 9, "Ada", NOON)


def test_newest_score_of_each_version_counts(workspace: Workspace) -> None:
    image, other = add_image(workspace, "a"), add_image(workspace, "b")
    with workspace.writing() as work:
        first, second = add_version(work), add_version(work)
        work.scores.add_many([new_score(image.id, first.id, 0.5), new_score(other.id, first.id, 0.6)])
        work.scores.add_many([new_score(image.id, first.id, 1.5), new_score(image.id, second.id, 0.25)])

    with workspace.reading() as work:
        assert {key: score.score for key, score in work.scores.latest(first.id).items()} == {
            image.id: 1.5,
            other.id: 0.6,
        }
        assert list(work.scores.latest(first.id, [other.id])) == [other.id]
        assert work.scores.summaries(second.id)[image.id].score == 0.25
        assert [score.score for score in work.scores.history(image.id)] == [0.5, 1.5, 0.25]
        assert work.scores.get(other.id, second.id) is None
        found = work.scores.get(image.id, first.id)
    assert found is not None
    assert found.evidence == {"good": {"image_id": image.id, "cell": 2}}
    grid = np.frombuffer(found.patch_scores, np.float16).reshape(found.grid_height, found.grid_width)
    assert grid[1, 0] == np.float16(1.5)


def test_scores_that_do_not_fit_are_refused_together(workspace: Workspace) -> None:
    image = add_image(workspace)
    with workspace.writing() as work:
        version = add_version(work)
    good = new_score(image.id, version.id)
    for bad, error in [
        (replace(good, patch_scores=b"12"), InvalidRecordError),
        (replace(good, image_id=99), NoSuchRecordError),
        (replace(good, version_id=99), NoSuchRecordError),
    ]:
        with pytest.raises(error), workspace.writing() as work:
            work.scores.add_many([good, bad])
    with workspace.reading() as work:
        assert work.scores.latest(version.id) == {}
