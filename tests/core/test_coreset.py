"""Blocked greedy k-centre makes exactly the picks of the one-at-a-time loop."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from core import coreset
from core.coreset import CoresetError, greedy_k_centre, random_projection


def one_at_a_time(points: Tensor, count: int) -> tuple[list[int], float]:
    """The plain loop, in float64, as the definition reads."""
    points = points.double()
    picks = [int((points - points.mean(0)).square().sum(1).argmin())]
    nearest = (points - points[picks[0]]).square().sum(1)
    while len(picks) < count and float(nearest.max()) > 1e-9:
        picks.append(int(nearest.argmax()))
        nearest = torch.minimum(nearest, (points - points[picks[-1]]).square().sum(1))
    return picks, math.sqrt(float(nearest.max()))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    total=st.integers(3, 400),
    share=st.floats(0.01, 1.0),
    block=st.sampled_from([2, 7, 64]),
)
def test_blocked_picks_equal_one_at_a_time(seed: int, total: int, share: float, block: int) -> None:
    points = torch.randn(total, 5, generator=torch.Generator().manual_seed(seed))
    count = max(1, round(share * total))
    before, coreset.BLOCK = coreset.BLOCK, block
    try:
        found = greedy_k_centre(points, count)
    finally:
        coreset.BLOCK = before
    picks, radius = one_at_a_time(points, count)
    assert found.picks.tolist() == picks
    assert found.radius == pytest.approx(radius, abs=2e-3)  # float32 distances by the product form


def test_ties_go_to_the_lowest_index() -> None:
    corners = torch.tensor([[0.0, 0.0], [1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    assert greedy_k_centre(corners, 3).picks.tolist() == [0, 1, 2]


def test_equal_points_are_picked_once() -> None:
    points = torch.tensor([[0.0], [0.0], [5.0], [5.0], [5.0]])
    assert sorted(greedy_k_centre(points, 5).picks.tolist()) in ([0, 2], [1, 2])


def test_picking_goes_on_from_rows_chosen_earlier() -> None:
    points = torch.tensor([[0.0], [1.0], [9.0]])
    assert greedy_k_centre(points, 1, chosen=torch.tensor([[9.0]])).picks.tolist() == [0]


def test_asking_for_more_rows_than_points_names_both_numbers() -> None:
    with pytest.raises(CoresetError, match="asked for 4 rows of 3 points"):
        greedy_k_centre(torch.zeros(3, 2), 4)


def test_projection_keeps_distances_roughly() -> None:
    points = torch.randn(50, 400, generator=torch.Generator().manual_seed(0))
    projected = points @ random_projection(400, 128, torch.Generator().manual_seed(1))
    ratio = torch.cdist(projected, projected) / torch.cdist(points, points).clamp(min=1e-6)
    off_diagonal = ratio[~torch.eye(50, dtype=torch.bool)]
    assert float(off_diagonal.mean()) == pytest.approx(1.0, abs=0.05)
    assert float((off_diagonal - 1).abs().max()) < 0.4  # five standard deviations of 1 / sqrt(2 * 128)
