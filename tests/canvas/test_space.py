"""Space and a drag move the image wherever the focus is, and paint nothing; fields and buttons keep their own Space."""

import pytest

from tests.canvas.conftest import Painter

pytestmark = pytest.mark.browser

BESIDE = """() => {
  document.body.style.height = '3000px';
  const beside = document.createElement('div');
  beside.innerHTML = '<p id="text">Beside the image.</p><label><input type="checkbox" id="box"> Heatmap</label>'
    + '<input id="field"><button id="button">Press</button><select id="choice"><option>a<option>b</select>';
  document.body.prepend(beside);
  beside.querySelector('#button').onclick = () => (window.pressed = (window.pressed ?? 0) + 1);
}"""


def drag(painter: Painter) -> tuple[float, float]:
    """How far the image went, in CSS pixels, when it was dragged by 40 to the right and 20 down, with Space held."""
    before = painter.window_at(160, 120)
    painter.page.keyboard.down("Space")
    painter.page.mouse.move(*before)
    painter.page.mouse.down()
    painter.page.mouse.move(before[0] + 40, before[1] + 20, steps=4)
    painter.page.mouse.up()
    painter.page.keyboard.up("Space")
    after = painter.window_at(160, 120)
    return after[0] - before[0], after[1] - before[1]


def is_unpainted(painter: Painter) -> bool:
    return bool(painter.page.evaluate("window.component.session.history.past.length === 0"))


def opened(painter: Painter) -> Painter:
    painter.open(heatmap_version=3)
    painter.page.wait_for_selector('.tb-painter[data-heatmap="shown"]')
    painter.page.evaluate(BESIDE)
    return painter


@pytest.mark.parametrize("clicked", [None, "#text", "#box", "#button", ".tb-slider-heatmap input"])
def test_space_drags_after_a_click_anywhere(painter: Painter, clicked: str | None) -> None:
    page = opened(painter).page
    if clicked:
        page.click(clicked)
    is_ticked = page.is_checked("#box")
    pressed = page.evaluate("window.pressed")
    assert drag(painter) == pytest.approx((40, 20), abs=0.1)
    assert is_unpainted(painter)
    assert page.is_checked("#box") == is_ticked and page.evaluate("window.pressed") == pressed
    assert page.evaluate("scrollY") == 0
    painter.stroke((60, 60), (160, 60))  # Space has been let go
    assert painter.saved().layer("scratch").any()


def test_space_belongs_to_the_field_or_button_that_has_the_focus(painter: Painter) -> None:
    page = opened(painter).page
    page.click("#field")
    page.keyboard.type("a b")
    assert page.input_value("#field") == "a b"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.evaluate("window.pressed") == 1
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert page.is_checked("#box")
    assert not page.evaluate("window.component.pointer.isSpaceDown")


def test_space_scrolls_a_page_whose_painter_is_hidden(painter: Painter) -> None:
    page = opened(painter).page
    page.keyboard.press("Space")
    page.wait_for_timeout(200)
    assert page.evaluate("scrollY") == 0
    page.evaluate("() => { document.querySelector('#host').hidden = true; }")
    page.keyboard.press("Space")
    page.wait_for_function("scrollY > 0")
