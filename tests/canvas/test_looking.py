"""How the image is looked at: brightness and contrast of the screen, never of what is saved."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.canvas.conftest import Painter

pytestmark = pytest.mark.browser

PICTURE = "document.querySelector('.tb-picture').toDataURL()"


def slide(painter: Painter, name: str, value: float) -> None:
    painter.page.get_by_role("slider", name=name).fill(str(value))


def mean_on_screen(painter: Painter) -> float:
    """How bright the middle of the image is on the screen, from 0 to 255."""

    x, y = painter.window_at(150, 100)
    shot = painter.page.screenshot(clip={"x": x, "y": y, "width": 60, "height": 60})
    return float(np.asarray(Image.open(io.BytesIO(shot)).convert("L")).mean())


def test_a_brighter_display_leaves_the_image_alone_and_says_so(painter: Painter) -> None:
    sign: Any = painter.open().page.locator(".tb-display-sign")
    before, pixels = mean_on_screen(painter), painter.page.evaluate(PICTURE)
    expect(sign).to_be_hidden()
    painter.page.get_by_role("button", name="Brightness, contrast and gamma").click()
    slide(painter, "Brightness", 0.2)
    slide(painter, "Gamma", 1.4)
    assert mean_on_screen(painter) > before + 30
    assert painter.page.evaluate(PICTURE) == pixels
    painter.open(8)  # kept by the browser, for every image
    expect(sign).to_contain_text("brightness, gamma changed")
    painter.open(7)
    sign.get_by_role("button", name="Reset").click()
    expect(sign).to_be_hidden()
    assert mean_on_screen(painter) == pytest.approx(before, abs=0.5)


def test_holding_q_shows_the_nearest_good_image_in_place(painter: Painter) -> None:
    painter.server.nearest_good = 8
    drawn = f"() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done({PICTURE}))))"
    good = painter.open(8).page.evaluate(drawn)
    painter.open(7).stroke((60, 60), (160, 60))
    own, mask = painter.saved().page.evaluate(drawn), painter.page.locator(".tb-mask")
    painter.page.keyboard.down("q")
    expect(painter.page.locator(".tb-blink-sign")).to_have_text("Nearest good image: 8")
    expect(mask).to_be_hidden()
    assert painter.page.evaluate(drawn) == good != own
    painter.stroke((60, 90), (160, 90))  # nothing is painted on an image that is not open
    painter.page.keyboard.up("q")
    expect(mask).to_be_visible()
    assert painter.page.evaluate(drawn) == own and len(painter.server.saves) == 1


def test_holding_q_says_when_there_is_no_good_image(painter: Painter) -> None:
    painter.open().key("q")
    expect(painter.page.locator(".tb-notice")).to_contain_text("None is known.")
    assert not painter.page.evaluate("window.component.blink.isShown")
