"""The virtual grid: few cards exist however many images there are; mouse and keyboard select, open and judge."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from app.canvas.image_grid import GridValue
from tests.canvas.small_server import SmallServer

pytestmark = pytest.mark.browser


def cards(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": number, "product": "gear", "name": f"gear_{number:05}.png", "width": 64, "height": 48,
            "verdict": [None, "good", "defect", "unsure"][number % 4], "call": [None, "pass", "reject"][number % 3],
            "score": None if number % 3 == 0 else 0.5 + number % 3 / 2, "limit": 1.0, "taught": False,
            "kept_for_testing": number % 5 == 0, "painted": number % 4 == 2, "complete": False, "defect_types": ["dent"],
        }
        for number in range(1, count + 1)
    ]  # fmt: skip


def open_grid(page: Page, server: SmallServer, count: int = 300, **value: Any) -> None:
    server.cards = cards(count)
    asked = {"query": {"product": "gear"}, "author": "Ann", **value}
    page.goto(f"{server.address}/page/image_grid.js?value={quote(json.dumps(asked))}")
    page.wait_for_selector('.tb-grid[data-ready="true"]')


def events(page: Page, name: str) -> list[dict[str, Any]]:
    return [data for event, data in page.evaluate("window.events") if event == name]


def card(page: Page, image_id: int) -> Any:
    return page.locator(f'.tb-card[data-image-id="{image_id}"]')


def test_fifty_thousand_images_need_few_cards(page: Page, server: SmallServer) -> None:
    open_grid(page, server, 50_000)
    assert page.locator(".tb-card").count() < 100
    page.locator(".tb-grid-list").focus()
    page.keyboard.press("End")
    expect(card(page, 50_000)).to_be_visible(timeout=2000)
    assert page.locator(".tb-card").count() < 100
    expect(page.locator(".tb-grid-count")).to_have_text("50,000 images")


def test_a_card_stays_itself_when_the_window_changes(page: Page, server: SmallServer) -> None:
    open_grid(page, server)
    third = card(page, 3).element_handle()
    width = third.bounding_box()["width"]
    page.set_viewport_size({"width": 1000, "height": 700})
    page.wait_for_function(
        "([card, width]) => card.getBoundingClientRect().width !== width", arg=[third, width]
    )
    assert third.get_attribute("data-image-id") == "3" and third.is_visible()


def test_a_card_says_what_is_known(page: Page, server: SmallServer) -> None:
    open_grid(page, server)
    expect(card(page, 10)).to_have_attribute(
        "aria-label",
        "gear_00010.png · your verdict: defect · model: pass 1.00 (reject limit 1.00) · painted: dent · kept for testing",
    )
    expect(card(page, 4)).to_contain_text("pass 1.00")
    expect(card(page, 10).get_by_title("kept for testing", exact=True)).to_be_visible()
    expect(card(page, 4).get_by_title("kept for testing", exact=True)).to_be_hidden()


def test_click_shift_and_ctrl_select(page: Page, server: SmallServer) -> None:
    open_grid(page, server)
    card(page, 2).click()
    card(page, 5).click(modifiers=["Shift"])
    card(page, 9).click(modifiers=["Control"])
    assert events(page, "selected")[-1] == {"image_ids": [2, 3, 4, 5, 9]}
    card(page, 3).click(modifiers=["Control"])
    assert events(page, "selected")[-1] == {"image_ids": [2, 4, 5, 9]}
    expect(page.locator(".tb-grid-count")).to_have_text("300 images, 4 selected")


def test_the_keyboard_alone_selects_and_opens(page: Page, server: SmallServer) -> None:
    open_grid(page, server)
    page.locator(".tb-grid-list").focus()
    for key in ("ArrowRight", "Space", "ArrowRight", "ArrowRight", "Space", "d", "d"):
        page.keyboard.press(key)
    assert events(page, "selected")[-1] == {"image_ids": [2, 4]}
    page.keyboard.press("Enter")
    assert events(page, "open") == [{"image_id": 6}]
    page.keyboard.press("Shift+ArrowRight")
    assert events(page, "selected")[-1] == {"image_ids": [6, 7]}
    assert page.locator(".tb-grid-list").get_attribute("aria-activedescendant") == "tb-card-6"


def test_a_double_click_opens(page: Page, server: SmallServer) -> None:
    open_grid(page, server)
    card(page, 5).dblclick()
    assert events(page, "open") == [{"image_id": 5}]


def test_several_images_are_judged_at_once_and_taken_back(page: Page, server: SmallServer) -> None:
    open_grid(page, server)
    card(page, 1).click()
    card(page, 3).click(modifiers=["Shift"])
    page.keyboard.press("g")
    expect(card(page, 2).locator(".tb-card-verdict")).to_have_text("good")
    assert server.verdicts[0] | {"author": "Ann"} == server.verdicts[0]
    assert (server.verdicts[0]["image_ids"], server.verdicts[0]["verdict"]) == ([1, 2, 3], "good")
    expect(page.locator(".tb-grid-notice")).to_contain_text("1 image is painted: nothing is learnt there")
    page.keyboard.press("Control+z")
    expect(card(page, 2).locator(".tb-card-verdict")).to_have_text("defect")
    expect(card(page, 3).locator(".tb-card-verdict")).to_have_text("unsure")
    expect(page.locator(".tb-grid-notice")).to_have_text("Taken back: 2 images.")  # one was good before


def test_only_what_a_verdict_changed_is_counted_and_taken_back(page: Page, server: SmallServer) -> None:
    open_grid(page, server)
    same = {card["verdict"] for card in server.cards[:3]}
    assert len(same) == 3
    notice = page.locator(".tb-grid-notice")
    card(page, 1).click()
    card(page, 3).click(modifiers=["Shift"])
    page.keyboard.press("u")
    expect(notice).to_contain_text("2 images marked unsure, 1 was already.")
    page.keyboard.press("u")
    expect(notice).to_have_text("3 images were marked unsure already.")
    page.keyboard.press("Control+z")
    expect(notice).to_have_text("Taken back: 2 images.")
    assert {card["verdict"] for card in server.cards[:3]} == same


def test_one_press_selects_all_that_are_listed_and_one_more_none(page: Page, server: SmallServer) -> None:
    open_grid(page, server)
    page.get_by_role("button", name="Select all").click()
    page.get_by_role("button", name="Defect").click()
    expect(page.locator(".tb-grid-notice")).to_contain_text("225 images marked defect, 75 were already.")
    assert len(server.verdicts[0]["image_ids"]) == 300
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".tb-grid-notice")).to_have_text("Taken back: 225 images.")
    page.get_by_role("button", name="Select none").click()
    expect(page.locator(".tb-grid-count")).to_have_text("300 images")


def test_flying_past_cards_asks_for_few_thumbnails(page: Page, server: SmallServer) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/thumbnails/" in request.url else None)
    open_grid(page, server, 20_000)
    page.evaluate(
        """async () => {
          const list = document.querySelector('.tb-grid-list');
          for (let step = 0; step < 60; step++) {
            list.scrollTop += 4000;
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
        }"""
    )
    page.wait_for_timeout(500)
    assert 0 < len(asked) < 500  # 60 screens have passed, about 2,500 cards


def test_another_query_or_refresh_asks_again(page: Page, server: SmallServer) -> None:
    open_grid(page, server)
    server.cards = cards(3)
    value = GridValue(query={"product": "gear", "verdict": None, "painted": True}, author="Ann").to_json()
    with page.expect_request("**/api/images?product=gear&painted=true&limit=200"):
        page.evaluate("(value) => { window.setValue(value); }", value)
    expect(page.locator(".tb-grid-count")).to_have_text("3 images")
    server.cards = cards(1)
    page.evaluate("(value) => { window.setValue(value); }", value | {"refresh": 1})
    expect(page.locator(".tb-grid-count")).to_have_text("1 image")


def test_a_verdict_needs_a_name(page: Page, server: SmallServer) -> None:
    open_grid(page, server, author="")
    card(page, 1).click()
    page.keyboard.press("g")
    expect(page.locator(".tb-grid-notice")).to_contain_text("Type your name first")
    assert events(page, "name_needed") == [{}]
    assert server.verdicts == []


def test_a_list_that_got_shorter_in_a_hidden_tab_is_shown_as_it_is_now(
    page: Page, server: SmallServer
) -> None:
    open_grid(page, server)
    page.evaluate("document.getElementById('host').hidden = true")
    server.cards = cards(2)
    page.evaluate("(value) => window.setValue(value)", {"query": {}, "author": "Ann", "refresh": 1})
    expect(page.locator(".tb-grid-count")).to_have_text("2 images")
    expect(page.locator('.tb-grid[data-ready="true"]')).to_have_count(1)

    page.evaluate("document.getElementById('host').hidden = false")

    expect(page.locator(".tb-card")).to_have_count(2)
    page.locator(".tb-grid-list").focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert events(page, "open") == [{"image_id": 2}]


def test_a_list_that_came_in_a_tab_hidden_for_a_moment_is_shown(page: Page, server: SmallServer) -> None:
    open_grid(page, server)
    page.evaluate(
        """(cards) => {
          const host = document.getElementById("host");
          host.hidden = true;
          window.component.grid.show(cards);
          host.hidden = false;
        }""",
        cards(2),
    )
    expect(page.locator(".tb-card")).to_have_count(2)


def test_a_double_click_across_a_reload_opens_what_the_first_click_was_on(
    page: Page, server: SmallServer
) -> None:
    open_grid(page, server)
    box = card(page, 5).bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down(click_count=1)
    page.mouse.up(click_count=1)
    server.cards = cards(300)[10:]  # another image stands in this place now
    page.evaluate("(value) => window.setValue(value)", {"query": {}, "author": "Ann", "refresh": 1})
    expect(page.locator(".tb-grid-count")).to_contain_text("290 images")

    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)

    assert events(page, "open") == [{"image_id": 5}]


def test_the_first_cards_are_there_before_a_long_list_is(page: Page, server: SmallServer) -> None:
    server.list_delay = 1.0
    server.cards = cards(5_400)  # 200, 5,000 and 200
    asked = {"query": {"product": "gear"}, "author": "Ann"}
    page.goto(f"{server.address}/page/image_grid.js?value={quote(json.dumps(asked))}", wait_until="commit")
    expect(card(page, 2)).to_be_visible()
    expect(page.locator(".tb-grid-count")).to_have_text("5,400 images")
    assert page.locator('.tb-grid[data-ready="false"]').count() == 1
    box = card(page, 2).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 30, box["y"] + 30)  # a locator's click scrolls where it has to try again

    page.wait_for_selector('.tb-grid[data-ready="true"]')

    expect(page.locator(".tb-grid-count")).to_have_text("5,400 images, 1 selected")
    expect(card(page, 2)).to_have_attribute("aria-selected", "true")
    page.locator(".tb-grid-list").focus()
    page.keyboard.press("End")
    expect(card(page, 5_400)).to_be_visible()
