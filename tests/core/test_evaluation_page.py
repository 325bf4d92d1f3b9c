"""The page of an evaluation: whole in itself, with every figure, curve and picture that was measured."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from core.datasets import read_dataset
from core.evaluation.html.page import render_page
from core.evaluation.html.svg import Axes, Line, histogram, line_chart
from core.evaluation.protocol import Evaluation, EvaluationPlan, evaluate
from core.evaluation.shortlist import pack_map, unpack_map
from core.evaluation.summary import over_seeds
from core.feature_store import FeatureStore
from tests.core.tiny_parts import TINY, render, tiny_encoder


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("parts")
    render(root / "bolt & <nut>", with_masks=True, seed=1)
    render(root / "cap", with_masks=False, seed=2)
    return root


@pytest.fixture(scope="module")
def evaluation(parts: Path) -> Evaluation:
    plan = EvaluationPlan(seen=(0, 2), seeds=(0, 1), config=TINY, root=parts, transfer=True)
    return evaluate(read_dataset(parts), plan, FeatureStore(tiny_encoder()))


@pytest.fixture(scope="module")
def page(evaluation: Evaluation, parts: Path) -> str:
    return render_page(evaluation, parts)


class Tags(HTMLParser):
    """Checks that tags nest, and gathers what they name."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.sources += [value or "" for name, value in attributes if name in ("src", "href", "data")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_fetches_nothing(page: str) -> None:
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert tags.sources and all(source.startswith("data:image/jpeg;base64,") for source in tags.sources)
    assert "script" not in tags.seen and "link" not in tags.seen
    assert "url(" not in page and "@import" not in page and "http" not in page


def test_names_are_text_and_never_markup(page: str) -> None:
    assert "bolt &amp; &lt;nut&gt;" in page
    assert "<nut>" not in page


def test_every_mean_is_on_the_page_with_its_spread(page: str, evaluation: Evaluation) -> None:
    for seen in (0, 2):
        for scorer in ("distance", "head", "combined"):
            figure = over_seeds(evaluation.results, "mean", seen, scorer, "image_ap")
            assert figure is not None and figure.std is not None
            assert f"{100 * figure.mean:.1f} ± {100 * figure.std:.1f}" in page


def test_every_kept_picture_of_the_first_seed_is_shown_twice(page: str, evaluation: Evaluation) -> None:
    kept = [p for p in evaluation.detail("pictures") if (p["seen"], p["seed"]) == (2, 0)]
    assert page.count("<figure") == len(kept) > 0
    assert page.count("<img") == 2 * len(kept)


def test_charts_need_masks_only_where_pixels_are_judged(page: str) -> None:
    assert page.count("PRO, pixels") == 2  # title and label of one chart: cap has no masks
    assert page.count(">ROC, images<") == 2


def test_seen_images_settings_and_experiments_are_listed(page: str, evaluation: Evaluation) -> None:
    for names in evaluation.settings["seen_images"]["1"].values():
        assert all(name in page for name in names)
    assert "top_patches" in page and evaluation.settings["encoder"] in page
    assert "other products&#x27; defects" in page


def test_a_curve_runs_through_its_points() -> None:
    svg = line_chart(Axes("t", "x", "y"), [Line("l", [(0.0, 0.0), (1.0, 1.0)], "n0")])
    (points,) = re.findall(r'points="([^"]+)"', svg)
    (x0, y0), (x1, y1) = (tuple(map(float, point.split(","))) for point in points.split())
    assert x0 < x1 and y0 > y1  # SVG counts rows downwards


def test_bars_are_as_high_as_their_counts() -> None:
    svg = histogram(Axes("t", "x", ""), [4, 0], [0, 2], limit=0.5)
    heights = [float(height) for height in re.findall(r'<rect[^>]*height="([\d.]+)"', svg)]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.1)


def test_a_packed_heatmap_reads_back_to_a_step_of_its_scale() -> None:
    scores = np.random.default_rng(0).uniform(0, 2, (5, 7)).astype(np.float32)
    assert np.abs(unpack_map(pack_map(scores)) - scores).max() <= 1 / 255 + 1e-6
