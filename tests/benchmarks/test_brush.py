"""What the reference brush learns from: rendered defects, what is drawn on them, and the fit."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.brush.command import Sample, fitted, gathered, sampled, save
from benchmarks.brush.rendered import GAPS_FROM, LEAST, MOST, rendered
from core.assist.cues import Scene
from core.assist.opinion import read


def test_a_picture_is_the_same_each_time_and_its_defect_of_a_size_worth_painting() -> None:
    some = [picture for seed in (*range(12), *range(GAPS_FROM, GAPS_FROM + 6)) if (picture := rendered(seed))]
    assert len(some) > 9
    for picture in some:
        assert LEAST <= picture.mask.sum() <= MOST * picture.mask.size
        assert picture.pixels.shape == (*picture.mask.shape, 3)
    again, first = rendered(1), rendered(1)
    assert again is not None and first is not None and (again.pixels == first.pixels).all()


def test_the_pixels_taken_stand_for_all_of_the_region() -> None:
    one = next(sample for seed in range(20) for sample in sampled((seed, None)))
    area = float(one.weight[one.truth].sum())
    assert area == pytest.approx(one.area[0]) or area < one.area[0]  # specks count no less than LEAST_AREA
    assert one.weight.sum() > 5000 and one.cues.shape[0] == len(one.truth)


def test_what_is_fitted_is_read_back_as_it_was(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    cues = random.normal(size=(65536, 3)).astype(np.float16)
    truth = cues[:, 1] > 0
    ones = np.ones(len(truth), dtype=np.float32)
    opinion = fitted(Sample(cues, truth, ones, ones))
    inputs = cues.astype(np.float32)
    assert ((opinion.of(inputs) > 0.5) == truth).mean() > 0.8
    save(opinion, [opinion, opinion], tmp_path / "opinion.npz")
    back = read(tmp_path / "opinion.npz")
    assert len(back.seconds) == 2
    assert (back.first.of(inputs) == opinion.of(inputs)).all()


def test_what_comes_with_the_product_fits_the_cues() -> None:
    marks = np.zeros((30, 40), dtype=bool)
    marks[15, 20] = True
    scene = Scene(np.full((30, 40, 3), 99, dtype=np.uint8), marks, None)
    assert read().likelihood(scene).shape == (30, 40)


def test_what_is_drawn_on_many_pictures_is_gathered_whole() -> None:
    found = gathered(range(6), None)
    assert len(found.cues) == len(found.truth) == len(found.weight) == len(found.area) > 5000
