"""Ablation, transfer, the paper's protocol and tables, and lists of seen images, on tiny rendered parts."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.backbones import load_backbone
from core.confidence import Difference
from core.config import DmadConfig
from core.datasets import DatasetError, ProductData, read_dataset
from core.encoder import PatchEncoder
from core.evaluation.ablation import PREFIX, ROWS, row_config
from core.evaluation.experiment_report import format_differences
from core.evaluation.figures import METRICS
from core.evaluation.inputs import read_seen_list
from core.evaluation.protocol import Evaluation, EvaluationPlan, SeenListError, draw_seen, evaluate
from core.evaluation.published import MVTEC, VISA
from core.evaluation.report import format_report
from core.evaluation.run import OTHERS
from core.evaluation.summary import DifferentImagesError, auroc_differences
from core.feature_store import FeatureStore
from core.outliers import NoOutliersError, choose_outliers
from tests.core.tiny_parts import TINY, render, save, tiny_encoder

WHOLE = replace(TINY, balanced=False, epochs=1, centres="regions")


@pytest.fixture(scope="module")
def encoder() -> PatchEncoder:
    return tiny_encoder()


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("parts")
    render(root / "bottle", with_masks=True, seed=1)  # a product's name of the paper
    render(root / "bolt", with_masks=True, seed=2)
    return root


@pytest.fixture(scope="module")
def evaluation(parts: Path, encoder: PatchEncoder) -> Evaluation:
    plan = EvaluationPlan(seen=(0, 2), config=WHOLE, root=parts, ablate=True, transfer=True, protocol="paper")
    return evaluate(read_dataset(parts), plan, FeatureStore(encoder))


def test_every_row_of_the_ablation_is_measured_at_its_own_number(evaluation: Evaluation) -> None:
    keys = {cell.key.experiment: cell.key.seen for cell in evaluation.cells}
    assert {row.name: keys[PREFIX + row.name] for row in ROWS} == {
        row.name: 2 if row.has_seen else 0 for row in ROWS
    }


@pytest.mark.parametrize("config", [DmadConfig(), DmadConfig.paper()], ids=["ours", "paper"])
def test_rows_of_the_ablation_differ_in_what_they_say(config: DmadConfig) -> None:
    settings = [row_config(row, config) for row in ROWS]
    assert len({(row.has_seen, setting) for row, setting in zip(ROWS, settings, strict=True)}) == len(ROWS)
    by_name = {row.name: setting for row, setting in zip(ROWS, settings, strict=True)}
    assert by_name["seen defects, no filter"].mask_filter == "none"
    assert by_name["seen defects"].mask_filter == config.mask_filter
    assert by_name["seen defects"].centres == "none"
    assert (
        by_name["seen defects + centres"].centres == {"none": "regions", "single": "single"}[config.centres]
    )
    assert not by_name["normal bank"].abnormal_knowledge
    assert by_name["+ outliers"].attention == "always"


def test_the_last_row_of_the_ablation_is_the_evaluation_itself(evaluation: Evaluation) -> None:
    (cell,) = [c for c in evaluation.cells if c.key.experiment == PREFIX + "seen defects + centres"]
    assert list(cell.rows) == [row for row in evaluation.results if row.seen == 2]


def test_with_others_defects_each_product_is_judged_by_a_detector_of_its_own(evaluation: Evaluation) -> None:
    (cell,) = [c for c in evaluation.cells if c.key.experiment == OTHERS]
    assert {row.product for row in cell.rows} == {"bolt", "bottle"}
    calls = [c for c in cell.details["calls"] if c["scorer"] == "combined"]
    assert all("nothing is painted" in call["evidence"] for call in calls)


def test_the_papers_protocol_leaves_out_only_what_was_seen(evaluation: Evaluation) -> None:
    judged = {(c["product"], c["seen"]): c["caught"]["of"] for c in evaluation.calls}
    assert judged == {("bolt", 0): 6, ("bolt", 2): 4, ("bottle", 0): 6, ("bottle", 2): 4}


def test_seen_defects_come_from_the_training_part_where_it_has_some(
    parts: Path, encoder: PatchEncoder
) -> None:
    (bolt,) = read_dataset(parts, ["bolt"])
    split = ProductData("bolt", bolt.train_good, bolt.test_good, bolt.defects[:3], bolt.defects[3:])
    assert {d.path for d in draw_seen(split, 3, seed=0)} == {d.path for d in bolt.defects[3:]}
    run = evaluate([split], EvaluationPlan(seen=(0, 2), config=TINY), FeatureStore(encoder))
    assert {call["caught"]["of"] for call in run.calls} == {3}


def test_the_papers_tables_stand_beside_ours_and_say_what_was_not_run(evaluation: Evaluation) -> None:
    text = format_report(evaluation, paper=True)
    bottle = [line for line in text.splitlines() if line.startswith("  bottle")]
    assert len(bottle) == 2 and all("not run" in line for line in bottle)  # 1, 5 and 10 seen
    figures = {r.scorer: r.image_auroc for r in evaluation.results if (r.product, r.seen) == ("bottle", 0)}
    assert f"{100 * figures['head']:.1f}/" in bottle[0]
    carpet = next(line for line in text.splitlines() if line.startswith("  carpet"))
    assert carpet.count("not run") == 4 and "93.7/98.1" in carpet
    assert "96.3 " in next(line for line in text.splitlines() if line.startswith("  + outliers"))
    assert "parts left out" in text and "other products' defects" in text


def test_published_tables_are_whole() -> None:
    assert (len(MVTEC.products), len(VISA.products)) == (15, 12)
    for data_set in (MVTEC, VISA):
        mean = data_set.image[data_set.name.lower()]
        for column in range(4):
            figures = [data_set.image[product][column].auroc for product in data_set.products]
            assert np.mean(figures) == pytest.approx(mean[column].auroc, abs=0.21)  # as printed


def test_a_list_of_seen_images_is_followed(parts: Path, encoder: PatchEncoder, tmp_path: Path) -> None:
    products = read_dataset(parts)
    names = {p.name: ["stain/2.png", "spot/0.png"] for p in products}
    (tmp_path / "list.json").write_text(json.dumps({"0": names}))
    listed = read_seen_list(tmp_path / "list.json", products, (0,))
    run = evaluate(
        products, EvaluationPlan(seen=(0, 1), config=TINY, seen_list=listed), FeatureStore(encoder)
    )
    assert run.settings["seen_images"]["0"] == {p.name: ["stain/2.png"] for p in products}


def test_a_runs_own_figures_serve_as_list_of_seen_images(
    parts: Path, evaluation: Evaluation, tmp_path: Path
) -> None:
    (tmp_path / "figures.json").write_text(json.dumps(evaluation.to_json_object()))
    listed = read_seen_list(tmp_path / "figures.json", read_dataset(parts), (0,))
    assert {name: len(defects) for name, defects in listed[0].items()} == {"bolt": 2, "bottle": 2}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no json", "can't be read"),
        ('{"1": {}}', "no list for seed 0"),
        ('{"0": {"bolt": []}}', "no list for bottle"),
        ('{"0": {"bolt": ["dent/9.png"], "bottle": []}}', "bolt has no painted defect dent/9.png"),
    ],
)
def test_a_wrong_list_of_seen_images_is_refused(parts: Path, tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "list.json").write_text(content)
    with pytest.raises(SeenListError, match=said):
        read_seen_list(tmp_path / "list.json", read_dataset(parts), (0,))


def test_a_list_that_is_too_short_is_refused_with_both_numbers(parts: Path, encoder: PatchEncoder) -> None:
    products = read_dataset(parts)
    listed = {0: {p.name: p.defects[:1] for p in products}}
    plan = EvaluationPlan(seen=(0, 2), config=TINY, seen_list=listed)
    with pytest.raises(SeenListError, match="has 1 of bolt for seed 0, but --seen asks for 2"):
        evaluate(products, plan, FeatureStore(encoder))


def test_outliers_of_a_folder_are_spread_over_its_sub_folders(tmp_path: Path) -> None:
    for kind, count in (("banded", 150), ("dotted", 3)):
        for number in range(count):
            save(tmp_path / kind / f"{number}.png", np.zeros((2, 2), dtype=np.uint8))
    chosen = choose_outliers(tmp_path, seed=1)
    assert len(chosen) == 96 and sum(path.parent.name == "dotted" for path in chosen) == 3
    assert chosen == choose_outliers(tmp_path, seed=1) != choose_outliers(tmp_path, seed=2)
    with pytest.raises(NoOutliersError, match="holds no images"):
        choose_outliers(tmp_path / "missing")


def test_outliers_come_from_the_named_folder(parts: Path, encoder: PatchEncoder, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(3):
        save(tmp_path / "dtd" / f"{number}.png", rng.integers(0, 255, (32, 32), dtype=np.uint8))
    store = FeatureStore(encoder, outlier_folder=tmp_path / "dtd")
    assert store.outliers(0).shape == (3, encoder.grid[0] * encoder.grid[1], encoder.channels)
    assert store.outlier_source == "dtd"


def images(gain: float, seeds: int = 2) -> list[dict[str, object]]:
    rng = np.random.default_rng(0)
    return [
        {
            "seed": seed,
            "product": product,
            "path": f"{n}.png",
            "defect_type": "dent" if n % 2 else None,
            "score": float(rng.normal() + (1 + gain) * (n % 2)),
        }
        for seed in range(seeds)
        for product in ("a", "b")
        for n in range(40)
    ]


def test_the_difference_of_two_runs_has_an_interval_per_product_and_for_the_mean() -> None:
    differences = auroc_differences(images(0.0), images(2.0), resamples=100)
    assert set(differences) == {"a", "b", "mean"}
    assert all(0 < d.low <= d.value <= d.high for d in differences.values())
    same = auroc_differences(images(0.0), images(0.0), resamples=20)
    assert set(same.values()) == {Difference(0.0, 0.0, 0.0)}


def test_runs_of_different_images_are_not_compared() -> None:
    with pytest.raises(DifferentImagesError, match="160 and 80, 80 of them the same"):
        auroc_differences(images(0.0), images(0.0, seeds=1))


def test_a_run_against_itself_differs_by_nothing(evaluation: Evaluation) -> None:
    text = format_differences(evaluation, evaluation, "old.json")
    assert text.count("+0.00  (+0.00 to +0.00)") == 2 * 3


def test_a_missing_split_is_told(parts: Path) -> None:
    with pytest.raises(DatasetError):
        read_dataset(parts, layout="visa-highshot")


@pytest.mark.slow
def test_the_papers_own_settings_run_whole_with_random_weights(parts: Path) -> None:
    config = replace(DmadConfig.paper(), image_size=128, epochs=1, coreset_minimum=50, outlier_limit=20)
    backbone = load_backbone(config.backbone, random_seed=0)
    encoder = PatchEncoder(backbone, config.image_size, config.aggregation, torch.device("cpu"))
    assert encoder.channels == 1536
    plan = EvaluationPlan(seen=(1,), config=config, root=parts, protocol="paper")
    run = evaluate(read_dataset(parts, ["bolt"]), plan, FeatureStore(encoder))
    heads = [row for row in run.results if row.scorer == "head"]
    combined = [row for row in run.results if row.scorer == "combined"]
    for head, both in zip(
        heads, combined, strict=True
    ):  # one is the other divided by the limit: float32 rounding
        assert [getattr(head, m) for m in METRICS] == pytest.approx(
            [getattr(both, m) for m in METRICS], abs=1e-6
        )
