"""A person at the browser: what tests do on the pages, in their words."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, Request, expect

PATIENCE = 60_000  # ms, on a busy machine
JOB = 300_000  # ms for a lesson
REMEMBER = "localStorage.setItem('twinbank.name', {name!r}); localStorage.setItem('twinbank.last-active', String(Date.now()))"


class Inspector:
    """Handles the pages as a person does; collects what went wrong in the browser."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.problems: list[str] = []
        self.strangers: list[str] = []  # addresses outside this server
        # questions of Gradio's pages, and the streams that bring the answers
        self.asking: set[Request] = set()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", self._watch)
        for end in ("requestfinished", "requestfailed"):
            page.on(end, lambda request: self.asking.discard(request))

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.strangers.append(request.url)
        if "/queue/" in request.url:
            self.asking.add(request)

    def settled(self) -> "Inspector":
        """Wait until every question is answered and none follows: an answer to an earlier one may write over fields."""
        quiet = 0
        until = time.monotonic() + PATIENCE / 1000
        while quiet < 5:
            assert time.monotonic() < until, f"no answer to {[request.url for request in self.asking]}"
            self.page.wait_for_timeout(100)
            quiet = 0 if self.asking else quiet + 1
        return self

    def has_name(self, name: str) -> None:
        self.page.add_init_script(REMEMBER.format(name=name))

    def come(self, query: str = "") -> "Inspector":
        self.page.goto(f"{self.address}/{query}", wait_until="domcontentloaded")
        self.page.wait_for_selector("#tw-tabs button[role=tab]")
        expect(self.page.locator(".tw-strip")).to_be_visible()
        return self

    def go(self, name: str) -> "Inspector":
        self.page.locator(f"#tw-page-{name}-button").click()
        expect(self.page.locator(f"#tw-page-{name}")).to_be_visible()
        return self

    def key(self, key: str) -> None:
        self.page.keyboard.press(key)

    def import_files(self, files: Sequence[Path], product: str, verdict: str = "") -> None:
        self.page.locator("#tw-import .tw-button").click()
        sheet = self.page.locator(".tw-import-sheet")
        sheet.locator("input[type=file]:not([webkitdirectory])").set_input_files(files)
        sheet.locator("input[list]").fill(product)
        sheet.locator("select").first.select_option(verdict)
        sheet.locator("button[type=submit]").click()
        expect(sheet.locator(".tw-import-message")).to_contain_text("added", timeout=PATIENCE)
        sheet.get_by_text("Close").click()

    def open_in_label(self, name: str) -> "Inspector":
        """From the grid on Browse. A page that is opened asks for its cards afresh."""
        self.go("browse").settled()
        self.page.locator(".tb-card", has_text=name).first.dblclick()
        return self.on_label()

    def on_label(self, image_id: int | None = None) -> "Inspector":
        at = f'[data-image-id="{image_id}"]' if image_id is not None else ""
        self.page.wait_for_selector(f'#tw-canvas .tb-painter[data-ready="true"]{at}', timeout=PATIENCE)
        return self

    @property
    def painter(self) -> Locator:
        return self.page.locator("#tw-canvas .tb-painter")

    @property
    def open_image(self) -> int:
        return int(self.painter.get_attribute("data-image-id") or 0)

    def window_at(self, x: float, y: float) -> tuple[float, float]:
        at: dict[str, float] = self.painter.evaluate("(root, [x, y]) => root.painter.toWindow(x, y)", [x, y])
        return at["x"], at["y"]

    def brush(self, size: int) -> None:
        """Press the keys for the brush until it has this size."""
        for _ in range(80):
            now = int(self.painter.locator(".tb-size-text").inner_text().split()[0])
            if now == size:
                return
            self.key("." if now < size else ",")
        raise AssertionError(f"the brush does not reach {size} px")

    def stroke(self, *points: tuple[float, float]) -> None:
        self.page.mouse.move(*self.window_at(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.window_at(*point), steps=3)
        self.page.mouse.up()

    def saved(self) -> None:
        self.page.wait_for_selector('#tw-canvas .tb-painter[data-saved="saved"]', timeout=PATIENCE)

    def painted(self, name: str) -> Any:
        """The layer's pixels as the browser holds them, row after row."""
        return self.painter.evaluate(
            "(root, name) => [...root.painter.session.painting.layers.get(name).pixels]", name
        )

    def lesson(self, version_id: int) -> Locator:
        """Wait for what the lesson did."""
        found = self.page.locator(f'[data-lesson="{version_id}"]')
        expect(found).to_be_visible(timeout=JOB)
        return found
