"""The promise's measurement on tiny rendered parts: what is counted, and that nothing matches itself."""

import json

import pytest

from benchmarks.promise import GoodParts, Promise, PromisePlan, TaughtDefect, measure, summary
from core.datasets import ProductData, read_dataset
from core.feature_store import FeatureStore
from tests.core.tiny_parts import TINY, render, tiny_encoder


def taught(**changes: object) -> TaughtDefect:
    values = {
        "teaching": "together",
        "product": "bolt",
        "defect_type": "dent",
        "image": "0.png",
        "head_weight": 0.0,
    }
    values |= {"score_before": 0.9, "reshots": 20, "rejected_before": 5, "rejected_after": 19, "others": 4}
    values |= {"others_caught_before": 1, "others_caught_after": 3}
    values |= {"others_score_before": 0.8, "others_score_after": 1.1}
    return TaughtDefect(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def bolt(tmp_path_factory: pytest.TempPathFactory) -> ProductData:
    root = tmp_path_factory.mktemp("parts")
    render(root / "bolt", with_masks=True, seed=1)
    return read_dataset(root)[0]


@pytest.fixture(scope="module")
def measured(bolt: ProductData) -> Promise:
    result = Promise([bolt], FeatureStore(tiny_encoder()), TINY, shots=3)
    result.teach({"bolt": [bolt.defects[0]]}, "together")
    return result


def test_every_taught_defect_has_its_figures(measured: Promise, bolt: ProductData) -> None:
    (row,) = measured.taught
    assert (row.image, row.defect_type, row.reshots) == (bolt.defects[0].path.name, "spot", 3)
    assert row.others == 2  # the two other spots, not the stains
    assert 0 <= row.rejected_before <= 3 and 0 <= row.rejected_after <= 3


def test_good_test_images_are_counted_before_and_after(measured: Promise) -> None:
    (row,) = measured.good
    assert (row.product, row.good) == ("bolt", 3)


def test_only_defects_that_the_first_model_passes_are_missed(measured: Promise, bolt: ProductData) -> None:
    assert measured.missed(bolt) == []  # white squares are far from grey noise


def test_summary_adds_up_shots_and_shows_parts() -> None:
    rows = summary(
        [taught(), taught(product="cap", rejected_after=10)], [GoodParts("together", "bolt", 10, 1, 2)]
    )
    bolt_row, cap_row, everything = rows
    assert bolt_row["reshots_rejected_after"] == 0.95
    assert (bolt_row["defects_kept"]["count"], cap_row["defects_kept"]["count"]) == (1, 0)
    assert (everything["taught"], everything["reshots"], everything["others_caught_after"]) == (2, 40, 0.75)
    assert (everything["false_rejects_before"], everything["false_rejects_after"]) == (0.1, 0.2)
    assert everything["others_score_gain"] == pytest.approx(0.3)


def test_summary_of_a_type_without_others_has_no_gain() -> None:
    (row, _) = summary([taught(others=0, others_score_before=None, others_score_after=None)], [])
    assert row["others_caught_after"] is None
    assert row["others_score_gain"] is None


def test_report_is_json_and_says_what_was_missed(bolt: ProductData) -> None:
    report = measure([bolt], FeatureStore(tiny_encoder()), TINY, PromisePlan(lessons=1, shots=2))
    assert json.loads(json.dumps(report))["settings"]["missed"] == {"bolt": []}
    assert report["taught"] == report["summary"] == []
