"""What is around the pages: the name, the keys, light and dark, nothing from outside."""

import time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Route, expect

from app.services import Services
from app.services.agreement import due
from app.services.views import ImageCard, ImageFilter, IncomingFile, PaintedLayer, PaintingDraft
from storage.records import TwiceJudged
from tests.e2e.conftest import Running
from tests.e2e.inspector import PATIENCE, Inspector
from tests.services.parts import SIDE, part

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def plates(running: Running) -> tuple[int, ...]:
    files = [IncomingFile(f"plate-{seed}.png", part(seed).png) for seed in range(6)]
    return running.services.importing.import_files(files, "plate", "Ada").image_ids


def verdicts(services: Services, images: tuple[int, ...]) -> list[str | None]:
    return [services.browsing.card(image).verdict for image in images]


def test_the_first_visit_asks_for_a_name_and_keeps_it(context: BrowserContext, running: Running) -> None:
    person = Inspector(context.new_page(), running.address)
    person.come()
    sheet = person.page.locator(".tw-name-sheet")
    expect(sheet).to_be_visible()
    person.key("Escape")
    expect(sheet).to_be_visible()  # nobody works without a name
    sheet.locator("input").fill("Ada Löwe")
    person.key("Enter")
    expect(person.page.locator(".tw-name")).to_have_text("Ada Löwe")

    person.come()
    expect(person.page.locator(".tw-name")).to_have_text("Ada Löwe")
    expect(sheet).to_be_hidden()


def test_half_an_hour_without_anybody_asks_again(context: BrowserContext, running: Running) -> None:
    person = Inspector(context.new_page(), running.address)
    person.page.add_init_script(
        "localStorage.setItem('twinbank.name', 'Ann'); localStorage.setItem('twinbank.last-active', String(Date.now() - 31 * 60000))"
    )
    person.come()
    expect(person.page.locator(".tw-name-sheet h2")).to_have_text("Is it still Ann?")


def test_every_page_fits_the_window_of_a_laptop(inspector: Inspector, plates: tuple[int, ...]) -> None:
    for name in ("browse", "label", "review"):
        inspector.come(f"?open={name}")
        expect(inspector.page.locator(f"#tw-page-{name}")).to_be_visible()
        inspector.page.wait_for_timeout(1000)
        room = inspector.page.evaluate(
            "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
        )
        assert max(room) <= 0, f"{name} scrolls by {room}"


@pytest.mark.parametrize("width", [1024, 1366])
def test_what_runs_lies_over_no_tab(inspector: Inspector, width: int) -> None:
    inspector.page.set_viewport_size({"width": width, "height": 768})
    inspector.come()
    text = inspector.page.locator(".tw-strip-text")
    expect(text).not_to_be_empty()
    text.evaluate("(element) => { element.textContent = 'Judging images 100 % · less than 1 s left'; }")
    strip, models = (
        inspector.page.locator(".tw-strip").bounding_box(),
        inspector.page.get_by_role("tab", name="Models").bounding_box(),
    )
    assert strip is not None and models is not None
    assert strip["x"] >= models["x"] + models["width"]


def test_a_pass_through_the_queue_needs_no_mouse(
    inspector: Inspector, running: Running, plates: tuple[int, ...]
) -> None:
    running.services.labelling.judge(plates, None, "Ada")
    order = running.services.queue.order()
    inspector.come("?open=label").on_label(order[0])
    for key, image in zip("gnud", order[1:5], strict=True):
        inspector.key(key)
        inspector.on_label(image)
    for image in (order[3], order[2]):  # left for later, judged
        inspector.key("a")
        inspector.on_label(image)
    inspector.saved()

    assert verdicts(running.services, order) == ["good", "defect", "unsure", None, None, None]
    expect(inspector.page.locator(".tw-up-next")).to_contain_text("3 left, 1 of them for later")


def test_a_reload_comes_back_to_the_image(
    inspector: Inspector, running: Running, plates: tuple[int, ...]
) -> None:
    running.services.labelling.judge(plates, None, "Ada")
    order = running.services.queue.order(person="Ann")
    inspector.come("?open=label").on_label(order[0])
    inspector.key("d")
    inspector.on_label(order[1])
    inspector.page.wait_for_url(f"**open=label&image={order[1]}")
    inspector.page.reload()
    inspector.on_label(order[1])


def test_the_question_mark_shows_the_keys(inspector: Inspector, plates: tuple[int, ...]) -> None:
    inspector.come("?open=label").on_label()
    inspector.key("?")
    expect(inspector.page.locator("#twinbank-key-sheet")).to_be_visible()
    inspector.key("Escape")
    expect(inspector.page.locator("#twinbank-key-sheet")).to_be_hidden()


def test_keys_are_left_alone_while_somebody_types(
    inspector: Inspector, running: Running, plates: tuple[int, ...]
) -> None:
    running.services.labelling.judge(plates, None, "Ada")
    inspector.come()
    field = inspector.page.locator("#tw-search :is(input, textarea)")
    field.click()
    inspector.page.keyboard.type("gnu")
    expect(inspector.page.locator("#tw-browse-empty")).to_contain_text("No image matches", timeout=PATIENCE)
    assert verdicts(running.services, plates) == [None] * 6

    inspector.page.get_by_text("Show all images").click()
    expect(inspector.page.locator(".tb-grid-count")).to_have_text("6 images")


def test_filters_stand_in_the_address_and_come_back_with_it(
    inspector: Inspector, running: Running, plates: tuple[int, ...]
) -> None:
    running.services.labelling.judge(plates, None, "Ada")
    running.services.labelling.judge(plates[:2], "good", "Ada")
    lid = IncomingFile("lid-0.png", part(90).png)
    running.services.importing.import_files([lid], "lid", "Ada")
    inspector.come()
    inspector.page.locator("#tw-filter-verdict input").click()
    inspector.page.locator('li[aria-label="Good"]').click()
    count = inspector.page.locator(".tb-grid-count")
    expect(count).to_have_text("2 images")
    expect(inspector.page).to_have_url(f"{running.address}/?open=browse&verdict=good", timeout=PATIENCE)

    inspector.page.reload()
    expect(count).to_have_text("2 images")
    expect(inspector.page.locator("#tw-filter-verdict input")).to_have_value("Good")
    inspector.come("?open=browse&product=plate&verdict=none&order=newest&call=nonsense")
    expect(count).to_have_text("4 images")
    expect(inspector.page).to_have_url(
        f"{running.address}/?open=browse&product=plate&verdict=none&order=newest", timeout=PATIENCE
    )


def test_the_list_without_filters_that_is_answered_late_does_not_stay(
    inspector: Inspector, running: Running, plates: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    running.services.labelling.judge(plates[:2], "good", "Ada")
    find = running.services.browsing.find

    def find_all_slowly(wanted: ImageFilter, *place: Any, **limits: Any) -> tuple[ImageCard, ...]:
        if wanted.verdict is None:
            time.sleep(2)
        return find(wanted, *place, **limits)

    monkeypatch.setattr(running.services.browsing, "find", find_all_slowly)
    inspector.come("?open=browse&verdict=good").settled()
    expect(inspector.page.locator(".tb-grid-count")).to_have_text("2 images")
    expect(inspector.page).to_have_url(f"{running.address}/?open=browse&verdict=good")


def test_filters_that_come_before_the_grid_stand_in_the_address(
    inspector: Inspector, running: Running, plates: tuple[int, ...]
) -> None:
    running.services.labelling.judge(plates[:2], "good", "Ada")
    answered: list[Route] = []
    inspector.page.route("**/image_grid.css", lambda route: answered.append(route))
    inspector.come("?open=browse&verdict=good&call=nonsense").settled()
    for route in answered:
        route.continue_()
    expect(inspector.page.locator(".tb-grid-count")).to_have_text("2 images")
    expect(inspector.page).to_have_url(f"{running.address}/?open=browse&verdict=good", timeout=PATIENCE)


def test_what_is_typed_while_the_page_arrives_stays(inspector: Inspector, plates: tuple[int, ...]) -> None:
    held: list[Route] = []
    inspector.page.route("**/name_tag.js", lambda route: held.append(route))
    inspector.come()
    field = inspector.page.locator("#tw-search :is(input, textarea)")
    field.click()
    inspector.page.keyboard.type("gnu")
    empty = inspector.page.locator("#tw-browse-empty")
    expect(empty).to_contain_text("No image matches")
    for route in held:
        route.continue_()
    inspector.settled()
    expect(field).to_have_value("gnu")
    expect(empty).to_contain_text("No image matches")


def test_dark_is_kept(inspector: Inspector) -> None:
    inspector.come()
    inspector.page.locator("#tw-look button").click()
    expect(inspector.page.locator("body.dark")).to_be_attached()

    inspector.come()
    expect(inspector.page.locator("body.dark")).to_be_attached()


def test_an_address_opens_its_page_and_image(inspector: Inspector, plates: tuple[int, ...]) -> None:
    inspector.come(f"?open=label&image={plates[3]}&welcome=demo").on_label(plates[3])
    expect(inspector.page.locator("#tw-label-banner")).to_contain_text("paint it and press Teach")


def test_an_address_opens_its_page_also_where_the_first_tab_is_quicker(inspector: Inspector) -> None:
    held: list[Route] = []
    inspector.page.route("**/name_tag.js", lambda route: held.append(route))
    inspector.come("?open=review")
    expect(inspector.page).to_have_url(f"{inspector.address}/?open=browse")
    for route in held:
        route.continue_()
    expect(inspector.page.locator("#tw-page-review")).to_be_visible()
    expect(inspector.page).to_have_url(f"{inspector.address}/?open=review")


def test_a_folder_is_imported_with_a_word_about_every_refused_file(
    inspector: Inspector, running: Running, plates: tuple[int, ...], tmp_path: Path
) -> None:
    for folder in ("images", "masks/dent", "ignore"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "images/lid-1.png").write_bytes(part(77).png)
    (tmp_path / "images/broken.png").write_bytes(b"not a picture")
    (tmp_path / "ignore/lid-1.png").write_bytes(b"no mask")
    (tmp_path / "masks/dent/lid-9.png").write_bytes(b"no mask")
    inspector.come()
    inspector.page.locator("#tw-import .tw-button").click()
    sheet = inspector.page.locator(".tw-import-sheet")
    sheet.get_by_text("Folder on the server").click()
    sheet.get_by_label("Folder", exact=False).first.fill(str(tmp_path))
    sheet.get_by_role("button", name="Look at the folder").click()
    expect(sheet.locator(".tw-import-message")).to_contain_text("PNG masks")
    expect(sheet.locator(".tw-import-message")).to_contain_text("2 images: 0 good, 0 defective")
    expect(sheet.locator(".tw-import-results")).to_contain_text("lid-9.png")
    sheet.locator("input[list]").fill("lid")
    sheet.get_by_role("button", name="Import 2 images").click()

    expect(sheet.locator(".tw-import-message")).to_have_text("1 added, 0 were already there, 3 refused.")
    expect(sheet.locator(".tw-import-results")).to_contain_text("broken.png")
    expect(sheet.locator(".tw-import-results")).to_contain_text("without its painting")
    assert [summary.name for summary in running.services.browsing.products()] == ["lid", "plate"]


@pytest.mark.parametrize(
    ("readable", "shown", "says"),
    [
        ({"any": True, "below": []}, True, None),
        ({"any": False, "below": ["/parts"]}, True, "What lies in /parts can be imported from here."),
        ({"any": False, "below": []}, False, None),
    ],
)
def test_only_folders_that_may_be_read_are_offered(
    inspector: Inspector, readable: dict[str, object], shown: bool, says: str | None
) -> None:
    inspector.page.route("**/api/import/folders", lambda route: route.fulfill(json=readable))
    inspector.come()
    with inspector.page.expect_response("**/api/import/folders"):
        inspector.page.locator("#tw-import .tw-button").click()
    sheet = inspector.page.locator(".tw-import-sheet")
    expect(sheet.get_by_text("Folder on the server")).to_be_visible(visible=shown)
    if says:
        sheet.get_by_text("Folder on the server").click()
        expect(sheet.get_by_text(says)).to_be_visible()
    else:
        expect(sheet.get_by_text("can be imported from here")).to_be_hidden()


def test_an_export_says_what_is_lost_and_where_it_went(inspector: Inspector, plates: tuple[int, ...]) -> None:
    inspector.come("?open=browse")
    inspector.page.locator("#tw-export .tw-button").click()
    sheet = inspector.page.locator(".tw-export-sheet")
    expect(sheet.locator(".tw-export-what")).to_contain_text("Everything is kept")
    sheet.locator("select").select_option("mvtec")
    expect(sheet.locator(".tw-losses")).to_contain_text("not judged good or defective")
    sheet.locator("select").select_option("png")
    sheet.get_by_role("button", name="Export", exact=True).click()

    expect(sheet.locator(".tw-import-message")).to_contain_text("images written, 0 painted")
    inspector.come("?open=browse")  # what was exported is still there to be fetched
    inspector.page.locator("#tw-export .tw-button").click()
    with inspector.page.expect_download() as fetched:
        sheet.get_by_role("link", name="Download").click()
    with ZipFile(fetched.value.path()) as archive:
        assert len([name for name in archive.namelist() if "/images/plate/" in name]) == len(plates)
    sheet.get_by_role("button", name="Remove").click()
    expect(sheet.get_by_role("link", name="Download")).to_have_count(0)


def test_a_question_is_answered_with_words_and_goes_back(
    inspector: Inspector, running: Running, plates: tuple[int, ...]
) -> None:
    running.services.labelling.judge(plates, None, "Ada")
    running.services.labelling.judge([plates[1]], "unsure", "Bo")
    inspector.come("?open=label").on_label()
    inspector.page.get_by_role("button", name="1 question from others").click()
    inspector.on_label(plates[1])
    field = inspector.page.locator("#tw-remark :is(input, textarea)")
    field.fill("dust, it wipes off")
    field.press("Enter")
    expect(inspector.page.locator(".tw-conversation")).to_contain_text("dust, it wipes off")
    expect(field).to_have_value("")
    expect(field).not_to_be_focused()
    inspector.key("g")
    inspector.saved()

    assert running.services.questions.inbox("Bo").answers == 1
    said = running.services.questions.conversation(plates[1])
    assert [(one.author, one.verdict, one.text) for one in said] == [
        ("Bo", "unsure", None), ("Ann", None, "dust, it wipes off"), ("Ann", "good", None),
    ]  # fmt: skip


def test_a_second_look_hides_the_painting_and_changes_no_verdict(
    context: BrowserContext, running: Running, plates: tuple[int, ...]
) -> None:
    services = running.services
    services.labelling.judge(plates, None, "Ada")
    services.labelling.judge(plates, "defect", "Ada")
    with services._workspace.reading() as work:
        name, (image, *_) = next((name, found) for name in map(str, range(200)) if (found := due(work, name)))
    base = services.labelling.painting(image).revision
    spot = PaintedLayer("spot", np.eye(SIDE, dtype=bool))
    services.labelling.save_painting(image, PaintingDraft(base, (spot,), None, True), "Ada")
    person = Inspector(context.new_page(), running.address)
    person.has_name(name)

    person.come("?open=label").settled()  # every image is judged: none may be open
    person.page.locator("#tw-queue input").click()
    person.page.get_by_role("option", name="Second look, blind").click()
    person.page.wait_for_selector(".tw-why [data-why=recheck]")
    person.on_label(image)
    assert person.painter.evaluate("(root) => root.painter.session.painting.defectCount") == 0
    expect(person.page.locator("#tw-label-panel")).not_to_contain_text("spot")
    person.key("g")
    expect(person.page.locator("#tw-label-panel")).to_contain_text("Nothing is left in this queue")

    assert services.browsing.card(image).verdict == "defect"
    assert [one.again.value for one in _second_looks(services, name)] == ["good"]


def _second_looks(services: Services, name: str) -> list[TwiceJudged]:
    with services._workspace.reading() as work:
        return [one for one in work.rechecks.all() if one.again_by == name]


def test_a_rule_of_the_defect_book_stands_beside_the_painter(
    inspector: Inspector, running: Running, plates: tuple[int, ...]
) -> None:
    inspector.come().go("book")
    inspector.page.locator("#tw-product input").click()
    inspector.page.locator("li[aria-label^=plate]").click()
    expect(inspector.page.locator("#tw-book-types")).not_to_contain_text("Which product?")
    inspector.settled()
    new = inspector.page.locator("#tw-book-new :is(input, textarea)")
    new.fill("dent")
    new.press("Enter")
    expect(inspector.page.locator("#tw-book-head")).to_contain_text("dent")
    inspector.settled()
    inspector.page.locator("#tw-book-rule textarea").fill("deeper than 0.2 mm")
    inspector.page.get_by_role("button", name="Save rule").click()
    expect(inspector.page.get_by_text("The rule is saved")).to_be_visible()

    inspector.come(f"?open=label&image={plates[0]}").on_label(plates[0])
    entry = inspector.page.locator('.tw-book [data-type="dent"]')
    expect(entry).to_contain_text("deeper than 0.2 mm")
    expect(inspector.painter.get_by_text("dent", exact=True).first).to_be_visible()
