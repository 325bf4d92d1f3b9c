"""What would be learnt from each patch, over the painting while it grows."""

import pytest
from playwright.sync_api import expect

from tests.canvas.conftest import HEIGHT, WIDTH, Painter

pytestmark = pytest.mark.browser


def test_patches_are_drawn_as_the_painting_grows_and_stay_chosen(painter: Painter) -> None:
    painter.open()
    assert painter.server.unsaved == []  # nobody asked
    painter.key("l")
    sign = painter.page.locator(".tb-patches-sign")
    expect(sign).to_have_text("1 as scratch.")
    painter.stroke((100, 100), (160, 100))
    painter.saved()
    box = painter.page.locator(".tb-patches .tb-patch-anomalous.tb-patch-over")
    expect(box).to_have_count(1)
    sent = painter.server.unsaved[-1]
    assert [layer["defect_type"] for layer in sent["layers"]] == ["scratch"] and not sent["complete"]
    outline = box.get_attribute("d")
    assert outline == f"M0 0h{WIDTH // 2}v{HEIGHT // 2}h-{WIDTH // 2}z"
    painter.page.reload()
    expect(sign).to_have_text("1 as scratch.")
    painter.key("l")
    expect(sign).to_be_hidden()
    expect(painter.page.locator(".tb-patches path")).to_have_count(0)


def test_the_marks_are_explained_while_they_are_shown(painter: Painter) -> None:
    painter.open()
    marks = painter.page.get_by_role("list", name="Marks").get_by_role("listitem")
    expect(marks).to_have_count(0)
    painter.stroke((100, 100), (160, 100))
    painter.saved().key("l")
    expect(marks).to_have_text(["learnt as defect", "left alone", "counts as good"])
    for kind in ("anomalous", "ignored", "normal"):  # as they are drawn on the image
        looks = [
            painter.page.locator(f"{place} .tb-patch-{kind}.tb-patch-over").evaluate(
                "(path) => { const { stroke, strokeWidth, fill } = getComputedStyle(path); return [stroke, strokeWidth, fill]; }"
            )
            for place in (".tb-patches", ".tb-patches-legend")
        ]
        assert looks[0] == looks[1]
    painter.key("l")
    expect(marks).to_have_count(0)
    painter.server.without_model = True
    painter.key("l")
    expect(painter.page.locator(".tb-patches-sign")).to_be_visible()
    expect(marks).to_have_count(0)  # there are none to explain


@pytest.mark.parametrize("width", [740, 1366])
def test_no_message_covers_what_the_marks_mean(painter: Painter, width: int) -> None:
    painter.page.set_viewport_size({"width": width, "height": 768})
    painter.open().key("l")
    painter.key("x")  # a draft, with a sentence
    expect(painter.page.locator(".tb-patches-legend li")).to_have_count(3)
    expect(painter.page.locator(".tb-notice")).to_be_visible()
    edges = "(selector) => document.querySelector(selector).getBoundingClientRect()"
    note, notice = (painter.page.evaluate(edges, place) for place in (".tb-patches-note", ".tb-notice"))
    assert notice["bottom"] <= note["top"]


def test_without_a_model_a_sentence_says_so(painter: Painter) -> None:
    painter.server.without_model = True
    painter.open().key("l")
    expect(painter.page.locator(".tb-patches-sign")).to_have_text("There is no model yet.")


def test_where_nothing_can_be_painted_no_patches_are_asked_for(painter: Painter) -> None:
    painter.open().key("l")
    expect(painter.page.locator(".tb-patches-sign")).to_be_visible()
    painter.server.unsaved.clear()
    painter.open(read_only=True)
    expect(painter.page.locator(".tb-patches-sign")).to_be_hidden()
    assert painter.server.unsaved == []
