"""`bench accuracy` on tiny rendered parts, with a peer that answers through the same files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.accuracy.cells import CellKey, load_cell, measure_cell, save_cell
from benchmarks.accuracy.command import as_json, compare_rows, main, measure_cells
from benchmarks.accuracy.comparison import DifferentImagesError, compare
from benchmarks.accuracy.protocol import Judged, Protocol
from benchmarks.accuracy.report import differences_table, figures_table, summary
from benchmarks.accuracy.rows import DEFAULT, DISTANCE, PATCHCORE, ROWS, WITHOUT_BANKS
from benchmarks.accuracy.without_banks import PatchAlone, train_without_banks
from core.backbones import load_backbone
from core.datasets import read_dataset
from core.evaluation.protocol import EvaluationPlan, evaluate
from core.feature_store import FeatureStore
from core.training import BankTables, PatchPool
from tests.core.tiny_parts import TINY, render, tiny_encoder


class BrightnessPeer:
    """Answers as `benchmarks.peer.scores` does: a bank of brightness, a score of how far an image is from it."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def run(self, script: str, folder: Path, job: Mapping[str, Any]) -> dict[str, Any]:
        assert script == "scores" and (folder / "weights.safetensors").is_file()
        assert list(job["mean"]) == [0.5, 0.5, 0.5]  # the network's own normalisation
        self.calls.append(job["step"])
        images = np.load(folder / "images.npy").astype(np.float32)  # (n, 128, 128, 3)
        assert images.shape[1:] == (TINY.image_size, TINY.image_size, 3)
        if job["step"] == "embed":
            np.save(folder / "projected.npy", images.reshape(-1, 256)[:, :8])
            return {"first": 5, "count": 12, "version": "plain"}
        picks = np.load(folder / "picks.npy")
        assert picks[0] == 5 and len(set(picks.tolist())) == 12
        brightness = images.mean(axis=3)
        np.save(folder / "image_scores.npy", brightness.max(axis=(1, 2)))
        np.save(folder / "maps.npy", brightness)
        return {"rows": len(picks), "version": "plain"}


@pytest.fixture(scope="module")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Protocol:
    root = tmp_path_factory.mktemp("parts")
    render(root / "bolt", with_masks=True, seed=1)
    render(root / "cap", with_masks=False, seed=2)
    products = read_dataset(root)
    store = FeatureStore(tiny_encoder())
    return Protocol(products, (0, 2), TINY, store, lambda: load_backbone("efficientnet_lite0", random_seed=0))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


def test_all_rows_judge_the_same_images(protocol: Protocol, results: Path) -> None:
    cells = measure_cells(protocol, ROWS, (0,), BrightnessPeer(), results, paper_epochs=1)
    assert {(cell.key.row, cell.key.seen) for cell in cells} == {
        (row, seen) for row in ROWS for seen in (0, 2)
    }
    for cell in cells:
        bolt, cap = cell.products["bolt"], cell.products["cap"]
        assert (len(bolt.scores), int(bolt.is_defect.sum())) == (7, 4)  # two of six defects were drawn
        assert (len(cap.scores), len(cap.pixels)) == (9, 0)  # none has a mask: none drawn, no pixel figures
        assert len(bolt.pixels) == 7 and all(p.good.sum() + p.defective.sum() == 256**2 for p in bolt.pixels)
        figures = {row.product: row for row in cell.figures}
        assert figures["bolt"].image_auroc is not None and figures["cap"].pixel_ap is None


def test_stopped_run_goes_on_cell_by_cell(protocol: Protocol, results: Path) -> None:
    peer = BrightnessPeer()
    first = measure_cells(protocol, (PATCHCORE, DISTANCE), (0,), peer, results, paper_epochs=1)
    assert peer.calls == []  # the test before measured it
    (folder,) = (path for path in results.iterdir() if path.is_dir())
    (folder / "patchcore-seed0-seen0.json").unlink()
    again = measure_cells(protocol, (PATCHCORE, DISTANCE), (0,), peer, results, paper_epochs=1)
    assert peer.calls == ["embed", "score"]
    assert [cell.figures for cell in again] == [cell.figures for cell in first]


def test_figures_are_those_of_evaluate(protocol: Protocol, results: Path) -> None:
    plan = EvaluationPlan(seen=(0, 2), seeds=(0,), config=TINY)
    expected = {
        (row.product, row.scorer, row.seen): row
        for row in evaluate(protocol.products, plan, protocol.store).results
    }
    cells = measure_cells(protocol, (DISTANCE, DEFAULT), (0,), None, results, paper_epochs=1)
    for cell in cells:
        for row in cell.figures:
            scorer = {DISTANCE: "distance", DEFAULT: "combined"}[row.scorer]
            found = expected[row.product, scorer, row.seen]
            if (
                scorer == "distance" or row.seen == 0
            ):  # `evaluate` trains heads that have no say, for its column
                assert (row.image_auroc, row.pixel_ap, row.pro) == pytest.approx(
                    (found.image_auroc, found.pixel_ap, found.pro), abs=1e-9
                )


def test_cell_comes_back_from_its_files_as_it_was(protocol: Protocol, tmp_path: Path) -> None:
    key = CellKey("default", 0, 0)
    rng = np.random.default_rng(0)
    judged = [
        Judged(image, float(number), rng.random((256, 256), dtype=np.float32))
        for number, image in enumerate(protocol.test_images(0))
    ]
    cell = measure_cell(key, judged, protocol)
    assert load_cell(key, tmp_path) is None
    save_cell(cell, tmp_path)
    back = load_cell(key, tmp_path)
    assert back is not None and back.figures == cell.figures
    for name, product in cell.products.items():
        np.testing.assert_array_equal(back.products[name].scores, product.scores)
        for one, other in zip(back.products[name].pixels, product.pixels, strict=True):
            np.testing.assert_array_equal(one.defective, other.defective)


def judged_by(protocol: Protocol, quality: float) -> list[Judged]:
    """Scores and maps that show defects the better, the higher the quality."""
    rng = np.random.default_rng(3)
    found = []
    for image in protocol.test_images(0):
        mask = protocol.mask(image)
        pixels = rng.random((256, 256), dtype=np.float32)
        if mask is not None:
            pixels = pixels + np.float32(quality) * mask
        found.append(Judged(image, float(rng.random() + quality * (image.defect is not None)), pixels))
    return found


def test_better_row_is_better_beyond_its_interval(protocol: Protocol) -> None:
    poor, good = (
        measure_cell(CellKey(row, 0, 0), judged_by(protocol, quality), protocol)
        for row, quality in (("patchcore", 0.0), ("default", 2.0))
    )
    found = {(c.product, c.metric): c.difference for c in compare([poor], [good], resamples=50)}
    for metric in ("image_auroc", "pixel_auroc", "pixel_ap", "pro"):
        assert found["bolt", metric].low > 0
    assert found["bolt", "pixel_auroc"].value == pytest.approx(
        good.figures[0].pixel_auroc - poor.figures[0].pixel_auroc,  # type: ignore[operator]
        abs=2e-3,  # the bins of the bootstrap
    )
    assert ("cap", "pro") not in found and ("mean", "pro") in found
    same = compare([good], [good], resamples=20)
    assert all((c.difference.low, c.difference.value, c.difference.high) == (0, 0, 0) for c in same)


def test_rows_on_different_images_are_refused(protocol: Protocol) -> None:
    judged = judged_by(protocol, 1.0)
    all_of_them = measure_cell(CellKey("default", 0, 0), judged, protocol)
    fewer = measure_cell(CellKey("distance", 0, 0), judged[:-1], protocol)
    with pytest.raises(DifferentImagesError, match="default-seed0-seen0 and distance-seed0-seen0"):
        compare([all_of_them], [fewer], resamples=5)


def test_tables_name_every_row_and_json_can_be_written(protocol: Protocol, results: Path) -> None:
    cells = measure_cells(
        protocol, (PATCHCORE, WITHOUT_BANKS, DEFAULT), (0,), BrightnessPeer(), results, paper_epochs=1
    )
    compared = compare_rows(cells, resamples=10)
    pairs = {(c.before, c.after) for c in compared}
    assert ("patchcore, 0 seen", "default, 0 seen") in pairs
    assert ("patchcore, 2 seen", "without_banks, 2 seen") in pairs
    assert ("default, 0 seen", "default, 2 seen") in pairs
    table = figures_table(summary(cells))
    assert all(row in table for row in (PATCHCORE, WITHOUT_BANKS, DEFAULT)) and len(table.splitlines()) == 7
    assert "default, 2 seen against default, 0 seen" in differences_table(compared)
    assert len(json.loads(json.dumps(as_json(cells, compared)))["cells"]) == 6


def test_head_without_banks_sees_the_patch_alone() -> None:
    rng = torch.Generator().manual_seed(0)
    q = torch.randn(200, 6, generator=rng)
    spots = torch.randn(40, 6, generator=rng) + 3
    zeros = torch.zeros(200, dtype=torch.int64)

    def pool(patches: torch.Tensor) -> PatchPool:
        return PatchPool(patches, *(zeros[: len(patches)] for _ in range(5)))

    tables = BankTables(torch.zeros(1, 6), torch.zeros(1, 6))
    config = TINY.__class__(head_width=8, teach_steps=60, batch_normal=64, batch_seen=16)
    head = train_without_banks(pool(q), pool(spots), tables, config)
    assert isinstance(head.enhance, PatchAlone)
    with torch.inference_mode():
        psi_good, psi_spots = head(q, q, q), head(spots, spots, spots)
        elsewhere = head(q, q + 100, q - 100)
    torch.testing.assert_close(psi_good, elsewhere)  # whatever the banks answer
    assert psi_good.mean() > psi_spots.mean()


def test_unknown_row_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--data", str(tmp_path), "--only", "nonsense"]) == 2
    assert "There is no row nonsense; there are patchcore" in capsys.readouterr().err


def test_empty_folder_ends_with_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--data", str(tmp_path), "--without-peer"]) == 1
    assert "holds no product" in capsys.readouterr().err
