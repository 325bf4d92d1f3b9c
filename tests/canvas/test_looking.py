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
