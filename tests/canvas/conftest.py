"""A real Chromium, the small server, and a painter or grid that has been opened in it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from app.canvas import run_lengths
from tests.canvas.small_server import SmallServer, Stored, build, picture, serving

WIDTH, HEIGHT = 320, 240
TYPES = [
    {"name": "scratch", "colour": "#e5484d", "position": 0},
    {"name": "dent", "colour": "#3e8bff", "position": 1},
]


@pytest.fixture(scope="session")
def running() -> Iterator[SmallServer]:
    """One server for all tests: starting one takes as long as a test."""
    small = SmallServer()
    with serving(build(small)) as address:
        small.address = address
        yield small


@pytest.fixture
def server(running: SmallServer) -> SmallServer:
    """As new."""
    images = {number: Stored(WIDTH, HEIGHT, picture(WIDTH, HEIGHT, number)) for number in (7, 8)}
    vars(running).update(vars(SmallServer(images=images, types=list(TYPES), address=running.address)))
    return running


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests: a second page of one context opens in half the time of a first one."""
    opened = browser.new_context(viewport={"width": 1366, "height": 768})
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, running: SmallServer) -> Iterator[Page]:
    """A new page in a browser that keeps nothing of the test before."""
    page = context.new_page()
    everything = {"origin": running.address, "storageTypes": "all"}
    context.new_cdp_session(page).send("Storage.clearDataForOrigin", everything)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    for opened in context.pages:
        opened.close()
    assert problems == []


@dataclass
class Painter:
    """The painter on a page, handled as a person does."""

    page: Page
    server: SmallServer

    def open(self, image_id: int = 7, wait: bool = True, **more: Any) -> "Painter":
        value = {"image_id": image_id, "author": "Ann", **more}
        self.page.goto(f"{self.server.address}/page/mask_canvas.js?value={quote(json.dumps(value))}")
        return self.ready(image_id) if wait else self

    def ready(self, image_id: int) -> "Painter":
        self.page.wait_for_selector(f'.tb-painter[data-ready="true"][data-image-id="{image_id}"]')
        return self

    def put(self, **value: Any) -> None:
        self.page.evaluate("(value) => { window.setValue(value); }", {"author": "Ann", **value})

    def window_at(self, x: float, y: float) -> tuple[float, float]:
        at = self.page.evaluate("([x, y]) => window.component.toWindow(x, y)", [x, y])
        return at["x"], at["y"]

    def stroke(self, *points: tuple[float, float]) -> None:
        self.page.mouse.move(*self.window_at(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.window_at(*point), steps=4)
        self.page.mouse.up()

    def key(self, key: str) -> None:
        self.page.keyboard.press(key)

    def events(self, name: str) -> list[dict[str, Any]]:
        seen: list[list[Any]] = self.page.evaluate("window.events")
        return [data for event, data in seen if event == name]

    def saved(self) -> "Painter":
        self.page.wait_for_selector('.tb-painter[data-saved="saved"]')
        return self

    def layer(self, name: str, image_id: int = 7) -> Any:
        """The mask that the server has of this defect type."""
        stored = self.server.images[image_id]
        runs = next((layer["runs"] for layer in stored.layers if layer["defect_type"] == name), [])
        return run_lengths.decode(runs, stored.width, stored.height)

    def status(self) -> str:
        return self.page.locator(".tb-status").inner_text()


@pytest.fixture
def painter(page: Page, server: SmallServer) -> Painter:
    return Painter(page, server)


@pytest.fixture
def run_module(page: Page, server: SmallServer) -> Callable[..., Any]:
    """Call `body(module, argument)` with one of our modules in the browser."""

    def run(module: str, body: str, argument: Any = None) -> Any:
        page.goto(f"{server.address}/api/defect-types")
        script = f"async (argument) => {{ const module = await import('/static/canvas/{module}'); {body} }}"
        return page.evaluate(script, argument)

    return run
