"""The filter never loses a painted defect, and leaves doubtful cells alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mask_filter import cell_coverage, filter_mask

GRID = (4, 4)


def blank(height: int = 64, width: int = 64) -> np.ndarray:
    return np.zeros((height, width), dtype=bool)


@given(row=st.integers(0, 99), column=st.integers(0, 136))
def test_filter_keeps_a_one_pixel_defect(row: int, column: int) -> None:
    mask = blank(100, 137)
    mask[row, column] = True

    cells = filter_mask(mask, (8, 8)).anomalous

    assert cells.sum() == 1
    assert cells[row * 8 // 100, column * 8 // 137]


def test_the_papers_bilinear_filter_loses_a_one_pixel_defect() -> None:
    mask = blank()
    mask[17, 17] = True
    assert not filter_mask(mask, GRID, mode="bilinear").anomalous.any()


def test_a_quarter_covered_cell_is_anomalous_and_less_is_neither() -> None:
    mask = blank()
    mask[0:8, 0:8] = True  # a quarter of cell (0, 0)
    mask[16:20, 0:15] = (
        True  # 60 of 256 px of cell (1, 0); connected to nothing, so it is that region's best cell
    )
    mask[8:16, 0:1] = True  # connects both: the region's best cell is (0, 0)

    cells = filter_mask(mask, GRID, complete=True)

    assert cells.coverage[0, 0] == pytest.approx(72 / 256)
    assert cells.anomalous.tolist()[0] == [True, False, False, False]
    assert not cells.anomalous[1, 0] and not cells.normal[1, 0]


def test_a_ring_around_the_defect_is_left_alone_and_the_rest_is_normal_only_when_complete() -> None:
    mask = blank()
    mask[0:16, 0:16] = True

    complete = filter_mask(mask, GRID, complete=True)
    unfinished = filter_mask(mask, GRID, complete=False)

    assert not complete.normal[0:2, 0:2].any()
    assert complete.normal.sum() == 12
    assert not unfinished.normal.any()


def test_ignored_cells_are_neither_anomalous_nor_normal() -> None:
    mask, ignore = blank(), blank()
    mask[0:16, 0:16] = True
    ignore[0:16, 0:16] = True
    ignore[48:64, 48:64] = True

    cells = filter_mask(mask, GRID, ignore=ignore, complete=True)

    assert not cells.anomalous.any()
    assert not cells.normal[3, 3]


def test_separate_regions_are_numbered_apart() -> None:
    mask = blank()
    mask[0:16, 0:16] = True
    mask[48:64, 48:64] = True
    region = filter_mask(mask, GRID).region
    assert region[0, 0] != region[3, 3]
    assert set(np.unique(region)) == {0, 1, 2}


@given(st.integers(5, 90), st.integers(5, 90), st.integers(0, 2**31))
def test_coverage_keeps_the_painted_area(height: int, width: int, seed: int) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < 0.3
    coverage = cell_coverage(mask, (5, 7))
    assert coverage.mean() == pytest.approx(mask.mean(), abs=1e-5)  # float32 sums of at most 8100 pixels
    assert coverage.min() >= 0 and coverage.max() <= 1 + 1e-5


def test_mode_none_takes_every_cell_of_a_painted_image() -> None:
    mask = blank()
    mask[3, 3] = True
    assert filter_mask(mask, GRID, mode="none").anomalous.all()
    assert not filter_mask(blank(), GRID, mode="none").anomalous.any()
