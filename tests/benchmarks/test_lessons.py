"""The lessons' measurement on tiny rendered parts: what is judged was never taught, and what must be equal is."""

import pytest

from benchmarks.lessons import LessonsPlan, format_summary, measure
from core.datasets import read_dataset
from core.feature_store import FeatureStore
from tests.core.tiny_parts import TINY, render, tiny_encoder


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict:  # type: ignore[type-arg]
    root = tmp_path_factory.mktemp("parts")
    render(root / "bolt", with_masks=True, seed=1)
    render(root / "nut", with_masks=True, seed=2)
    store = FeatureStore(tiny_encoder())
    return measure(read_dataset(root), store, TINY, LessonsPlan(per_type=1, lessons=4), (0,))


def test_each_product_has_its_turn_and_what_is_taught_is_not_judged(found: dict) -> None:  # type: ignore[type-arg]
    rows = found["old_and_new"]
    assert [row["product"] for row in rows] == ["bolt", "nut"]
    for row in rows:
        assert (row["old_taught"], row["new_taught"]) == (3, 1)  # two products of two types
        assert row["new_after"]["images"] == 2  # three of the type, one of them taught
        images = {old["product"]: old["before"]["images"] for old in row["old"]}
        other = "nut" if row["product"] == "bolt" else "bolt"
        assert images == {row["product"]: 2, other: 4}


def test_taught_step_by_step_is_built_anew_and_one_by_one_is_together(found: dict) -> None:  # type: ignore[type-arg]
    for row in found["old_and_new"]:
        assert row["new_after"] == row["new_from_scratch"]
    for row in found["one_by_one"]:
        assert row["lessons"] == 4 and row["largest_difference"] <= 1e-6
    assert found["summary"]["singles_image_auroc"]["mean"] == 0


def test_forgetting_leaves_the_model_as_if_it_had_never_been_taught(found: dict) -> None:  # type: ignore[type-arg]
    (row,) = found["forgotten"]
    assert row["rows_are_equal"] and row["distances_are_equal"]
    assert row["largest_difference"] <= 1e-6 and row["images"] == 2 * (3 + 6)


def test_table_says_whether_memories_are_equal(found: dict) -> None:  # type: ignore[type-arg]
    assert "bit for bit equal" in format_summary(found["summary"])
    assert "NOT equal" in format_summary({**found["summary"], "forgotten_is_bit_equal": False})
