"""A painted layer made larger, smaller, smoother."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect
from skimage.morphology import dilation, disk, erosion

from tests.canvas.conftest import Painter

pytestmark = pytest.mark.browser
SIDE = 40

RESHAPE = """
return argument.cases.map(({flat, box, way, radius}) =>
  [...module.reshaped(Uint8Array.from(flat), argument.side, argument.side, box, way, radius)]);"""


def majority(mask: np.ndarray, radius: int) -> np.ndarray:
    shaped = np.zeros_like(mask)
    for y, x in np.ndindex(mask.shape):
        window = mask[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
        shaped[y, x] = 2 * window.sum() > window.size
    return shaped


EXPECTED = {
    "grow": lambda mask, radius: dilation(mask, disk(radius)),
    "shrink": lambda mask, radius: erosion(mask, disk(radius)),
    "smooth": majority,
}


def test_every_pixel_is_that_of_the_definition(run_module: Callable[..., Any]) -> None:
    rng = np.random.default_rng(5)
    cases, wanted = [], []
    for way, expected in EXPECTED.items():
        for radius in (1, 2, 5):
            for box in ((0, 0, SIDE, SIDE), (7, 11, 29, 35), (0, 30, 12, SIDE)):
                x0, y0, x1, y1 = box
                mask = np.zeros((SIDE, SIDE), dtype=bool)
                mask[y0:y1, x0:x1] = rng.random((y1 - y0, x1 - x0)) < 0.7
                limits = dict(zip(("x0", "y0", "x1", "y1"), box, strict=True))
                flat = mask.astype(int).ravel().tolist()
                cases.append({"flat": flat, "box": limits, "way": way, "radius": radius})
                wanted.append(expected(mask, radius))
    found = run_module("reshape.js", RESHAPE, {"cases": cases, "side": SIDE})
    for case, flat, mask in zip(cases, found, wanted, strict=True):
        assert (np.array(flat).reshape(SIDE, SIDE) == mask).all(), (case["way"], case["radius"], case["box"])


def test_keys_reshape_the_chosen_type_alone_in_steps_that_can_be_undone(painter: Painter) -> None:
    painter.open().stroke((60, 60), (160, 60))
    before = painter.saved().layer("scratch")
    painter.key("i")
    painter.stroke((60, 120), (160, 120))
    painter.saved()
    ignored = list(painter.server.images[7].ignore)
    painter.key("1")
    painter.key("+")
    grown = painter.saved().layer("scratch")
    assert (grown & before).sum() == before.sum() < grown.sum()
    painter.key("-")
    painter.key("-")
    assert painter.saved().layer("scratch").sum() < before.sum()
    assert painter.server.images[7].ignore == ignored
    for _ in range(3):
        painter.key("Control+z")
    assert (painter.saved().layer("scratch") == before).all()


def test_smoothing_takes_specks_away(painter: Painter) -> None:
    painter.open()
    for _ in range(60):
        painter.key(",")
    painter.stroke((100, 100), (100.2, 100))
    painter.saved()
    painter.key("r")
    assert not painter.saved().layer("scratch").any()


def test_where_nothing_is_painted_a_sentence_says_so(painter: Painter) -> None:
    painter.open().key("+")
    expect(painter.page.locator(".tb-notice")).to_contain_text("Nothing is painted here as scratch")
