"""The cold start's measurement on tiny rendered parts: draws, refusals, what is summed up."""

from pathlib import Path

import pytest

from benchmarks.backbones.command import nearest_size
from benchmarks.coldstart import Cell, ColdStart, draw_good, format_summary, summary
from core.backbone_specs import BACKBONES
from core.datasets import ProductData, read_dataset
from core.feature_store import FeatureStore
from tests.core.tiny_parts import TINY, render, tiny_encoder


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> tuple[ProductData, ...]:
    root: Path = tmp_path_factory.mktemp("parts")
    for number, name in enumerate(("bolt", "nut")):
        render(root / name, with_masks=True, seed=number)
    return read_dataset(root)


@pytest.fixture(scope="module")
def measured(products: tuple[ProductData, ...]) -> ColdStart:
    bolt, nut = products
    return ColdStart(bolt, [nut], FeatureStore(tiny_encoder()), TINY)


def test_few_good_images_are_among_more_of_the_same_draw(products: tuple[ProductData, ...]) -> None:
    bolt = products[0]
    assert draw_good(bolt, 3, 1) == draw_good(bolt, 5, 1)[:3]
    assert draw_good(bolt, 5, 1) != draw_good(bolt, 5, 2)


def test_one_good_image_gives_a_sentence_and_no_figure(measured: ColdStart) -> None:
    cell = measured.measure(1, 0, others=True)
    assert "bolt has 1 good part; it takes at least 2" in cell.refused
    assert cell.image_auroc is None
    assert cell.refused in format_summary(summary([cell]))


def test_two_good_images_beside_another_product_are_judged(measured: ColdStart) -> None:
    cell = measured.measure(2, 0, others=True)
    assert (cell.good_tested, cell.defects_tested, cell.refused) == (3, 6, "")
    assert cell.image_auroc == 1.0  # white squares on grey noise
    assert cell.pixel_ap is not None and cell.pro is not None
    assert "judged by only 2" in cell.rule


def test_seeds_are_averaged_per_number_and_workspace() -> None:
    cells = [Cell(2, False, seed, caught=caught) for seed, caught in ((0, 0.25), (1, 0.75))]
    (row,) = summary([*cells])
    assert row["caught"] == {"mean": 0.5, "std": 0.25}
    assert row["pro"] is None


@pytest.mark.parametrize("name", sorted(BACKBONES))
def test_every_backbone_is_measured_at_a_size_it_takes(name: str) -> None:
    size = nearest_size(BACKBONES[name])
    assert BACKBONES[name].takes(size) and abs(size - 256) <= 7
