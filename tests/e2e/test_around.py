"""What stands around the pages: the panel beside the painter, the header, the keys."""

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from app.services.agreement import due
from app.services.views import IncomingFile
from tests.e2e.conftest import Running
from tests.e2e.inspector import Inspector
from tests.services.parts import part

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def plates(running: Running) -> tuple[int, ...]:
    files = [IncomingFile(f"plate-{seed}.png", part(seed).png) for seed in range(4)]
    return running.services.importing.import_files(files, "plate", "Ada").image_ids


def lies_within(inner: Locator, outer: Locator) -> bool:
    one, other = inner.bounding_box(), outer.bounding_box()
    assert one is not None and other is not None
    return other["y"] <= one["y"] and one["y"] + one["height"] <= other["y"] + other["height"]


def test_a_long_conversation_opens_at_its_newest_line(
    inspector: Inspector, running: Running, plates: tuple[int, ...]
) -> None:
    for number in range(12):
        running.services.questions.remark(plates[0], f"remark {number}", "Ada")
    inspector.come(f"?open=label&image={plates[0]}").on_label(plates[0])
    box = inspector.page.locator(".tw-conversation")
    newest = box.get_by_text("remark 11", exact=True)
    oldest = box.get_by_text("remark 0", exact=True)
    expect(newest).to_be_visible()
    assert lies_within(newest, box) and not lies_within(oldest, box)

    field = inspector.page.locator("#tw-remark :is(input, textarea)")
    field.fill("it wipes off")
    field.press("Enter")
    written = box.get_by_text("it wipes off")
    expect(written).to_be_visible()
    assert lies_within(written, box)
    first, second = newest.bounding_box(), written.bounding_box()
    assert first and second and first["y"] < second["y"]  # as it is read: the newest last


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
