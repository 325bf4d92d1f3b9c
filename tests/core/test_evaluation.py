"""The protocol on tiny rendered parts: who is seen, who is judged, and the shape of what is written."""

import json
from pathlib import Path

import pytest
import torch

from core.datasets import DefectImage, ProductData, read_dataset
from core.encoder import PatchEncoder
from core.evaluation import Evaluation, EvaluationPlan, TooFewDefectsError, draw_seen, evaluate
from core.evaluation_figures import METRICS, ResultRow, means
from core.evaluation_report import format_table
from core.feature_store import FeatureStore
from tests.core.tiny_parts import TINY, render, tiny_encoder


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("parts")
    render(root / "bolt", with_masks=True, seed=1)
    render(root / "cap", with_masks=False, seed=2)
    return root


@pytest.fixture(scope="module")
def encoder() -> PatchEncoder:
    return tiny_encoder()


@pytest.fixture(scope="module")
def evaluation(parts: Path, encoder: PatchEncoder) -> Evaluation:
    plan = EvaluationPlan(seen=(0, 2), seeds=(0,), config=TINY)
    return evaluate(read_dataset(parts), plan, FeatureStore(encoder))


def product(defects: int, painted: int | None = None) -> ProductData:
    count = defects if painted is None else painted
    return ProductData(
        "nut",
        (),
        (),
        tuple(
            DefectImage(Path(f"{i:02}.png"), "dent", Path(f"{i:02}_mask.png") if i < count else None)
            for i in range(defects)
        ),
    )


def test_a_smaller_draw_is_the_beginning_of_a_larger_one() -> None:
    assert draw_seen(product(20), 10, seed=3)[:4] == draw_seen(product(20), 4, seed=3)


def test_draws_differ_between_seeds_and_repeat_with_their_own() -> None:
    assert draw_seen(product(20), 10, seed=0) == draw_seen(product(20), 10, seed=0)
    assert draw_seen(product(20), 10, seed=0) != draw_seen(product(20), 10, seed=1)


def test_a_draw_that_leaves_nothing_to_judge_is_refused_with_both_numbers() -> None:
    with pytest.raises(
        TooFewDefectsError, match="10 defects, 10 of them with a mask; to see 10 it takes at least 11"
    ):
        draw_seen(product(10), 10, seed=0)


def test_only_defects_with_masks_are_drawn() -> None:
    assert all(defect.mask for defect in draw_seen(product(10, painted=3), 3, seed=0))
    assert draw_seen(product(10, painted=0), 3, seed=0) == ()


def test_every_product_number_seed_and_scorer_has_its_row(evaluation: Evaluation) -> None:
    rows = [(r.product, r.seen, r.seed, r.scorer) for r in evaluation.results]
    scorers = ("distance", "head", "combined")
    assert sorted(rows) == sorted((p, n, 0, s) for p in ("bolt", "cap") for n in (0, 2) for s in scorers)


def test_written_rows_have_exactly_the_promised_names_and_fractions_of_one(evaluation: Evaluation) -> None:
    written = json.loads(json.dumps(evaluation.to_json_object()))
    for row in written["results"]:
        assert set(row) == {"product", "seen", "seed", "scorer", *METRICS}
        assert all(row[metric] is None or 0 <= row[metric] <= 1 for metric in METRICS)
        assert all(row[metric] is not None for metric in METRICS[:3])


def test_products_without_masks_have_no_pixel_figures(evaluation: Evaluation) -> None:
    for row in evaluation.results:
        assert (row.pixel_auroc is None) == (row.pro is None) == (row.product == "cap")


def test_seen_images_are_left_out_of_the_test_images_at_every_number(evaluation: Evaluation) -> None:
    counted = {(c["product"], c["seen"]): c["caught"]["of"] for c in evaluation.calls}
    assert counted == {("bolt", 0): 4, ("bolt", 2): 4, ("cap", 0): 6, ("cap", 2): 6}
    assert len(evaluation.settings["seen_images"]["0"]["bolt"]) == 2


def test_distance_ranks_alike_before_and_after_teaching(evaluation: Evaluation) -> None:
    rows = {(r.product, r.seen): r.image_auroc for r in evaluation.results if r.scorer == "distance"}
    assert rows["bolt", 0] == rows["bolt", 2]


def test_white_squares_on_grey_noise_are_found(evaluation: Evaluation) -> None:
    (row,) = [r for r in evaluation.results if (r.product, r.seen, r.scorer) == ("bolt", 0, "distance")]
    assert row.image_auroc == 1.0
    assert row.pixel_auroc is not None and row.pixel_auroc > 0.8  # even random weights see white on grey


def test_features_from_a_folder_give_the_same_figures(
    parts: Path, encoder: PatchEncoder, tmp_path: Path
) -> None:
    products = read_dataset(parts, ["bolt"])
    plan = EvaluationPlan(seen=(0,), config=TINY)
    live = evaluate(products, plan, FeatureStore(encoder, tmp_path))
    kept = evaluate(products, plan, FeatureStore(encoder, tmp_path))
    assert live.results == kept.results
    assert len(list(tmp_path.rglob("*.npy"))) == 14


def test_a_damaged_feature_file_is_made_anew(parts: Path, encoder: PatchEncoder, tmp_path: Path) -> None:
    path = read_dataset(parts, ["bolt"])[0].test_good[0]
    expected = FeatureStore(encoder, tmp_path).features(path)
    (file,) = tmp_path.rglob("*.npy")
    file.write_bytes(b"cut short")
    assert torch.equal(FeatureStore(encoder, tmp_path).features(path), expected)


def test_defects_of_painted_types_are_ranked_apart_from_the_others(evaluation: Evaluation) -> None:
    calls = {(c["product"], c["seen"]): c for c in evaluation.calls if c["scorer"] == "combined"}
    assert calls["bolt", 0]["image_auroc_of_painted_types"] is None
    assert calls["bolt", 0]["image_auroc_of_other_types"] == 1.0
    assert calls["bolt", 2]["image_auroc_of_painted_types"] is not None
    assert sum(t["of"] for t in calls["bolt", 2]["caught_by_type"].values()) == 4


def test_table_names_every_product_and_the_calls(evaluation: Evaluation) -> None:
    text = format_table(evaluation)
    for words in (
        "nothing painted",
        "2 painted defects",
        "bolt",
        "cap",
        "mean",
        "all products",
        "false rejects",
    ):
        assert words in text
    assert max(len(line) for line in text.splitlines()) < 120


def test_mean_leaves_out_products_without_the_figure() -> None:
    rows = [
        ResultRow("a", 0, 0, "head", 0.5, 0.5, 0.5, 0.6, 0.6, 0.6, 0.6),
        ResultRow("b", 0, 0, "head", 1.0, 1.0, 1.0, None, None, None, None),
    ]
    (mean,) = means(rows)
    assert (mean.image_auroc, mean.pixel_auroc) == (0.75, 0.6)
