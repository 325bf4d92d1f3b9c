"""Re-shots move what they say they move, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.reshots import Pose, draw_poses, reshoot

STILL = Pose(0, 0, 0, 1)


def dotted(row: int, column: int) -> np.ndarray:
    pixels = np.full((21, 31, 3), 100, dtype=np.uint8)
    pixels[row, column] = 200
    return pixels


def test_no_change_of_pose_gives_the_same_pixels() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (9, 7, 3), dtype=np.uint8)
    assert np.array_equal(reshoot(pixels, STILL), pixels)


def test_shift_moves_a_dot_right_and_down() -> None:
    assert np.array_equal(reshoot(dotted(5, 6), Pose(3, 2, 0, 1)), dotted(7, 9))


def test_turn_is_about_the_centre() -> None:
    turned = reshoot(dotted(10, 15), Pose(0, 0, 3, 1))
    assert turned[10, 15, 0] == 200


def test_turn_moves_a_far_dot_along_the_circle() -> None:
    turned = reshoot(dotted(10, 29), Pose(0, 0, 3, 1)).astype(int)[:, :, 0] - 100
    ys, xs = np.nonzero(turned)
    assert abs(abs(np.average(ys, weights=turned[ys, xs]) - 10) - 14 * np.sin(np.deg2rad(3))) < 0.2


def test_brightness_is_scaled_and_kept_in_range() -> None:
    assert (reshoot(np.full((4, 4, 3), 100, np.uint8), Pose(0, 0, 0, 1.1)) == 110).all()
    assert (reshoot(np.full((4, 4, 3), 250, np.uint8), Pose(0, 0, 0, 1.1)) == 255).all()


def test_what_comes_in_at_the_border_is_reflected() -> None:
    ramp = np.repeat(np.arange(0, 200, 10, dtype=np.uint8)[None, :, None], 5, axis=0).repeat(3, axis=2)
    assert reshoot(ramp, Pose(2, 0, 0, 1))[0, :4, 0].tolist() == [20, 10, 0, 10]


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(0, 10**6), st.integers(1, 20))
def test_poses_stay_in_range_and_repeat_with_their_seed(seed: int, count: int) -> None:
    poses = draw_poses(count, seed)
    assert poses == draw_poses(count + 3, seed)[:count]
    for pose in poses:
        assert abs(pose.right) <= 8 and abs(pose.down) <= 8 and abs(pose.turn) <= 3
        assert pose.gain == pytest.approx(1, abs=0.1 + 1e-9)
