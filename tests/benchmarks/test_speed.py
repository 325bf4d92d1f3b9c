"""Each part of `bench speed` at a tiny size, with a peer that computes plainly in the same process."""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks.network_weights import FILE
from benchmarks.peer.peak import STATUS, OwnPeak, own_bytes
from benchmarks.speed import (
    coreset,
    extraction,
    forget,
    growth,
    latency,
    memory,
    neighbours,
    preview,
    scoring,
    teach,
)
from benchmarks.speed.command import PARTS, main, measure_parts
from benchmarks.speed.growth import exponent
from benchmarks.speed.lessons import FORGOTTEN, LESSONS, JobTimes, LessonTimes, product_of_lesson
from benchmarks.speed.measured import Measured, table
from benchmarks.speed.plots import write_plots
from benchmarks.speed.run import Sizes, SpeedRun
from core.backbones import load_backbone
from core.evidence_weight import MIN_LESSONS
from tests.core.tiny_parts import TINY

SIZES = Sizes(
    points=(300, 700),
    dimensions=8,
    fraction=0.1,
    peer_steps=20,
    rows=(300, 5_200),  # flat, and an inverted file
    queries=2,
    batches=(1, 4),
    extracted=4,
    bank_rows=300,
    picture_side=200,
    repeats=3,
    images=(16, 24),
    memory_images=(8,),
    scoring_images=16,
    preview_images=4,
)


class PlainPeer:
    """Answers as the peer's scripts do, from the files they would read."""

    def run(self, script: str, folder: Path, job: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self, script)(folder, json.loads(json.dumps(dict(job))))
        return answer | {"version": "plain"}

    def coreset(self, folder: Path, job: dict[str, Any]) -> dict[str, Any]:
        points = np.load(folder / "points.npy")
        whole = int(len(points) * job["ratio"])
        picks, nearest = [7], np.full(len(points), np.inf)
        while len(picks) < min(whole, job["steps"] or whole):
            nearest = np.minimum(nearest, np.linalg.norm(points - points[picks[-1]], axis=1))
            picks.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(points - points[picks[-1]], axis=1))
        return {"picks": picks, "whole": whole, "radius": float(nearest.max()), "cpu_seconds": 1.0}

    def latency(self, folder: Path, job: dict[str, Any]) -> dict[str, Any]:
        assert (folder / FILE).is_file() and job["taps"] == ["blocks.2", "blocks.3", "blocks.4"]
        assert np.load(folder / "images.npy").shape[1:] == (200, 200, 3)
        assert np.load(folder / "bank.npy").shape == (SIZES.bank_rows, 232)
        return {"seconds": [0.25] * job["repeats"]}

    def memory(self, folder: Path, job: dict[str, Any]) -> dict[str, Any]:
        assert len(job["paths"]) == 8 and all(Path(path).is_file() for path in job["paths"])
        return {"before_bytes": 10, "peak_bytes": 10**10}


def random_backbone():  # type: ignore[no-untyped-def]
    return load_backbone("efficientnet_lite0", random_seed=0)


@pytest.fixture
def run(tmp_path: Path) -> SpeedRun:
    return SpeedRun(SIZES, TINY, PlainPeer(), tmp_path, random_backbone)


def check_shape(result: Measured) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(json.dumps(result.to_json_object()))
    assert {"name", "part", "ours_s", "peer", "peer_s", "ratio", "remark"} <= set(written)
    assert written["ours_s"] > 0 and written["name"].startswith(result.part)
    if written["peer_s"] is not None:
        assert written["ratio"] == pytest.approx(written["peer_s"] / written["ours_s"])
    return written


def test_coreset_makes_the_picks_of_the_plain_loop_and_extrapolates_it(run: SpeedRun) -> None:
    small, large = (check_shape(result) for result in coreset.measure(run))
    assert (small["name"], small["picks"], large["picks"]) == ("coreset_300", 30, 70)
    for written, count in ((small, 30), (large, 70)):
        assert written["picks_same"] == written["picks_compared"] == written["peer_steps"] == 20
        assert written["picks_same_and_in_the_same_place"] == 20
        assert written["radius_after_compared"] == pytest.approx(
            written["peer_radius_after_compared"], rel=1e-4
        )
        assert written["peer_s"] == pytest.approx(count / 20)  # one CPU second for 20 steps
        assert f"extrapolated from 20 of {count} steps" in written["remark"]


def test_coreset_says_when_all_steps_of_the_peer_were_run(run: SpeedRun) -> None:
    whole = replace(run, sizes=replace(SIZES, points=(300,), peer_steps=0))
    (written,) = (check_shape(result) for result in coreset.measure(whole))
    assert written["picks_same"] == 30 and "all steps run" in written["remark"]


def test_neighbours_finds_the_nearest_rows(run: SpeedRun) -> None:
    flat, inverted = (check_shape(result) for result in neighbours.measure(run))
    assert (flat["name"], inverted["name"]) == ("neighbours_300x232", "neighbours_5200x232")
    assert flat["recall_at_1"] == 1.0
    assert inverted["recall_at_1"] > 0.9


def test_extraction_compares_equal_features(run: SpeedRun) -> None:
    (written,) = (check_shape(result) for result in extraction.measure(run))
    assert written["relative_difference"] < 2e-3  # ours are rounded to float16
    assert len(written["peer_s_by_form"]) == 4 and written["batch"] in ("1", "4")


def test_latency_hands_the_peer_the_same_bank_and_network(run: SpeedRun) -> None:
    (written,) = (check_shape(result) for result in latency.measure(run))
    assert (written["calls"], written["bank_rows"], written["peer_s"]) == (3, 300, 0.25)
    assert written["p50_s"] <= written["p95_s"] == written["ours_s"]


def test_memory_is_taken_in_a_process_of_its_own(run: SpeedRun) -> None:
    (written,) = (check_shape(result) for result in memory.measure(run))
    assert written["name"] == "memory_8" and written["peer_s"] is None
    assert 0 < written["before_mb"] <= written["peak_mb"] < written["peer_peak_mb"] == 10_000


@pytest.mark.skipif(not STATUS.exists(), reason="the system does not tell mapped pages apart")
def test_pages_of_mapped_files_are_told_apart(run: SpeedRun, tmp_path: Path) -> None:
    wide = replace(run, sizes=replace(SIZES, memory_images=(), memory_wide=(30,)))
    (written,) = (check_shape(result) for result in memory.measure(wide))
    assert written["name"] == "memory_wide_30"
    assert 0 < written["own_before_mb"] < written["own_peak_mb"] < written["peak_mb"]
    assert written["mapped_mb"] == pytest.approx(written["peak_mb"] - written["own_peak_mb"])

    size = 50_000_000
    (tmp_path / "mapped").write_bytes(bytes(size))
    before = own_bytes()
    mapped = np.memmap(tmp_path / "mapped", np.uint8)
    assert int(mapped.sum()) == 0 and before is not None  # every page is looked at
    assert (own_bytes() or 0) - before < size / 2
    with OwnPeak() as peak:
        held = np.ones(size, np.uint8)
        time.sleep(0.2)
    assert held[0] and peak.bytes is not None and peak.bytes - before > size / 2


@pytest.mark.slow
def test_file_is_scored_idle_and_while_a_lesson_runs(run: SpeedRun) -> None:
    (written,) = (check_shape(result) for result in scoring.measure(run))
    assert written["name"] == "scoring_16" and written["calls"] == 6 and written["busy_calls"] >= 3
    assert written["p50_s"] <= written["p95_s"] == written["ours_s"]
    assert written["busy_p50_s"] <= written["busy_p95_s"] == written["peer_s"] <= written["busy_longest_s"]


@pytest.mark.slow
def test_preview_looks_at_all_images_of_the_product(run: SpeedRun) -> None:
    (written,) = (check_shape(result) for result in preview.measure(run))
    assert written["name"] == "preview_4" and written["looked_at"] == written["of"] >= 4


@pytest.mark.slow
def test_lessons_are_measured_from_click_to_version(run: SpeedRun) -> None:
    run = replace(run, sizes=replace(SIZES, images=(16,)))
    (taught,) = (check_shape(result) for result in teach.measure(run))
    (forgotten,) = (check_shape(result) for result in forget.measure(run))
    assert (taught["name"], forgotten["name"]) == ("teach_16", "forget_16")
    assert taught["ours_s"] <= taught["page_s"] <= taught["rescored_s"]
    assert forgotten["teach_s"] == taught["ours_s"]
    assert taught["peer_stages_s"]  # what the time went to


def test_forgetting_leaves_as_much_to_train_as_teaching() -> None:
    """A forget that leaves one lesson a product skips the training that the teach beside it pays for."""
    products = [product_of_lesson(number).name for number in range(LESSONS)]
    left = products[:FORGOTTEN] + products[FORGOTTEN + 1 :]
    assert max(map(products.count, products)) >= MIN_LESSONS
    assert max(map(left.count, left)) >= MIN_LESSONS


def times(images: int, scale: float) -> LessonTimes:
    job = JobTimes(scale * images, scale * images, scale * images)
    return LessonTimes(images, job, job, job, job)


def test_growth_of_a_cost_in_proportion_has_exponent_one(run: SpeedRun) -> None:
    run.lessons.update({16: times(16, 0.5), 24: times(24, 0.5)})
    results = growth.measure(run)
    assert [r.name for r in results] == [
        "growth_build",
        "growth_teach",
        "growth_teach_rescored",
        "growth_forget",
    ]
    for result in results:
        assert check_shape(result)["exponent"] == pytest.approx(1)
        assert result.details["share_that_depends_on_n"] == pytest.approx(1)
    assert exponent([(10, 5.0), (1000, 5.0)]) == pytest.approx(0)


def test_growth_needs_two_numbers_of_images(run: SpeedRun) -> None:
    run.lessons[16] = times(16, 1)
    assert growth.measure(replace(run, sizes=replace(SIZES, images=(16,)))) == []


def test_without_a_peer_our_side_is_measured_alone(tmp_path: Path) -> None:
    alone = SpeedRun(replace(SIZES, points=(300,)), TINY, None, tmp_path, random_backbone)
    found: list[list[Measured]] = []
    measure_parts(alone, ["coreset", "latency"], found.append)
    assert [check_shape(result)["ratio"] for result in found[-1]] == [None, None]
    assert len(found) == 2  # kept after each part


def test_table_shows_ratio_and_remark() -> None:
    text = table(
        [Measured("teach", "teach_200", 0.5, "other", 5.0, "5 masks"), Measured("growth", "growth_x", 2.0)]
    )
    assert "500.0 ms  other" in text and "10.0x  5 masks" in text
    assert text.splitlines()[-1].split() == ["growth_x", "2.0", "s", "-", "-"]


def test_every_part_has_a_plot_that_is_well_formed(tmp_path: Path) -> None:
    details = {"exponent": 1.0, "points": [(200, 1.0), (400, 2.0)]}
    results = [Measured(part, f"{part}_<1>", 1.5, "a & b", 3.0, "", details) for part in PARTS]
    for path in write_plots(results, tmp_path):
        drawn = ElementTree.parse(path).getroot()
        assert drawn.tag.endswith("svg") and len(list(drawn)) > 3


def test_unknown_part_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "coreset,nonsense"]) == 2
    assert "There is no part nonsense; there are coreset, neighbours" in capsys.readouterr().err
