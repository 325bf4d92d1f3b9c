"""Polygons, closed contours, and what erases while it is held."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect
from skimage.draw import polygon2mask
from skimage.morphology import flood

from tests.canvas.conftest import HEIGHT, WIDTH, Painter

pytestmark = pytest.mark.browser
Run = Callable[..., Any]

FILL = """
return argument.polygons.map((points) => {
  const mask = new Uint8Array(argument.width * argument.height);
  module.fillPolygon(points, argument.width, argument.height,
    (y, first, end) => mask.fill(1, y * argument.width + first, y * argument.width + end));
  return [...mask];
});"""
INSIDE = """
return argument.masks.map(({flat, x, y}) =>
  module.insideOf(Uint8Array.from(flat), argument.width, argument.height, x, y));"""


def even_odd(points: list[list[float]], width: int, height: int) -> np.ndarray:
    """Every pixel centre on its own: how many edges lie to its right."""
    inside = np.zeros((height, width), bool)
    y, x = np.mgrid[0:height, 0:width] + 0.5
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
        if ay == by:
            continue
        crosses = (ay <= y) != (by <= y)
        inside ^= crosses & (ax + (y - ay) / (by - ay) * (bx - ax) > x)
    return inside


def test_a_polygon_covers_the_centres_inside_it(run_module: Run) -> None:
    generator = np.random.default_rng(5)
    polygons = [
        (generator.uniform(-6, 44, (int(generator.integers(3, 9)), 2)) + 0.01).tolist() for _ in range(150)
    ]
    filled = run_module("polygon.js", FILL, {"polygons": polygons, "width": 38, "height": 27})
    for points, flat in zip(polygons, filled, strict=True):
        assert (np.array(flat, bool).reshape(27, 38) == even_odd(points, 38, 27)).all(), points
    square = [[3.0, 4.0], [10.0, 4.0], [10.0, 9.0], [3.0, 9.0]]
    [flat] = run_module("polygon.js", FILL, {"polygons": [square], "width": 38, "height": 27})
    assert np.array(flat).sum() == 7 * 5


def test_the_inside_of_a_contour_is_what_a_flood_reaches(run_module: Run) -> None:
    generator = np.random.default_rng(8)
    asked, wanted = [], []
    for _ in range(120):
        mask = generator.random((19, 23)) < generator.choice([0.2, 0.45, 0.6])
        y, x = np.argwhere(~mask)[generator.integers((~mask).sum())]
        reached = flood(mask.astype(np.uint8), (y, x), connectivity=1)
        border = reached[[0, -1]].any() or reached[:, [0, -1]].any()
        asked.append({"flat": mask.ravel().astype(int).tolist(), "x": int(x), "y": int(y)})
        wanted.append(None if border else reached)
    assert sum(found is not None for found in wanted) > 20
    found = run_module("contour_fill.js", INSIDE, {"masks": asked, "width": 23, "height": 19})
    for rows, reached in zip(found, wanted, strict=True):
        if reached is None:
            assert rows is None
            continue
        filled = np.zeros((19, 23), int)
        for y, first, end in rows:
            filled[y, first:end] += 1
        assert (filled == reached).all()  # each pixel once


def click(painter: Painter, *points: tuple[float, float], button: Any = "left") -> None:
    for point in points:
        painter.page.mouse.click(*painter.window_at(*point), button=button)


SQUARE = ((100, 80), (200, 80), (200, 160), (100, 160))


def square(painter: Painter) -> np.ndarray:
    return polygon2mask((HEIGHT, WIDTH), [(y - 0.5, x - 0.5) for x, y in SQUARE])


def test_a_polygon_is_closed_with_enter_and_is_one_step(painter: Painter) -> None:
    painter.open().key("p")
    click(painter, *SQUARE)
    assert painter.server.saves == []
    painter.key("Enter")
    painter.saved()
    assert (
        painter.layer("scratch") ^ square(painter)
    ).sum() <= 200  # the mouse stands on whole window pixels
    assert painter.server.verdicts == []  # Enter closed the polygon, nothing else
    painter.key("Control+z")
    assert not painter.saved().layer("scratch").any()


def test_a_polygon_closes_on_its_first_corner_and_the_other_takes_away(painter: Painter) -> None:
    painter.open().key("p")
    click(painter, *SQUARE, SQUARE[0])
    whole = painter.saved().layer("scratch")
    assert whole.sum() == pytest.approx(8000, rel=0.03)
    painter.page.get_by_role("button", name="Polygon that takes away").click()
    click(painter, (150, 60), (260, 60), (260, 200), (150, 200))
    painter.key("Enter")
    left = painter.saved().layer("scratch")
    assert left[:, :148].sum() == whole[:, :148].sum() and not left[:, 152:].any()


def test_a_polygon_can_be_given_up_and_taken_back_corner_by_corner(painter: Painter) -> None:
    painter.open().key("p")
    click(painter, *SQUARE[:3])
    painter.key("Escape")
    painter.key("Enter")
    expect(painter.page.locator(".tb-notice")).to_contain_text("Nothing is painted")
    click(painter, *SQUARE, (20, 20))
    painter.key("Control+z")  # the last corner was a slip
    painter.key("Enter")
    assert not painter.saved().layer("scratch")[:60].any()
    assert painter.layer("scratch")[120, 150]


CLOSED = "The polygon was closed. Ctrl+Z takes it back."


@pytest.mark.parametrize("key", ["b", "e", "p", "s", "n", "+"])
def test_an_open_polygon_is_closed_before_another_tool_or_verdict(painter: Painter, key: str) -> None:
    painter.open().key("p")
    click(painter, *SQUARE)
    painter.key(key)
    expect(painter.page.locator(".tb-notice")).to_have_text(CLOSED)
    assert painter.saved().layer("scratch")[120, 150]
    for _ in range(2 if key == "+" else 1):  # growing it is a step of its own
        painter.key("Control+z")
    assert not painter.saved().layer("scratch").any()


def test_an_open_polygon_is_cleared_as_a_step_of_its_own(painter: Painter) -> None:
    painter.open().key("p")
    click(painter, *SQUARE)
    painter.page.evaluate("window.component.press('clear')")
    assert not painter.saved().layer("scratch").any()
    painter.key("Control+z")
    assert painter.saved().layer("scratch")[120, 150]


def test_an_image_with_an_open_polygon_is_not_marked_good(painter: Painter) -> None:
    painter.open().key("p")
    click(painter, *SQUARE)
    painter.key("g")
    expect(painter.page.locator(".tb-notice")).to_contain_text(f"{CLOSED} A defect is painted here")
    assert painter.saved().layer("scratch")[120, 150] and painter.server.verdicts == []
    click(painter, *SQUARE[:2])  # two corners enclose nothing
    painter.page.get_by_role("button", name="Clear the painting, mark good").click()
    painter.page.wait_for_function("window.events.some(([name]) => name === 'move')")
    assert not painter.layer("scratch").any()


@pytest.mark.parametrize("way", ["d", "u", "answer", "read only", "other page", "reload"])
def test_an_open_polygon_is_painted_when_its_image_is_left(painter: Painter, way: str) -> None:
    next_image = {"image_id": 8, "shown_because": "queue", "heatmap_version": None, "defect_types": ["dent"]}
    painter.open(at_once=next_image).key("p")
    click(painter, *SQUARE)
    if way in ("d", "u"):
        painter.key(way)
        painter.ready(8)
        expect(painter.page.locator(".tb-notice")).to_be_hidden()  # Ctrl+Z is about this image by now
    elif way == "answer":
        painter.put(image_id=8, read_only=True, defect_types=["dent"])
        painter.ready(8)
    elif way == "read only":
        painter.put(image_id=7, read_only=True)
    elif way == "other page":
        painter.page.evaluate("document.querySelector('#host').hidden = true")
        painter.page.wait_for_function("window.component.session.history.past.length === 1")
    else:
        painter.page.reload()
        painter.page.wait_for_selector('.tb-painter[data-ready="true"]')
    painter.page.wait_for_selector('.tb-painter[data-saved="saved"]', state="attached")
    assert (painter.layer("scratch") ^ square(painter)).sum() <= 200
    assert not painter.layer("scratch", 8).any() and not painter.layer("dent", 8).any()


def test_two_corners_are_given_up(painter: Painter) -> None:
    painter.open().key("p")
    click(painter, *SQUARE[:2])
    painter.key("b")
    painter.page.wait_for_timeout(200)
    expect(painter.page.locator(".tb-notice")).to_be_hidden()
    assert painter.server.saves == [] and not painter.page.evaluate("window.component.shapes.isOpen")


def test_a_double_click_closes_a_polygon(painter: Painter) -> None:
    painter.open().key("p")
    click(painter, *SQUARE[:3])
    painter.page.evaluate("window.corners = 0")
    painter.page.evaluate(
        """() => {
            const { shapes } = window.component;
            const close = shapes.close.bind(shapes);
            shapes.close = () => { window.corners = shapes.corners.length; close(); };
        }"""
    )
    x, y = painter.window_at(*SQUARE[3])
    painter.page.mouse.click(x, y)
    painter.page.mouse.move(x + 3, y)  # a hand is not that still
    painter.page.mouse.down(click_count=2)
    painter.page.mouse.up(click_count=2)
    assert (painter.saved().layer("scratch") ^ square(painter)).sum() <= 200
    assert painter.page.evaluate("window.corners") == 4
    painter.page.mouse.dblclick(*painter.window_at(20, 20))
    assert (
        painter.page.evaluate("window.component.shapes.corners.length") == 1
    )  # a corner, and no polygon yet


def test_two_fingers_take_back_the_corner_they_began_with_not_the_polygon(painter: Painter) -> None:
    painter.open().key("p")
    click(painter, *SQUARE)
    session = painter.page.context.new_cdp_session(painter.page)
    touches = [
        {"id": at, "x": x, "y": y}
        for at, (x, y) in enumerate([painter.window_at(40, 40), painter.window_at(60, 60)])
    ]
    for down in (touches[:1], touches, []):
        kind = "touchStart" if down else "touchEnd"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": down})
    assert painter.page.evaluate("window.component.shapes.corners.length") == 4


def test_a_closed_contour_is_filled_and_an_open_one_is_told(painter: Painter) -> None:
    painter.open().stroke((100, 80), (200, 80), (200, 160))
    painter.key("f")
    click(painter, (150, 120))
    expect(painter.page.locator(".tb-notice")).to_contain_text("not closed")
    painter.key("b")
    painter.stroke((200, 160), (100, 160), (100, 80))
    painter.saved().key("f")
    click(painter, (150, 120))
    painter.saved()
    assert painter.layer("scratch")[85:155, 105:195].all()
    painter.key("Control+z")
    assert not painter.saved().layer("scratch")[120, 150]


@pytest.mark.parametrize("way", ["right button", "Ctrl"])
def test_the_right_button_or_ctrl_erases_while_it_is_held(painter: Painter, way: str) -> None:
    painter.open().stroke((60, 100), (200, 100))
    painter.saved()
    button: Any = "right" if way == "right button" else "left"
    if way == "Ctrl":
        painter.page.keyboard.down("Control")
    painter.page.mouse.move(*painter.window_at(120, 100))
    painter.page.mouse.down(button=button)
    painter.page.mouse.move(*painter.window_at(140, 100), steps=3)
    expect(painter.page.locator(".tb-ring")).to_have_class("tb-ring is-eraser")
    painter.page.mouse.up(button=button)
    painter.page.keyboard.up("Control")
    painter.saved()
    assert not painter.layer("scratch")[100, 130] and painter.layer("scratch")[100, 70]
    painter.stroke((120, 100), (140, 100))  # the brush again
    assert painter.saved().layer("scratch")[100, 130]


def test_alt_and_the_wheel_change_the_brush_not_the_view(painter: Painter) -> None:
    painter.open()
    state = "[window.component.brush.size, window.component.renderer.view.scale]"
    before = painter.page.evaluate(state)
    painter.page.mouse.move(*painter.window_at(100, 100))
    painter.page.keyboard.down("Alt")
    painter.page.mouse.wheel(0, -100)
    painter.page.keyboard.up("Alt")
    painter.page.wait_for_function(f"window.component.brush.size > {before[0]}")
    assert painter.page.evaluate(state)[1] == before[1]


POINTERS = """([strokes]) => {
  const stage = document.querySelector('.tb-stage');
  stage.setPointerCapture = () => {};
  for (const [type, kind, button, x, y] of strokes) stage.dispatchEvent(new PointerEvent(type, {
    pointerId: kind === 'pen' ? 5 : 6, pointerType: kind, button, clientX: x, clientY: y, bubbles: true, cancelable: true}));
}"""


def drag(
    painter: Painter, kind: str, button: int, start: tuple[float, float], end: tuple[float, float]
) -> list[list[Any]]:
    a, b = painter.window_at(*start), painter.window_at(*end)
    return [["pointerdown", kind, button, *a], ["pointermove", kind, -1, *b], ["pointerup", kind, button, *b]]


def test_a_pen_paints_its_other_end_erases_and_the_hand_beside_it_does_nothing(painter: Painter) -> None:
    painter.open()
    painter.page.evaluate(POINTERS, [drag(painter, "pen", 0, (60, 100), (200, 100))])
    painter.page.evaluate(POINTERS, [drag(painter, "pen", 5, (120, 100), (140, 100))])
    painter.page.evaluate(POINTERS, [drag(painter, "touch", 0, (60, 180), (200, 180))])
    painter.saved()
    painted = painter.layer("scratch")
    assert painted[100, 70] and not painted[100, 130] and not painted[180, 100]
    painter.page.wait_for_timeout(1100)
    painter.page.evaluate(POINTERS, [drag(painter, "touch", 0, (60, 180), (200, 180))])
    assert (painter.layer("scratch") == painted).all()  # where a pen is used, a finger moves the image
