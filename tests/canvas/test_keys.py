"""The key map: what each key does to the verdict, the movement and the view."""

import pytest
from playwright.sync_api import expect

from tests.canvas.conftest import Painter

pytestmark = pytest.mark.browser


def verdicts(painter: Painter) -> list[tuple[int, str]]:
    return [(verdict["image_id"], verdict["verdict"]) for verdict in painter.server.verdicts]


def moves(painter: Painter) -> list[str]:
    return [move["direction"] for move in painter.events("move")]


@pytest.mark.parametrize(("key", "verdict"), [("g", "good"), ("n", "defect"), ("u", "unsure")])
def test_a_verdict_without_painting_goes_on(painter: Painter, key: str, verdict: str) -> None:
    painter.open().key(key)
    painter.page.wait_for_function("window.events.some(([name]) => name === 'move')")
    assert verdicts(painter) == [(7, verdict)]
    assert moves(painter) == ["next"]
    assert painter.events("judged")[0]["verdict"] == verdict


def test_n_stays_where_something_is_painted(painter: Painter) -> None:
    painter.open().stroke((60, 60), (160, 60))
    painter.key("n")
    painter.page.wait_for_function("window.events.some(([name]) => name === 'judged')")
    assert verdicts(painter) == [(7, "defect")]
    assert moves(painter) == []


def test_enter_says_that_every_defect_is_painted(painter: Painter) -> None:
    painter.open().stroke((60, 60), (160, 60))
    painter.key("Enter")
    painter.page.wait_for_function("window.events.some(([name]) => name === 'move')")
    assert painter.server.images[7].complete
    assert verdicts(painter) == [(7, "defect")]
    painter.put(image_id=7)  # nowhere to move: the keys are free again
    painter.stroke((60, 90), (160, 90))
    painter.saved()
    assert not painter.server.images[7].complete  # the claim was about the painting before


def test_enter_needs_a_painted_defect(painter: Painter) -> None:
    painter.open().key("Enter")
    expect(painter.page.locator(".tb-notice")).to_contain_text("Nothing is painted")
    assert verdicts(painter) == []


def test_a_painted_image_is_not_marked_good_by_accident(painter: Painter) -> None:
    painter.open().stroke((60, 60), (160, 60))
    painter.saved().key("g")
    assert verdicts(painter) == []
    painter.page.get_by_role("button", name="Clear the painting, mark good").click()
    painter.page.wait_for_function("window.events.some(([name]) => name === 'move')")
    assert verdicts(painter) == [(7, "good")]
    assert not painter.layer("scratch").any()


def test_a_step_without_an_answer_is_asked_for_again_and_an_answered_one_is_not(painter: Painter) -> None:
    painter.open().key("d")
    painter.page.wait_for_function("window.events.filter(([name]) => name === 'move').length === 2")
    painter.put(image_id=8)
    painter.page.wait_for_timeout(3500)
    assert moves(painter) == ["next", "next"]


def test_a_and_d_only_move(painter: Painter) -> None:
    painter.open().key("d")
    painter.put(image_id=8)
    painter.ready(8).key("a")
    assert moves(painter) == ["next", "previous"]
    assert verdicts(painter) == []


def test_a_second_press_does_not_judge_the_same_image_again(painter: Painter) -> None:
    painter.open()
    painter.key("g")
    painter.key("g")
    painter.key("d")
    painter.page.wait_for_timeout(400)
    assert verdicts(painter) == [(7, "good")]
    assert moves(painter) == ["next"]


def test_a_verdict_waits_for_the_picture(painter: Painter) -> None:
    painter.server.picture_delay = 1.5
    painter.open(wait=False)
    painter.page.wait_for_function("window.component?.session?.painting")
    painter.key("g")
    expect(painter.page.locator(".tb-notice")).to_contain_text("still loading")
    assert verdicts(painter) == []


def test_a_verdict_tells_whether_the_heatmap_was_seen(painter: Painter) -> None:
    painter.open(heatmap_version=3)
    painter.page.wait_for_selector('.tb-painter[data-heatmap="shown"]')
    painter.key("g")
    painter.page.wait_for_function("window.events.some(([name]) => name === 'move')")
    painter.open(8, heatmap_version=3, heatmap_visible=False)
    painter.key("g")
    painter.page.wait_for_function("window.events.some(([name]) => name === 'move')")
    assert [verdict["heatmap_visible"] for verdict in painter.server.verdicts] == [True, False]


def test_keys_are_left_alone_while_typing(painter: Painter) -> None:
    painter.open()
    painter.page.evaluate("document.body.append(document.createElement('textarea'))")
    painter.page.locator("textarea").focus()
    painter.page.keyboard.type("gnu 0?ad")
    assert painter.page.locator("textarea").input_value() == "gnu 0?ad"
    assert painter.server.verdicts == []
    assert moves(painter) == []
    assert painter.page.locator("dialog[open]").count() == 0


def test_holding_h_hides_the_painting_and_m_the_heatmap(painter: Painter) -> None:
    painter.open(heatmap_version=3).stroke((60, 60), (160, 60))
    painter.page.wait_for_selector('.tb-painter[data-heatmap="shown"]')
    for key, layer in (("h", ".tb-mask"), ("m", ".tb-heatmap")):
        painter.page.keyboard.down(key)
        expect(painter.page.locator(layer)).to_be_hidden()
        painter.page.keyboard.up(key)
        expect(painter.page.locator(layer)).to_be_visible()
        painter.page.keyboard.down(key)
        expect(painter.page.locator(layer)).to_be_hidden()
        painter.page.evaluate("window.dispatchEvent(new Event('blur'))")  # the key is let go elsewhere
        expect(painter.page.locator(layer)).to_be_visible()
        painter.page.keyboard.up(key)


def test_i_paints_what_is_ignored(painter: Painter) -> None:
    painter.open().key("i")
    expect(painter.page.get_by_role("radio", name="Ignore")).to_have_attribute("aria-checked", "true")
    painter.stroke((60, 60), (160, 60))
    painter.saved()
    assert painter.server.images[7].ignore and not painter.layer("scratch").any()


@pytest.mark.parametrize(("larger", "smaller"), [(".", ","), ("]", "[")])
def test_the_brush_grows_and_shrinks(painter: Painter, larger: str, smaller: str) -> None:
    size = lambda: painter.page.evaluate("window.component.brush.size")  # noqa: E731
    painter.open()
    before = size()
    painter.key(larger)
    assert size() > before
    for _ in range(40):
        painter.key(smaller)
    assert size() == 1


def test_after_a_click_on_a_tool_enter_still_means_done(painter: Painter) -> None:
    painter.open().page.get_by_role("button", name="Brush (B)").click()
    painter.key("Enter")
    expect(painter.page.locator(".tb-notice")).to_contain_text("Nothing is painted")


def test_the_key_sheet_opens_and_escape_closes_it(painter: Painter) -> None:
    painter.open().key("?")
    sheet = painter.page.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    painter.key("g")  # behind the sheet
    painter.key("Escape")
    expect(sheet).to_have_count(0)
    assert painter.server.verdicts == []


def test_a_read_only_image_can_be_judged_and_not_painted(painter: Painter) -> None:
    painter.open(read_only=True, shown_because="review").stroke((60, 60), (160, 60))
    painter.key("n")
    painter.page.wait_for_function("window.events.some(([name]) => name === 'move')")
    assert painter.server.saves == []
    assert painter.server.verdicts[0]["shown_because"] == "review"


AT_ONCE = {
    "image_id": 8,
    "shown_because": "variety",
    "heatmap_version": None,
    "defect_types": ["scratch", "dent"],
}


def test_the_next_image_opens_before_anybody_is_asked(painter: Painter) -> None:
    painter.open(at_once=AT_ONCE).stroke((60, 60), (160, 60))
    painter.key("d")
    painter.ready(8)  # nobody has put it in
    assert painter.page.evaluate("window.component.layers.types.map(({ name }) => name)") == [
        "scratch",
        "dent",
    ]
    painter.stroke((60, 90), (160, 90))
    painter.saved()
    assert painter.events("move") == [{"direction": "next", "image_id": 7, "reason": "key", "opened": 8}]
    assert painter.layer("scratch", 7)[60, 100] and not painter.layer("scratch", 7)[90, 100]
    assert painter.layer("scratch", 8)[90, 100]
    painter.put(image_id=7)  # asked for before the key was pressed
    assert painter.page.evaluate("window.component.session.imageId") == 8


def test_quick_verdicts_are_told_in_order(painter: Painter) -> None:
    painter.open(at_once=AT_ONCE)
    painter.server.save_delay = 0.3
    painter.key("g")
    painter.ready(8).key("n")
    painter.page.wait_for_function(
        "window.events.filter(([name]) => name === 'move').length === 2", timeout=10_000
    )
    assert verdicts(painter) == [(7, "good"), (8, "defect")]
    assert [move["image_id"] for move in painter.events("move")] == [7, 8]
    assert painter.server.verdicts[1]["shown_because"] == "variety"


def test_a_step_before_the_last_one_is_answered_follows_its_answer(painter: Painter) -> None:
    painter.open(at_once=AT_ONCE).key("d")
    painter.ready(8).key("u")
    painter.page.wait_for_timeout(500)
    assert [move["image_id"] for move in painter.events("move")] == [7]
    painter.put(image_id=8, at_once=AT_ONCE | {"image_id": 7})
    painter.ready(7)
    painter.page.wait_for_function("window.events.filter(([name]) => name === 'move').length === 2")
    step = {"direction": "next", "image_id": 8, "reason": "judged", "opened": 7}
    assert painter.events("move")[1] == step


def test_a_painting_fetched_ahead_is_not_older_than_what_was_saved_since(painter: Painter) -> None:
    painter.open(8)
    painter.stroke((60, 90), (160, 90))
    painter.saved()
    stale = painter.server.images[8].painting(8) | {"revision": 0, "layers": []}
    painter.page.route("**/api/images/8/painting", lambda route: route.fulfill(json=stale), times=1)
    painter.put(image_id=7, at_once=AT_ONCE)
    painter.ready(7).key("d")
    painter.ready(8)
    painted = painter.page.evaluate("window.component.session.painting.layers.get('scratch')?.count ?? 0")
    assert painted == painter.layer("scratch", 8).sum() > 0


@pytest.mark.parametrize("redo", ["Control+Shift+z", "Control+y", "Meta+y", "Meta+Shift+z"])
def test_a_stroke_that_was_taken_back_is_made_again(painter: Painter, redo: str) -> None:
    painter.open().stroke((60, 60), (160, 60))
    painter.key("Meta+z" if redo.startswith("Meta") else "Control+z")
    assert not painter.saved().layer("scratch").any()
    painter.key(redo)
    assert painter.saved().layer("scratch")[60, 100]


def test_both_keys_that_make_a_stroke_again_are_told(painter: Painter) -> None:
    painter.open().page.get_by_role(
        "button", name="Make the stroke again (Ctrl+Shift+Z or Ctrl+Y)"
    ).wait_for()
    painter.key("?")
    line = painter.page.locator("#twinbank-key-sheet dd", has_text="Make the stroke again")
    expect(line).to_have_count(1)
    expect(line.locator("xpath=preceding-sibling::dt[1]")).to_have_text("Ctrl + Shift + Z or Ctrl + Y")


def test_a_stroke_on_an_image_that_is_judged_good_says_that_one_of_the_two_is_wrong(painter: Painter) -> None:
    painter.server.images[7].verdict = "good"
    painter.open().stroke((60, 60), (160, 60))
    notice = painter.page.locator(".tb-notice")
    expect(notice).to_contain_text("judged good, but painted: nothing is learnt")
    with painter.page.expect_response("**/verdict"):
        notice.get_by_role("button", name="It is a defect").click()
    assert verdicts(painter) == [(7, "defect")]
    assert moves(painter) == []
