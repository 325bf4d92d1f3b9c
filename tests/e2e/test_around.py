"""What stands around the pages: the panel beside the painter, the header, the keys."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from app.services.agreement import due
from app.services.views import ImageFilter, IncomingFile
from tests.e2e.conftest import Running
from tests.e2e.inspector import Inspector
from tests.services.parts import part

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# How much wider a field is than the text that stands in it while it is empty, px.
TEXT_ROOM = """(field) => {
  const look = getComputedStyle(field);
  const brush = document.createElement("canvas").getContext("2d");
  brush.font = look.font;
  const inside = field.clientWidth - parseFloat(look.paddingLeft) - parseFloat(look.paddingRight);
  return inside - brush.measureText(field.placeholder).width;
}"""


@pytest.fixture(scope="module")
def plates(running: Running) -> tuple[int, ...]:
    files = [IncomingFile(f"plate-{seed}.png", part(seed).png) for seed in range(4)]
    return running.services.importing.import_files(files, "plate", "Ada").image_ids


def test_a_long_conversation_opens_at_its_newest_line(
    inspector: Inspector, running: Running, plates: tuple[int, ...]
) -> None:
    for number in range(12):
        running.services.questions.remark(plates[0], f"remark {number}", "Ada")
    inspector.page.set_viewport_size({"width": 1280, "height": 720})
    inspector.come(f"?open=label&image={plates[0]}").on_label(plates[0])
    box = inspector.page.locator(".tw-conversation")
    newest = box.get_by_text("remark 11", exact=True)
    oldest = box.get_by_text("remark 0", exact=True)
    expect(newest).to_be_in_viewport(ratio=1)
    expect(oldest).not_to_be_in_viewport()

    field = inspector.page.locator("#tw-remark :is(input, textarea)")
    field.fill("it wipes off")
    field.press("Enter")
    written = box.get_by_text("it wipes off")
    expect(written).to_be_in_viewport(ratio=1)
    first, second = newest.bounding_box(), written.bounding_box()
    assert first and second and first["y"] < second["y"]  # as it is read: the newest last


def test_an_upload_says_which_files_were_already_there_and_from_which_folder(
    inspector: Inspector, running: Running, plates: tuple[int, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "monday"
    for lot, seed in (("lot-a", 0), ("lot-b", 50)):  # the first is a plate that is there
        (folder / lot).mkdir(parents=True)
        (folder / lot / "001.png").write_bytes(part(seed).png)
    (folder / "notes.txt").write_text("none of the images")
    (folder / "lot-b" / "broken.png").write_bytes(b"no picture")
    inspector.come().settled()
    inspector.page.locator("#tw-import .tw-button").click()
    sheet = inspector.page.locator(".tw-import-sheet")
    sheet.locator("input[webkitdirectory]").set_input_files(folder)
    sheet.locator("input[list]").fill("plate")
    sheet.get_by_role("button", name="Import 3 images").click()

    expect(sheet.locator(".tw-import-message")).to_have_text("1 added, 1 was already there, 1 refused.")
    became = {
        kind: sheet.locator(f'li[data-became="{kind}"]').all_inner_texts()
        for kind in ("added", "known", "refused")
    }
    assert [text.split("\n")[-1] for text in became["added"]] == ["monday/lot-b/001.png"]
    assert [text.split("\n")[-1] for text in became["known"]] == ["monday/lot-a/001.png: already there"]
    assert "monday/lot-b/broken.png: " in became["refused"][0]
    names = [card.name for card in running.services.browsing.find(ImageFilter(text="001.png"))]
    assert names == ["monday/lot-b/001.png"]


def test_a_second_look_offers_no_heatmap(
    context: BrowserContext, running: Running, plates: tuple[int, ...]
) -> None:
    running.services.labelling.judge(plates, "good", "Ada")
    with running.services._workspace.reading() as work:
        name = next(name for name in map(str, range(200)) if set(due(work, name)) & set(plates))
    person = Inspector(context.new_page(), running.address)
    person.has_name(name)
    person.come("?open=label&queue=all").on_label()
    expect(person.page.locator("#tw-heatmap-on")).to_be_visible()

    person.come("?open=label&queue=recheck").on_label()
    expect(person.page.locator(".tw-why [data-why=recheck]")).to_be_visible()
    expect(person.page.locator("#tw-heatmap-on")).to_be_hidden()


@pytest.mark.parametrize("width", [1024, 1280, 1366])
def test_header_search_and_names_fit_in_a_narrow_window(
    inspector: Inspector, running: Running, plates: tuple[int, ...], width: int
) -> None:
    name = "defect/water_mark/lot-1_part-0049.png"
    running.services.importing.import_files([IncomingFile(name, part(70).png)], "sheet", "Ada")
    inspector.page.set_viewport_size({"width": width, "height": 720})
    inspector.come("?open=browse&product=sheet").settled()

    tabs = inspector.page.locator("#tw-tabs button[role=tab]")
    ends = max(box["x"] + box["width"] for tab in tabs.all() if (box := tab.bounding_box()))
    strip = inspector.page.locator(".tw-strip").bounding_box()
    assert strip and ends <= strip["x"]
    room = inspector.page.locator("#tw-search :is(input, textarea)").evaluate(TEXT_ROOM)
    assert room >= 0, f"the search's text is cut by {-room} px"
    end = inspector.page.locator(".tb-card-name > :last-child")
    expect(end).to_have_text("_part-0049.png")
    assert end.evaluate("(span) => span.scrollWidth <= span.clientWidth")
    card = inspector.page.locator(".tb-card").bounding_box()
    text = end.bounding_box()
    assert card and text and text["x"] + text["width"] <= card["x"] + card["width"]
    scrolls = "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    assert max(inspector.page.evaluate(scrolls)) <= 0


def test_the_key_of_lessons_opens_teach_from_another_page_and_the_sheet_says_so(
    inspector: Inspector, running: Running, plates: tuple[int, ...]
) -> None:
    inspector.come("?open=review").settled()
    inspector.key("?")
    expect(inspector.page.locator("#twinbank-key-sheet")).to_contain_text(
        "Teach: on Label and Teach a lesson starts; elsewhere Teach is opened"
    )
    inspector.key("Escape")
    inspector.key("t")
    expect(inspector.page.locator("#tw-page-teach")).to_be_visible()
    inspector.settled()
    expect(inspector.page.locator("#tw-waiting")).to_contain_text("Build first model")
    assert running.services.teaching.latest() is None
