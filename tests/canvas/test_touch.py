"""Pen and fingers, as Chromium makes them of real input: what is painted is what the mouse paints, and a hand paints nothing."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import CDPSession

from tests.canvas.conftest import Painter

pytestmark = pytest.mark.browser

Point = tuple[float, float]
PATH: tuple[Point, ...] = ((60, 80), (120, 90), (200, 150), (205, 200))
LEFT, RIGHT = "left", "right"


@pytest.fixture
def device(painter: Painter) -> CDPSession:
    painter.open()
    painter.page.evaluate("() => { window.component.brush.size = 15; }")
    return painter.page.context.new_cdp_session(painter.page)


def fingers(device: CDPSession, painter: Painter, kind: str, *points: tuple[int, float, float]) -> None:
    """All fingers that are on the screen after this: (finger, x, y) in image pixels."""
    found = [(number, *painter.window_at(x, y)) for number, x, y in points]
    touches = [{"id": number, "x": x, "y": y} for number, x, y in found]
    device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def pen(device: CDPSession, painter: Painter, kind: str, at: Point, button: str = LEFT, **more: Any) -> None:
    x, y = painter.window_at(*at)
    held = {"mousePressed": 1, "mouseMoved": 1, "mouseReleased": 0}[kind] * {LEFT: 1, RIGHT: 2}[button]
    device.send(
        "Input.dispatchMouseEvent",
        {"type": kind, "x": x, "y": y, "button": button, "buttons": held, "pointerType": "pen",
         "force": 0.4, "clickCount": 1, **more},
    )  # fmt: skip


def pen_stroke(device: CDPSession, painter: Painter, points: tuple[Point, ...], button: str = LEFT) -> None:
    pen(device, painter, "mousePressed", points[0], button)
    for point in points[1:]:
        pen(device, painter, "mouseMoved", point, button)
    pen(device, painter, "mouseReleased", points[-1], button)


def mouse_stroke(painter: Painter, points: tuple[Point, ...]) -> NDArray[np.bool_]:
    """Paint the same with the mouse on the other image, and return the mask that the server has of it."""
    painter.open(8)
    painter.page.evaluate("() => { window.component.brush.size = 15; }")
    painter.page.mouse.move(*painter.window_at(*points[0]))
    painter.page.mouse.down()
    for point in points[1:]:
        painter.page.mouse.move(*painter.window_at(*point))
    painter.page.mouse.up()
    return np.asarray(painter.saved().layer("scratch", 8))


def wait_for_fingers(painter: Painter) -> None:
    """Until the pen has been away long enough."""
    painter.page.wait_for_timeout(1100)


def test_a_finger_paints_what_the_mouse_paints(painter: Painter, device: CDPSession) -> None:
    fingers(device, painter, "touchStart", (0, *PATH[0]))
    for point in PATH[1:]:
        fingers(device, painter, "touchMove", (0, *point))
    fingers(device, painter, "touchEnd")
    painted = painter.saved().layer("scratch")

    assert painted.any() and (painted == mouse_stroke(painter, PATH)).all()


def test_a_pen_paints_what_the_mouse_paints_however_hard_it_is_pressed(
    painter: Painter, device: CDPSession
) -> None:
    pen_stroke(device, painter, PATH)
    painted = painter.saved().layer("scratch")

    assert painted.any() and (painted == mouse_stroke(painter, PATH)).all()


def test_the_button_of_a_pen_erases(painter: Painter, device: CDPSession) -> None:
    pen_stroke(device, painter, PATH)
    painter.saved()
    pen_stroke(device, painter, PATH, RIGHT)

    assert not painter.saved().layer("scratch").any() and len(painter.server.saves) == 2


def test_the_other_end_of_a_pen_erases(painter: Painter, device: CDPSession) -> None:
    pen_stroke(device, painter, PATH)
    painter.saved()
    painter.page.evaluate(
        """(points) => {
          const stage = document.querySelector('.tb-stage');
          stage.setPointerCapture = () => {};  // only pointers of a device can be captured
          const fire = (type, [x, y], button, buttons) => stage.dispatchEvent(new PointerEvent(type, {
            pointerId: 91, pointerType: 'pen', button, buttons, pressure: 0.5, clientX: x, clientY: y, bubbles: true}));
          fire('pointerdown', points[0], 5, 32);
          for (const point of points.slice(1)) fire('pointermove', point, -1, 32);
          fire('pointerup', points.at(-1), 5, 0);
        }""",
        [painter.window_at(*point) for point in PATH],
    )

    assert not painter.saved().layer("scratch").any() and len(painter.server.saves) == 2


def test_two_fingers_zoom_and_move_the_image_and_paint_nothing(painter: Painter, device: CDPSession) -> None:
    before = [painter.window_at(0, 0), painter.window_at(100, 0)]
    fingers(device, painter, "touchStart", (0, 100, 100))
    fingers(device, painter, "touchMove", (0, 104, 100))
    at = painter.window_at(104, 100), painter.window_at(204, 100)
    fingers(device, painter, "touchStart", (0, 104, 100), (1, 204, 100))
    apart = [
        {"id": 0, "x": at[0][0] - 50, "y": at[0][1] + 30},
        {"id": 1, "x": at[1][0] + 50, "y": at[1][1] + 30},
    ]
    device.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": apart})
    device.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    factor = (at[1][0] - at[0][0] + 100) / (at[1][0] - at[0][0])
    assert painter.window_at(104, 100) == pytest.approx((at[0][0] - 50, at[0][1] + 30), abs=0.5)
    assert painter.window_at(100, 0)[0] - painter.window_at(0, 0)[0] == pytest.approx(
        factor * (before[1][0] - before[0][0]), rel=1e-3
    )
    assert painter.server.saves == []
    assert painter.page.evaluate("window.component.session.history.past.length") == 0


def test_a_hand_that_lies_on_the_screen_while_the_pen_paints_changes_nothing(
    painter: Painter, device: CDPSession
) -> None:
    corner = painter.window_at(0, 0)
    pen(device, painter, "mousePressed", PATH[0])
    pen(device, painter, "mouseMoved", PATH[1])
    fingers(device, painter, "touchStart", (0, 250, 20))
    fingers(device, painter, "touchStart", (0, 250, 20), (1, 300, 40))
    fingers(device, painter, "touchMove", (0, 200, 30), (1, 290, 60))
    pen(device, painter, "mouseMoved", PATH[2])
    fingers(device, painter, "touchEnd")
    pen(device, painter, "mouseMoved", PATH[3])
    pen(device, painter, "mouseReleased", PATH[3])
    painted = painter.saved().layer("scratch")

    assert painter.window_at(0, 0) == corner
    assert (painted == mouse_stroke(painter, PATH)).all()


def test_a_hand_that_comes_down_before_the_pen_paints_nothing(painter: Painter, device: CDPSession) -> None:
    fingers(device, painter, "touchStart", (0, 250, 20))
    fingers(device, painter, "touchMove", (0, 240, 30))
    pen_stroke(device, painter, PATH)
    fingers(device, painter, "touchEnd")
    painted = painter.saved().layer("scratch")

    assert len(painter.server.saves) == 1
    assert (painted == mouse_stroke(painter, PATH)).all()


def test_where_a_pen_is_used_a_finger_moves_the_image(painter: Painter, device: CDPSession) -> None:
    pen_stroke(device, painter, PATH)
    painted = painter.saved().layer("scratch")
    wait_for_fingers(painter)
    before = painter.window_at(100, 100)
    x, y = painter.window_at(150, 150)
    for kind, dx in (("touchStart", 0), ("touchMove", 40), ("touchMove", 80)):
        device.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"id": 0, "x": x + dx, "y": y}]}
        )
    device.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    assert painter.window_at(100, 100) == pytest.approx((before[0] + 80, before[1]), abs=0.5)
    assert (painter.layer("scratch") == painted).all() and len(painter.server.saves) == 1


def test_a_hand_that_comes_down_while_the_pen_rests_in_mid_stroke_changes_nothing(
    painter: Painter, device: CDPSession
) -> None:
    corner = painter.window_at(0, 0)
    pen(device, painter, "mousePressed", PATH[0])
    pen(device, painter, "mouseMoved", PATH[1])
    wait_for_fingers(painter)
    fingers(device, painter, "touchStart", (0, 250, 20))
    fingers(device, painter, "touchMove", (0, 200, 30))
    for point in PATH[2:]:
        pen(device, painter, "mouseMoved", point)
    pen(device, painter, "mouseReleased", PATH[3])
    fingers(device, painter, "touchEnd")
    painted = painter.saved().layer("scratch")

    assert painter.window_at(0, 0) == corner
    assert painter.page.evaluate("window.component.session.history.past.length") == 1
    assert (painted == mouse_stroke(painter, PATH)).all()
