"""Strokes: what is painted with the mouse is what the server gets, pixel by pixel."""

import json
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.canvas.conftest import HEIGHT, WIDTH, Painter
from tests.canvas.small_server import Stored, picture
from tests.canvas.test_geometry import ideal_capsule

pytestmark = pytest.mark.browser


def set_size(painter: Painter, size: int) -> None:
    painter.page.evaluate("(size) => { window.component.brush.size = size; }", size)


def test_a_stroke_is_stored_as_the_exact_capsule(painter: Painter) -> None:
    painter.open()
    set_size(painter, 15)
    start, end = (60.25, 80.5), (200.75, 150.25)
    painter.page.mouse.move(*painter.window_at(*start))
    painter.page.mouse.down()
    painter.page.mouse.move(*painter.window_at(*end))
    painter.page.mouse.up()
    painter.saved()
    wanted = ideal_capsule([*start, *end, 7.5], WIDTH, HEIGHT)
    # The mouse stands on whole window pixels at worst: a hundredth of an image pixel here.
    assert (painter.layer("scratch") ^ wanted).sum() <= 4
    assert painter.server.images[7].author == "Ann"
    assert painter.events("saved")[-1]["pixel_count"] == int(painter.layer("scratch").sum())
    assert painter.status().startswith("saved ")


def test_every_stroke_is_saved_by_itself_and_reopened(painter: Painter) -> None:
    painter.open().stroke((50, 50), (80, 60))
    painter.saved().stroke((150, 150), (180, 160))
    painter.saved()
    assert [save["base_revision"] for save in painter.server.saves] == [0, 1]
    stored = painter.layer("scratch").copy()
    painter.open()
    bits = painter.page.evaluate("[...window.component.session.painting.layers.get('scratch').pixels]")
    assert (np.array(bits, dtype=bool).reshape(HEIGHT, WIDTH) == stored).all()
    assert len(painter.server.saves) == 2


def test_undo_and_redo_go_through_all_strokes(painter: Painter) -> None:
    painter.open()
    masks = [np.zeros((HEIGHT, WIDTH), dtype=bool)]
    for x in (40, 60, 80):
        painter.stroke((x, 60), (x + 60, 110))
        masks.append(painter.saved().layer("scratch"))
    for wanted in reversed(masks[:-1]):
        painter.key("Control+z")
        assert (painter.saved().layer("scratch") == wanted).all()
    for wanted in masks[1:]:
        painter.key("Control+Shift+Z")
        assert (painter.saved().layer("scratch") == wanted).all()


def test_undo_still_works_after_going_away_and_back(painter: Painter) -> None:
    painter.open().stroke((50, 50), (90, 60))
    painter.saved().put(image_id=8)
    painter.ready(8).put(image_id=7)
    painter.ready(7).key("Control+z")
    assert not painter.saved().layer("scratch").any()


def test_undo_and_redo_go_on_after_a_reload(painter: Painter) -> None:
    painter.open()
    masks = [np.zeros((HEIGHT, WIDTH), dtype=bool)]
    for x in (40, 60, 80):
        painter.stroke((x, 60), (x + 60, 110))
        masks.append(painter.saved().layer("scratch"))
    painter.key("Control+z")
    painter.saved()
    painter.open()
    painter.key("Control+Shift+Z")
    assert (painter.saved().layer("scratch") == masks[3]).all()
    painter.open()
    for wanted in reversed(masks[:-1]):
        painter.key("Control+z")
        assert (painter.saved().layer("scratch") == wanted).all()
    painter.open().stroke((40, 160), (90, 160))
    painter.saved()
    painter.open().key("Control+Shift+Z")  # the strokes taken back are gone once another was made
    painter.page.wait_for_timeout(300)
    assert not painter.layer("scratch")[60, 50]


def test_undo_does_not_outlive_a_change_from_elsewhere(painter: Painter) -> None:
    painter.open().stroke((50, 50), (90, 60))
    painter.saved()
    stored = painter.server.images[7]
    body = {
        "base_revision": 1,
        "layers": [{"defect_type": "scratch", "runs": [0, 9]}],
        "ignore": [],
        "complete": False,
    }
    assert painter.server.put(7, body, "Ben")[0] == 200
    painter.open().key("Control+z")
    painter.page.wait_for_timeout(300)
    assert stored.layers == body["layers"]


def test_layers_may_overlap_and_the_eraser_takes_from_one(painter: Painter) -> None:
    painter.open().stroke((60, 60), (160, 60))
    painter.key("2")
    painter.stroke((60, 60), (160, 60))
    painter.saved()
    both = painter.layer("scratch") & painter.layer("dent")
    assert both.sum() == painter.layer("scratch").sum() > 0
    painter.key("e")
    painter.stroke((60, 60), (160, 60))
    painter.saved()
    assert not painter.layer("dent").any()
    assert (painter.layer("scratch") == both).all()


def test_the_ignored_part_is_no_defect(painter: Painter) -> None:
    painter.open()
    painter.page.get_by_role("radio", name="Ignore").click()
    painter.stroke((60, 60), (160, 60))
    painter.saved()
    stored = painter.server.images[7]
    assert stored.layers == []
    assert sum(stored.ignore[1::2]) > 0
    assert painter.events("saved")[-1]["pixel_count"] == 0


def test_clearing_is_undone_like_a_stroke(painter: Painter) -> None:
    painter.open().stroke((60, 60), (160, 60))
    painted = painter.saved().layer("scratch")
    painter.page.get_by_role("button", name="Clear the painting").click()
    assert not painter.saved().layer("scratch").any()
    painter.key("Control+z")
    assert (painter.saved().layer("scratch") == painted).all()


def test_a_stroke_before_the_picture_has_come_is_kept(painter: Painter) -> None:
    painter.server.picture_delay = 5.0
    painter.open(wait=False)
    painter.page.wait_for_function("window.component?.session?.painting")
    painter.stroke((60, 60), (160, 60))
    assert painter.page.locator(".tb-painter").get_attribute("data-ready") == "false"
    painter.saved()
    painter.ready(7)
    assert painter.layer("scratch").any()


def test_a_stroke_while_the_next_image_opens_belongs_to_that_image(painter: Painter) -> None:
    painter.open()
    start, end = painter.window_at(60, 60), painter.window_at(160, 60)
    painter.page.route(
        "**/api/images/8/painting", lambda route: (painter.page.wait_for_timeout(400), route.continue_())
    )
    painter.put(image_id=8)
    painter.page.mouse.move(*start)
    painter.page.mouse.down()
    painter.page.mouse.move(*end)
    painter.page.mouse.up()
    painter.ready(8)
    painter.saved()
    assert painter.layer("scratch", image_id=8).any()
    assert painter.server.images[7].revision == 0


def test_zoomed_in_the_pixel_under_the_pointer_is_painted(painter: Painter) -> None:
    painter.open()
    set_size(painter, 1)
    painter.page.mouse.move(*painter.window_at(123.5, 77.5))
    for _ in range(6):
        painter.page.mouse.wheel(0, -400)
    painter.page.wait_for_timeout(100)
    assert painter.page.evaluate("window.component.renderer.view.scale") > 10
    painter.stroke((123.5, 77.5))
    painter.saved()
    assert np.argwhere(painter.layer("scratch")).tolist() == [[77, 123]]


def test_space_and_the_middle_button_move_the_image_and_paint_nothing(painter: Painter) -> None:
    painter.open().page.locator(".tb-stage").focus()
    before = painter.window_at(10, 10)
    painter.page.keyboard.down("Space")
    painter.stroke((100, 100), (130, 120))
    painter.page.keyboard.up("Space")
    after = painter.window_at(10, 10)
    assert (after[0] - before[0], after[1] - before[1]) != (0, 0)
    painter.page.mouse.down(button="middle")
    painter.page.mouse.move(300, 300)
    painter.page.mouse.up(button="middle")
    painter.key("0")
    assert painter.window_at(10, 10) == pytest.approx(before)
    assert painter.server.saves == []


def test_a_second_finger_takes_the_stroke_back(painter: Painter) -> None:
    painter.open()
    painter.page.evaluate(
        """() => {
          const stage = document.querySelector('.tb-stage');
          stage.setPointerCapture = () => {};
          const frame = stage.getBoundingClientRect();
          const fire = (type, id, x, y) => stage.dispatchEvent(new PointerEvent(type, {
            pointerId: id, pointerType: 'touch', clientX: frame.left + x, clientY: frame.top + y, bubbles: true}));
          fire('pointerdown', 1, 300, 200); fire('pointermove', 1, 340, 200);
          fire('pointerdown', 2, 400, 200); fire('pointermove', 2, 500, 200);
          fire('pointerup', 1, 340, 200); fire('pointerup', 2, 500, 200);
        }"""
    )
    assert painter.page.evaluate("window.component.session.painting.defectCount") == 0
    assert painter.server.saves == []


def test_a_painter_in_a_hidden_tab_fits_when_it_is_shown(painter: Painter) -> None:
    value = quote(json.dumps({"image_id": 7, "author": "Ann"}))
    address = f"{painter.server.address}/page/mask_canvas.js?hidden=true&value={value}"
    painter.page.goto(address, wait_until="networkidle")
    painter.page.evaluate("document.getElementById('host').hidden = false")
    painter.ready(7).stroke((100, 100), (150, 120))
    assert painter.saved().layer("scratch")[100, 100]


def test_twelve_megapixels_are_painted_and_saved_whole(painter: Painter) -> None:
    painter.server.images[9] = Stored(4000, 3000, picture(4000, 3000, 9))
    painter.open(9)
    set_size(painter, 201)
    painter.stroke((500, 500), (3500, 2500))
    painter.saved()
    wanted = ideal_capsule([500, 500, 3500, 2500, 100.5], 4000, 3000)
    stored = painter.layer("scratch", image_id=9)
    assert (stored & wanted).sum() / (stored | wanted).sum() > 0.98  # the mouse stands on whole window pixels


def test_a_new_defect_type_is_named_and_painted_with(painter: Painter) -> None:
    painter.open().page.get_by_role("button", name="New defect type").click()
    painter.page.keyboard.type("gouge")  # its g must not judge the image
    painter.page.keyboard.press("Enter")
    expect(painter.page.get_by_role("radio", name="gouge")).to_have_attribute("aria-checked", "true")
    painter.stroke((60, 60), (160, 60))
    assert painter.saved().layer("gouge").any()
    assert painter.events("defect_type_added") == [{"name": "gouge"}]
    assert painter.server.verdicts == []


def test_a_name_with_markup_stays_text(painter: Painter) -> None:
    name = "<img src=x onerror=alert(1)>"
    painter.server.types = [{"name": name, "colour": "#e5484d", "position": 0}]
    painter.open()
    expect(painter.page.get_by_role("radio", name=name)).to_be_visible()
    assert painter.page.locator(".tb-painter img").count() == 0


def test_what_a_stroke_draws_is_what_a_full_redraw_draws(painter: Painter) -> None:
    painter.open()
    painter.page.get_by_role("radio", name="Ignore").click()
    painter.stroke((60, 60), (160, 90), (220, 60))
    pixels = """() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
      const canvas = document.querySelector('.tb-mask');
      resolve(canvas.toDataURL());
    })))"""
    by_strokes = painter.page.evaluate(pixels)
    painter.page.evaluate("window.component.renderer.redraw()")
    assert painter.page.evaluate(pixels) == by_strokes
