"""The components inside the real Gradio app, mounted in the server as the product mounts it."""

import re
from collections.abc import Iterator

import gradio as gr
import pytest
from playwright.sync_api import Page, expect

from app.canvas.image_grid import GridValue, ImageGrid
from app.canvas.key_map import KeyMap
from app.canvas.mask_canvas import CanvasValue, MaskCanvas
from tests.canvas.conftest import HEIGHT, TYPES, WIDTH, Painter
from tests.canvas.small_server import SmallServer, Stored, build, picture, serving
from tests.canvas.test_image_grid import cards

pytestmark = pytest.mark.browser


def add_pages(seen: list[str]) -> gr.Blocks:
    def said(name: str, event: gr.EventData) -> str:
        seen.append(name)
        return f"{name} {event._data}"

    with gr.Blocks() as demo:
        keys = KeyMap()
        said_last = gr.Textbox(elem_id="said")
        with gr.Tabs():
            with gr.Tab("Browse"):
                grid = ImageGrid(GridValue(query={"product": "gear"}, author="Ann"), elem_id="grid")
            with gr.Tab("Label"):
                canvas = MaskCanvas(CanvasValue(image_id=7, author="Ann"), elem_id="canvas")

        def opened(event: gr.EventData) -> str:
            return said("open", event)

        def saved(event: gr.EventData) -> str:
            return said("saved", event)

        def teach(event: gr.EventData) -> str:
            return said("teach", event)

        def move(event: gr.EventData) -> CanvasValue:
            return CanvasValue(image_id=8 if event.direction == "next" else 7, author="Ann")

        grid.open(opened, outputs=said_last)
        canvas.saved(saved, outputs=said_last)
        canvas.move(move, outputs=canvas)
        keys.teach(teach, outputs=said_last)
    return demo


@pytest.fixture
def mounted() -> Iterator[SmallServer]:
    images = {number: Stored(WIDTH, HEIGHT, picture(WIDTH, HEIGHT, number)) for number in (7, 8)}
    server = SmallServer(images=images, types=list(TYPES), cards=cards(40))
    app = gr.mount_gradio_app(build(server), add_pages([]), path="/")
    with serving(app) as address:
        server.address = address
        yield server


def test_painting_judging_and_moving_in_a_tab_of_gradio(page: Page, mounted: SmallServer) -> None:
    painter = Painter(page, mounted)
    page.goto(mounted.address)
    page.wait_for_selector('#grid .tb-grid[data-ready="true"]')
    page.locator('.tb-card[data-image-id="3"]').dblclick()
    said = page.locator("#said textarea")
    expect(said).to_have_value("open {'image_id': 3}")
    page.get_by_role("tab", name="Label").click()
    painter.ready(7)
    page.evaluate("window.component = document.querySelector('#canvas .tb-painter').painter")
    painter.stroke((60, 60), (160, 60))
    expect(said).to_have_value(re.compile("saved .*'revision': 1"))
    page.keyboard.press("Enter")
    painter.ready(8)
    assert mounted.images[7].complete and mounted.images[7].verdict == "defect"
    page.keyboard.press("a")
    painter.ready(7)
    page.keyboard.press("t")
    expect(said).to_have_value("teach {}")


def test_g_in_browse_judges_no_image_of_the_hidden_label_tab(page: Page, mounted: SmallServer) -> None:
    page.goto(mounted.address)
    page.get_by_role("tab", name="Label").click()
    page.wait_for_selector('#canvas .tb-painter[data-ready="true"]')
    page.get_by_role("tab", name="Browse").click()
    page.locator('.tb-card[data-image-id="3"]').click()
    page.keyboard.press("g")
    expect(page.locator(".tb-grid-notice")).to_contain_text("1 image marked good.")
    assert [verdict.get("image_ids") for verdict in mounted.verdicts] == [[3]]
