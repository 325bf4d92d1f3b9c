from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from app.canvas.run_lengths import (
    RunLengthError,
    decode,
    encode,
    encode_piece,
    fingerprint,
    from_steps,
    toggled,
)


def test_a_small_mask_has_the_runs_one_can_count() -> None:
    mask = np.array([[0, 1, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]], dtype=bool)
    assert encode(mask) == [1, 2, 7, 2]  # the last two pixels touch across the end of the line
    assert (decode([1, 2, 7, 2], 4, 3) == mask).all()


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12)))
def test_run_lengths_come_back_as_the_same_mask(mask: np.ndarray) -> None:
    height, width = mask.shape
    assert (decode(encode(mask), width, height) == mask).all()


@given(
    array_shapes(min_dims=2, max_dims=2, max_side=12).flatmap(
        lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape))
    )
)
def test_toggling_twice_comes_back_and_once_leads_to_the_other(masks: tuple[np.ndarray, np.ndarray]) -> None:
    before, after = map(encode, masks)
    change = encode(masks[0] ^ masks[1])
    assert toggled(before, after) == change
    assert toggled(before, change) == after and toggled(after, change) == before


@pytest.mark.browser
def test_the_browser_toggles_and_tells_apart_as_the_server_does(run_module: Callable[..., Any]) -> None:
    draw = np.random.default_rng(5)
    masks = [draw.random((9, 13)) < share for share in (0, 0.1, 0.5, 0.9, 1, 0.5)]
    runs = [encode(mask) for mask in masks]
    pairs = [[a, b] for a in runs for b in runs]
    body = "return argument.map(([a, b]) => [module.toggled(a, b), module.fingerprint([a, b])]);"

    found = run_module("run_lengths.js", body, pairs)

    assert found == [[toggled(a, b), list(fingerprint([a, b]))] for a, b in pairs]
    assert len({fingerprint(pair) for pair in pairs}) == len({str(pair) for pair in pairs})


def test_steps_are_each_less_the_one_before() -> None:
    assert from_steps([1, 2, 6, 0, 5, -1]) == [1, 2, 7, 2, 12, 1]
    assert from_steps([]) == [] and from_steps([1, 2, 3]) == [1, 2, 4]  # three are refused as three


@given(
    arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=6)),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_a_piece_has_the_runs_of_the_whole(piece: np.ndarray, top: int, left: int, right: int) -> None:
    whole = np.pad(piece, ((top, 2), (left, right)))
    assert encode_piece(piece, top, left, whole.shape[1]) == encode(whole)


@given(st.lists(st.integers(-2, 30), max_size=8))
def test_a_mask_has_only_one_list_of_runs(runs: list[int]) -> None:
    try:
        mask = decode(runs, 5, 4)
    except RunLengthError:
        return
    assert encode(mask) == runs


@pytest.mark.parametrize(
    "runs",
    [
        [3],
        [0, 0],
        [-1, 2],
        [0, 2, 2, 1],
        [5, 1, 0, 1],
        [0, 13],
        [12, 1],
        [0, 1.0],
        ["0", 1],
        [True, 1],
        [0, None],
    ],
    ids=str,
)
def test_what_is_no_mask_is_refused(runs: list) -> None:  # type: ignore[type-arg]
    with pytest.raises(RunLengthError):
        decode(runs, 4, 3)
