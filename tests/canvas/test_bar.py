"""The bar above the image: every defect type is within reach, and the image stays in its place."""

import pytest
from playwright.sync_api import expect

from tests.canvas.conftest import Painter

pytestmark = pytest.mark.browser

NAMES = [
    "scratch", "dent", "contamination", "missing glaze", "crack along the edge of the coated side",
    "discolouration", "hole", "bent lead", "burr",
]  # fmt: skip
WITHIN_REACH = """() => [...document.querySelectorAll('.tb-chip, .tb-new-type')].map((chip) => {
  const { x, y, width, height } = chip.getBoundingClientRect();
  return document.elementFromPoint(x + width / 2, y + height / 2)?.closest('.tb-chip, .tb-new-type') === chip;
})"""


@pytest.mark.parametrize("width", [740, 1024, 1366, 1920])
def test_nine_types_ignore_and_a_new_one_are_within_reach(painter: Painter, width: int) -> None:
    painter.page.set_viewport_size({"width": width, "height": 768})
    painter.open(defect_types=NAMES)
    assert painter.page.evaluate(WITHIN_REACH) == [True] * 11
    assert painter.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_image_stays_in_its_place_while_somebody_paints(painter: Painter) -> None:
    place = "document.querySelector('.tb-stage').getBoundingClientRect().toJSON()"
    painter.page.set_viewport_size({"width": 1024, "height": 768})
    painter.open(defect_types=NAMES)
    before = painter.page.evaluate(place)
    # The smallest change of a width could send the chips behind it to another line.
    widths = "[...document.querySelectorAll('.tb-chip')].map((chip) => chip.getBoundingClientRect().width)"
    unchosen = painter.page.evaluate(widths)
    painter.key("i")
    assert painter.page.evaluate(widths) == unchosen
    painter.stroke((60, 60), (160, 60))
    for key in [*"123456789", "i", "1", *["]"] * 40]:
        painter.key(key)
        assert painter.page.evaluate(place) == before
    painter.put(image_id=7, defect_types=NAMES, heatmap_version=3)
    painter.page.wait_for_selector('.tb-painter[data-heatmap="shown"]')
    assert painter.page.evaluate(place) == before


def test_each_chip_names_its_type_and_its_key(painter: Painter) -> None:
    painter.open(defect_types=[*NAMES, "tenth"])
    titles = [chip.get_attribute("title") or "" for chip in painter.page.locator(".tb-chip").all()]
    assert titles[:9] == [f"Paint {name} ({key})" for key, name in enumerate(NAMES, 1)]
    assert titles[9] == "Paint tenth" and titles[10].startswith("Ignore: ") and titles[10].endswith("(I)")
    expect(painter.page.locator(".tb-new-type")).to_have_attribute("title", "New defect type")
