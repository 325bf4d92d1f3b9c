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


@pytest.fixture(scope="module")
def plates(running: Running) -> tuple[int, ...]:
    files = [IncomingFile(f"plate-{seed}.png", part(seed).png) for seed in range(4)]
    return running.services.importing.import_files(files, "plate", "Ada").image_ids


def test_a_long_conversation_opens_at_its_newest_line(
    inspector: Inspector, running: Running, plates: tuple[int, ...]
) -> None:
    for number in range(12):
        running.services.questions.remark(plates[0], f"remark {number}", "Ada")
    inspector.come(f"?open=label&image={plates[0]}").on_label(plates[0])
    box = inspector.page.locator(".tw-conversation")
    newest = box.get_by_text("remark 11", exact=True)
    oldest = box.get_by_text("remark 0", exact=True)
    expect(newest).to_be_in_viewport(ratio=1)
    expect(oldest).not_to_be_in_viewport()

    field = inspector.page.locator("#tw-remark :is(input, textarea)")
    field.fill("it wipes off")
    inspector.page.set_viewport_size({"width": 1280, "height": 720})
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
