"""Drafts in the painter: shown, changed, moved, taken as one step, given up."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.canvas.conftest import HEIGHT, WIDTH, Painter

pytestmark = pytest.mark.browser


def draft(painter: Painter) -> None:
    """Stroke along a defect with the tool, and wait for what comes."""
    painter.key("s")
    painter.stroke((100, 100), (160, 100))
    expect(painter.page.locator(".tb-draft")).to_be_visible()


def box(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def off_by(mask: np.ndarray, wanted: np.ndarray) -> int:
    """Pixels that differ; the mouse stands on whole window pixels, so a row or column may."""
    return int((mask ^ wanted).sum())


def test_a_draft_is_no_painting_until_it_is_taken_and_then_one_step(painter: Painter) -> None:
    painter.open()
    draft(painter)
    assert painter.server.saves == []
    painter.key("Enter")
    painter.saved()
    assert off_by(painter.layer("scratch"), box(90, 111, 90, 171)) <= 220
    assert painter.server.verdicts == []  # Enter took the draft, nothing else
    expect(painter.page.locator(".tb-draft")).to_be_hidden()
    painter.key("Control+z")
    assert not painter.saved().layer("scratch").any()


def test_brackets_change_it_and_arrows_move_it(painter: Painter) -> None:
    painter.open()
    draft(painter)
    painter.key("]")
    painter.key("]")  # there is no larger one
    for key in ("ArrowDown", "Shift+ArrowDown", "ArrowLeft"):
        painter.key(key)
    painter.key("Enter")
    assert off_by(painter.saved().layer("scratch"), box(91, 132, 79, 180)) <= 250


@pytest.mark.parametrize(
    ("own", "sizes"),
    [({}, "[ and ]"), ({"smaller": ",", "larger": "K"}, "the comma and K")],
)
def test_the_keys_of_a_draft_are_told_as_they_are_and_can_be_read(
    painter: Painter, own: dict[str, str], sizes: str
) -> None:
    painter.open().page.evaluate("(own) => localStorage.setItem('twinbank-keys', JSON.stringify(own))", own)
    painter.open().key("x")
    says = f"Enter takes it, Escape gives it up. Arrows move it, {sizes} make it smaller or larger."
    expect(painter.page.locator(".tb-notice")).to_have_text(says)


def test_the_key_sheet_lists_the_arrows_of_a_draft(painter: Painter) -> None:
    painter.open().key("?")
    for keys, does in (("← → ↑ ↓", "by a pixel"), ("Shift + Arrow", "by 10 pixels")):
        line = painter.page.locator("#twinbank-key-sheet dd", has_text=f"Move the draft {does}")
        expect(line.locator("xpath=preceding-sibling::dt[1]")).to_have_text(keys)


def test_one_click_is_enough_for_a_draft(painter: Painter) -> None:
    painter.open().key("s")
    painter.stroke((130, 100), (130, 100))
    expect(painter.page.locator(".tb-draft")).to_be_visible()
    painter.key("Enter")
    assert off_by(painter.saved().layer("scratch"), box(90, 111, 120, 141)) <= 50
    assert len(painter.server.strokes[-1]["points"]) == 1


def test_the_key_of_the_tool_shows_what_the_other_method_drafts_and_comes_back(painter: Painter) -> None:
    painter.open()
    draft(painter)
    expect(painter.page.locator(".tb-notice")).to_contain_text("S drafts it by its edges")
    painter.key("s")
    expect(painter.page.locator(".tb-notice")).to_contain_text("S drafts it by what it looks like")
    painter.key("Enter")
    assert off_by(painter.saved().layer("scratch"), box(70, 131, 70, 191)) <= 350
    painter.key("Control+z")
    painter.saved()
    draft(painter)
    for key in ("ArrowDown", "s", "s", "Enter"):
        painter.key(key)
    assert off_by(painter.saved().layer("scratch"), box(91, 112, 90, 171)) <= 220  # as it was left, moved


@pytest.mark.parametrize(("without_model", "says"), [(False, "with the model"), (True, "without a model")])
def test_a_draft_says_whether_a_model_had_a_say_in_it(
    painter: Painter, without_model: bool, says: str
) -> None:
    painter.server.without_model = without_model
    painter.open()
    draft(painter)
    expect(painter.page.locator(".tb-notice")).to_contain_text(says)


def test_a_draft_that_the_model_had_a_say_in_counts_as_its_heatmap_seen(painter: Painter) -> None:
    painter.open(heatmap_visible=False)
    draft(painter)
    painter.key("Escape")
    with painter.page.expect_response("**/verdict"):
        painter.key("u")
    assert painter.server.verdicts[-1]["heatmap_visible"]


def test_a_draft_moved_over_the_border_is_cut_there(painter: Painter) -> None:
    painter.open()
    draft(painter)
    for _ in range(10):
        painter.key("Shift+ArrowUp")
    painter.key("Enter")
    painted = painter.saved().layer("scratch")
    assert painted[0, 100] and not painted[12:].any() and painted.sum() < 12 * 90


@pytest.mark.parametrize("key", ["Escape", "Control+z", "d"])
def test_a_draft_that_is_given_up_leaves_nothing(painter: Painter, key: str) -> None:
    painter.open()
    draft(painter)
    painter.key(key)
    expect(painter.page.locator(".tb-draft")).to_be_hidden()
    assert painter.server.saves == []


def test_what_the_model_sees_is_a_draft_or_a_sentence(painter: Painter) -> None:
    painter.open().key("x")
    expect(painter.page.locator(".tb-draft")).to_be_visible()
    painter.key("Enter")
    assert (painter.saved().layer("scratch") == box(80, 161, 100, 201)).all()
    painter.server.without_model = True
    painter.key("x")
    expect(painter.page.locator(".tb-notice")).to_contain_text("no model yet")
    with painter.page.expect_response("**/verdict"):
        painter.key("u")
    assert painter.server.verdicts[-1]["heatmap_visible"]  # its contour has been seen


def test_the_painting_of_the_image_before_is_a_draft(painter: Painter) -> None:
    painter.server.without_model = True
    painter.open().key("c")
    expect(painter.page.locator(".tb-notice")).to_contain_text("No other image is painted")
    painter.stroke((60, 60), (120, 60))
    before = painter.saved().layer("scratch")
    painter.put(image_id=8)
    painter.ready(8).key("c")
    expect(painter.page.locator(".tb-draft")).to_be_visible()
    painter.key("ArrowRight")
    painter.key("Enter")
    assert (painter.saved().layer("scratch", 8) == np.roll(before, 1, axis=1)).all()


def test_a_second_look_gets_no_hint_from_the_model(painter: Painter) -> None:
    painter.open(blind=True).key("x")
    expect(painter.page.locator(".tb-notice")).to_contain_text("second look")
    expect(painter.page.locator(".tb-draft")).to_be_hidden()
    draft(painter)
    assert painter.server.strokes[-1]["blind"]


def test_a_polygon_begun_before_the_draft_has_come_is_no_part_of_its_stroke(painter: Painter) -> None:
    painter.server.draft_delay = 1.0
    painter.open().key("s")
    with painter.page.expect_response("**/drafts"):
        painter.stroke((100, 100), (160, 100))
        painter.key("p")
        painter.stroke((40, 40), (40, 40))
        painter.stroke((80, 40), (80, 40))
    painter.page.wait_for_timeout(200)
    expect(painter.page.locator(".tb-draft")).to_be_hidden()
    assert len(painter.server.strokes) == 1


def test_asked_again_the_most_similar_image_gives_the_draft_and_then_the_one_before(painter: Painter) -> None:
    painter.open()
    painter.stroke((60, 60), (120, 60))
    painter.saved()
    painter.put(image_id=8)
    painter.ready(8).key("c")
    notice = painter.page.locator(".tb-notice")
    expect(notice).to_contain_text("C takes the most similar image")
    painter.key("c")
    expect(notice).to_contain_text(
        "Painted on plate_031.png, which looks most like this one; C takes the image before"
    )
    painter.key("Enter")
    assert (painter.saved().layer("scratch", 8) == box(50, 91, 30, 71)).all()
    painter.key("Control+z")
    painter.saved()
    for key in ("c", "c", "c"):
        painter.key(key)
        expect(painter.page.locator(".tb-draft")).to_be_visible()
    expect(notice).to_contain_text("Painted on the image before")


def test_with_nothing_painted_before_the_most_similar_image_is_asked_for_this_type(painter: Painter) -> None:
    painter.open().key("c")
    expect(painter.page.locator(".tb-notice")).to_contain_text(
        "Painted on plate_031.png, which looks most like this one. "
    )
    painter.key("Enter")
    assert (painter.saved().layer("scratch") == box(50, 91, 30, 71)).all()
    assert painter.server.similar == ["scratch"]
