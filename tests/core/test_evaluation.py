"""The protocol on tiny rendered parts: who is seen, who is judged, and the shape of what is written."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.datasets import DefectImage, ProductData, read_dataset
from core.encoder import PatchEncoder
from core.evaluation.figures import METRICS, ResultRow, means
from core.evaluation.file import read_figures, write_figures
from core.evaluation.protocol import (
    Evaluation,
    EvaluationPlan,
    ResumeError,
    TooFewDefectsError,
    draw_seen,
    evaluate,
)
from core.evaluation.report import format_table
from core.evaluation.summary import over_seeds
from core.feature_store import FeatureStore
from core.metrics import auroc
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
    return evaluate(read_dataset(parts), plan_for(parts), FeatureStore(encoder))


def plan_for(parts: Path, **changes: Any) -> EvaluationPlan:
    return replace(EvaluationPlan(seen=(0, 2), seeds=(0,), config=TINY, root=parts), **changes)


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


def test_features_in_a_folder_are_read_when_asked_for_and_not_held(
    parts: Path, encoder: PatchEncoder, tmp_path: Path
) -> None:
    path = read_dataset(parts, ["bolt"])[0].test_good[0]
    store = FeatureStore(encoder, tmp_path)
    store.prepare([path])
    assert torch.equal(store.features(path), FeatureStore(encoder).features(path))  # which holds them
    (file,) = tmp_path.rglob("*.npy")
    other = np.load(file) + 1
    np.save(file, other)
    for again in (store, FeatureStore(encoder, tmp_path)):
        assert torch.equal(again.features(path), torch.from_numpy(other.astype(np.float32)))


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


def test_every_judged_image_is_listed_with_its_scores(evaluation: Evaluation) -> None:
    images = [i for i in evaluation.detail("images") if (i["product"], i["seen"]) == ("bolt", 2)]
    assert len(images) == 3 + 4
    assert {i["path"] for i in images if i["defect_type"] is None} == {
        f"bolt/test/good/{n}.png" for n in range(3)
    }
    assert all({"distance", "head", "combined", "seed"} <= set(i) for i in images)


def test_figures_can_be_taken_again_from_the_listed_images(evaluation: Evaluation) -> None:
    images = [i for i in evaluation.detail("images") if (i["product"], i["seen"]) == ("cap", 2)]
    taken = auroc([i["head"] for i in images], [i["defect_type"] is not None for i in images])
    (row,) = [r for r in evaluation.results if (r.product, r.seen, r.scorer) == ("cap", 2, "head")]
    assert taken == row.image_auroc


def test_figures_of_painted_and_other_types_count_all_defects(evaluation: Evaluation) -> None:
    entries = {(t["product"], t["seen"], t["types"]): t for t in evaluation.detail("types")}
    for seen in (0, 2):
        assert sum(entries["bolt", seen, kind]["defects"] for kind in ("painted", "other")) == 4
    assert entries["bolt", 0, "painted"]["pixel_ap"] is None
    (row,) = [r for r in evaluation.results if (r.product, r.seen, r.scorer) == ("bolt", 0, "combined")]
    assert entries["bolt", 0, "other"]["pixel_ap"] == row.pixel_ap
    assert entries["bolt", 2, "painted"]["pixel_ap"] > 0


def test_worst_misses_and_false_calls_are_kept_in_order(evaluation: Evaluation) -> None:
    kept = [p for p in evaluation.detail("pictures") if (p["product"], p["seen"]) == ("bolt", 0)]
    images = [i for i in evaluation.detail("images") if (i["product"], i["seen"]) == ("bolt", 0)]
    misses = [p["score"] for p in kept if p["kind"] == "miss"]
    false_calls = [p["score"] for p in kept if p["kind"] == "false call"]
    assert misses == sorted(i["combined"] for i in images if i["defect_type"])[:3]
    assert false_calls == sorted((i["combined"] for i in images if not i["defect_type"]), reverse=True)[:3]


def without_times(evaluation: Evaluation) -> dict[str, Any]:
    content = json.loads(json.dumps(evaluation.to_json_object()))
    del content["settings"]["seconds"]
    for cell in content["cells"]:
        del cell["seconds"]
    return content


def test_a_run_that_was_cut_goes_on_to_the_same_figures(
    parts: Path, encoder: PatchEncoder, tmp_path: Path
) -> None:
    class Cut(Exception):
        pass

    saved: list[Evaluation] = []

    def save_twice(evaluation: Evaluation) -> None:
        saved.append(evaluation)
        if len(saved) == 3:
            raise Cut

    products, plan = read_dataset(parts, ["bolt"]), plan_for(parts, seeds=(0, 1), transfer=True)
    whole = evaluate(products, plan, FeatureStore(encoder))
    with pytest.raises(Cut):
        evaluate(products, plan, FeatureStore(encoder), save=save_twice)
    write_figures(saved[1], tmp_path / "figures.json")
    cells: list[int] = []
    resumed = evaluate(
        products,
        plan,
        FeatureStore(encoder),
        done=read_figures(tmp_path / "figures.json"),
        save=lambda evaluation: cells.append(len(evaluation.cells)),
    )
    assert cells == [3, 4, 5, 6]
    assert without_times(resumed) == without_times(whole)


def test_figures_of_other_settings_are_not_gone_on_from(
    parts: Path, encoder: PatchEncoder, evaluation: Evaluation
) -> None:
    other = plan_for(parts, config=replace(TINY, top_patches=3))
    with pytest.raises(ResumeError, match="another config"):
        evaluate(read_dataset(parts), other, FeatureStore(encoder), done=evaluation)


@pytest.mark.parametrize("content", ["{", "[]", '{"settings": {}}'])
def test_a_file_that_holds_no_figures_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "f.json").write_text(content)
    with pytest.raises(ResumeError):
        read_figures(tmp_path / "f.json")


def test_mean_and_spread_over_seeds_are_the_sample_ones() -> None:
    rows = [ResultRow("a", 0, seed, "head", value, *[None] * 6) for seed, value in enumerate((0.5, 0.7))]
    figure = over_seeds(rows, "a", 0, "head", "image_auroc")
    assert figure is not None
    assert (figure.mean, figure.std) == (pytest.approx(0.6), pytest.approx(0.02**0.5))
    assert over_seeds(rows, "a", 0, "head", "pro") is None
