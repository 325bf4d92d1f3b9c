"""Nothing that was painted or judged is ever lost: lost connections, refusals, two people, closed pages."""

import numpy as np
import pytest
from playwright.sync_api import Route, expect

from app.canvas import run_lengths
from tests.canvas.conftest import HEIGHT, WIDTH, Painter

pytestmark = pytest.mark.browser


def cut_off(painter: Painter) -> None:
    painter.page.route("**/api/images/*/painting", lambda route: _only_reads(route))
    painter.page.route("**/api/images/*/verdict", lambda route: route.abort())


def _only_reads(route: Route) -> None:
    if route.request.method == "PUT":
        route.abort()
    else:
        route.continue_()


def connect_again(painter: Painter) -> None:
    painter.page.unroute_all()


def paint_elsewhere(painter: Painter, name: str, box: tuple[slice, slice]) -> None:
    """Ben paints a rectangle on image 7 from another computer."""
    stored = painter.server.images[7]
    mask = painter.layer(name).copy()
    mask[box] = True
    others = [layer for layer in stored.layers if layer["defect_type"] != name]
    layers = [*others, {"defect_type": name, "runs": run_lengths.encode(mask)}]
    body = {"base_revision": stored.revision, "layers": layers, "ignore": [], "complete": False}
    assert painter.server.put(7, body, "Ben")[0] == 200


def test_without_the_server_it_says_so_and_saves_when_it_is_back(painter: Painter) -> None:
    painter.open()
    cut_off(painter)
    painter.stroke((60, 60), (160, 60))
    expect(painter.page.locator(".tb-status")).to_have_text("not saved yet – retrying")
    painter.stroke((60, 120), (160, 120))
    assert painter.server.saves == []
    connect_again(painter)
    painter.saved()
    assert painter.layer("scratch")[60, 100]
    assert painter.layer("scratch")[120, 100]


def test_a_save_brings_what_changed_and_all_of_it_where_the_server_asks_for_that(painter: Painter) -> None:
    painter.open()
    for y in range(20, 100, 20):
        painter.stroke((40, y), (200, y + 9))
        painter.saved()
    whole = len(run_lengths.encode(painter.layer("scratch")))
    assert painter.server.sizes[-1] < whole / 2
    painter.key("Control+z")
    painter.saved()
    painter.server.needs_whole = True
    painter.stroke((40, 150), (200, 159))
    painter.saved()
    painter.key("Control+z")
    painter.saved()
    bits = painter.page.evaluate("[...window.component.session.painting.layers.get('scratch').pixels]")
    painted = np.array(bits, dtype=bool).reshape(HEIGHT, WIDTH)
    assert (painter.layer("scratch") == painted).all()
    assert not painted[150:].any() and painted[60, 45] and not painted[85, 150]


def test_an_error_of_the_server_is_tried_again(painter: Painter) -> None:
    painter.open()
    answers = iter([500, 503])
    painter.page.route("**/api/images/7/painting", lambda route: _fail(route, next(answers, None)))
    painter.stroke((60, 60), (160, 60))
    painter.saved()
    assert painter.layer("scratch").any()


def _fail(route: Route, status: int | None) -> None:
    if status:
        route.fulfill(status=status, json={"detail": "out of order"})
    else:
        route.continue_()


def test_strokes_survive_closing_the_page_before_they_were_saved(painter: Painter) -> None:
    painter.open()
    cut_off(painter)
    painter.stroke((60, 60), (160, 60))
    expect(painter.page.locator(".tb-status")).to_have_text("not saved yet – retrying")
    painted = painter.page.evaluate("window.component.session.painting.content().layers[0].runs")
    painter.page.goto("about:blank")
    connect_again(painter)
    painter.open()
    painter.saved()
    assert run_lengths.encode(painter.layer("scratch")) == painted
    bits = painter.page.evaluate("window.component.session.painting.content().layers[0].runs")
    assert bits == painted


def test_strokes_of_an_image_that_is_not_opened_again_are_saved_all_the_same(painter: Painter) -> None:
    painter.open()
    cut_off(painter)
    painter.stroke((60, 60), (160, 60))
    expect(painter.page.locator(".tb-status")).to_have_text("not saved yet – retrying")
    painter.page.goto("about:blank")
    connect_again(painter)
    painter.open(8)
    painter.page.wait_for_function(
        "fetch('/api/images/7/painting').then((answer) => answer.json()).then((now) => now.revision > 0)"
    )
    assert painter.layer("scratch").any()
    assert painter.server.images[8].revision == 0


def test_strokes_never_land_in_another_workspace(painter: Painter) -> None:
    painter.open(workspace="first")
    cut_off(painter)
    painter.stroke((60, 60), (160, 60))
    expect(painter.page.locator(".tb-status")).to_have_text("not saved yet – retrying")
    painter.page.goto("about:blank")
    connect_again(painter)
    painter.open(workspace="second")
    painter.page.wait_for_timeout(600)
    assert painter.server.saves == []


def test_leaving_with_unsaved_strokes_warns(painter: Painter) -> None:
    painter.open()
    cut_off(painter)
    painter.stroke((60, 60), (160, 60))
    asked: list[str] = []
    painter.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    painter.page.goto("about:blank")
    assert asked == ["beforeunload"]


def test_what_two_people_painted_is_kept_together(painter: Painter) -> None:
    painter.open().stroke((60, 60), (160, 60))
    painter.saved()
    paint_elsewhere(painter, "scratch", (slice(200, 220), slice(200, 240)))
    paint_elsewhere(painter, "dent", (slice(10, 20), slice(10, 20)))
    painter.stroke((60, 120), (160, 120))
    expect(painter.page.locator(".tb-notice")).to_contain_text("Ben painted this image meanwhile.")
    painter.saved()
    mask = painter.layer("scratch")
    assert mask[60, 100] and mask[120, 100] and mask[210, 220]
    assert painter.layer("dent").sum() == 100
    shown = painter.page.evaluate("window.component.session.painting.content()")
    assert shown["layers"] == sorted(
        painter.server.images[7].layers, key=lambda layer: layer["defect_type"] == "dent"
    )


def test_two_versions_are_shown_side_by_side_and_either_can_be_taken(painter: Painter) -> None:
    painter.open().stroke((60, 60), (160, 60))
    painter.saved()
    paint_elsewhere(painter, "scratch", (slice(200, 220), slice(200, 240)))
    theirs = painter.layer("scratch")
    painter.stroke((60, 120), (160, 120))
    painter.saved()
    together = painter.layer("scratch")
    [beside] = [
        save["beside"] for save in painter.server.saves if save.get("beside")
    ]  # kept on the server too
    mine = run_lengths.decode(beside["layers"][0]["runs"], WIDTH, HEIGHT)
    assert mine[120, 100] and not mine[210, 220]
    assert painter.server.images[7].revision == 4  # first, Ben's, ours, both together

    painter.page.get_by_role("button", name="Compare").click()
    sheet = painter.page.get_by_role("dialog", name="Two versions")
    expect(sheet.locator("figcaption")).to_have_text(["By Ben", "Yours", "Both together"])
    pictures = sheet.locator("canvas").evaluate_all("(all) => all.map((canvas) => canvas.toDataURL())")
    assert len(set(pictures)) == 3
    sheet.get_by_role("button", name="Use this one").click()
    assert (painter.saved().layer("scratch") == theirs).all()
    painter.key("Control+z")
    assert (painter.saved().layer("scratch") == together).all()


def test_a_lost_answer_before_more_strokes_is_no_second_version(painter: Painter) -> None:
    painter.open()
    lost: list[int] = []

    def lose_first_answer(route: Route) -> None:
        if route.request.method == "PUT" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        elif route.request.method == "PUT" and len(lost) == 1:
            lost.append(0)  # so that another stroke comes before it is tried again
            route.abort()
        else:
            route.continue_()

    painter.page.route("**/api/images/7/painting", lose_first_answer)
    painter.stroke((60, 60), (160, 60))
    expect(painter.page.locator(".tb-status")).to_have_text("not saved yet – retrying")
    painter.stroke((60, 120), (160, 120))
    painter.saved()
    assert painter.layer("scratch")[60, 100] and painter.layer("scratch")[120, 100]
    assert painter.page.locator(".tb-notice").is_hidden()
    assert not any(save.get("beside") for save in painter.server.saves)


def test_a_lost_answer_does_not_save_twice(painter: Painter) -> None:
    painter.open()
    lost: list[int] = []

    def lose_first_answer(route: Route) -> None:
        if route.request.method == "PUT" and not lost:
            lost.append(route.fetch().status)  # the server has it, the browser never hears of it
            route.abort()
        else:
            route.continue_()

    painter.page.route("**/api/images/7/painting", lose_first_answer)
    painter.stroke((60, 60), (160, 60))
    painter.saved()
    assert lost == [200]
    assert painter.server.images[7].revision == 1
    assert painter.page.locator(".tb-notice").is_hidden()


def test_a_refusal_is_shown_and_can_be_given_up(painter: Painter) -> None:
    painter.open()
    refuse = {"detail": "This image was deleted."}
    painter.page.route(
        "**/api/images/7/painting",
        lambda route: (
            route.fulfill(status=404, json=refuse) if route.request.method == "PUT" else route.continue_()
        ),
    )
    painter.stroke((60, 60), (160, 60))
    expect(painter.page.locator(".tb-status")).to_have_text("not saved: This image was deleted.")
    painter.page.get_by_role("button", name="Discard").click()
    painter.saved()
    painter.ready(7)
    assert painter.page.evaluate("window.component.session.painting.defectCount") == 0


def test_strokes_without_a_name_wait_for_one(painter: Painter) -> None:
    painter.open(author="").stroke((60, 60), (160, 60))
    expect(painter.page.locator(".tb-status")).to_have_text("not saved yet – type your name first")
    painter.put(image_id=7, author="Jürgen")
    painter.saved()
    assert painter.server.images[7].author == "Jürgen"


def test_many_strokes_during_one_save_become_one_more_save(painter: Painter) -> None:
    painter.open()
    painter.server.save_delay = 0.8
    for y in range(30, 180, 30):
        painter.stroke((60, y), (160, y))
    painter.saved()
    assert [save["base_revision"] for save in painter.server.saves] == list(range(len(painter.server.saves)))
    assert len(painter.server.saves) < 5
    assert all(painter.layer("scratch")[y, 100] for y in range(30, 180, 30))
    assert painter.layer("scratch").shape == (HEIGHT, WIDTH)
