"""A server of its own and a person at the browser: what all parts of `bench painting` share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.services import open_services
from app.services.views import IncomingFile, Painting
from benchmarks.speed.run import enlarged, rendered
from core.images import encode_png

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PROJECT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 60_000  # ms
TYPE = "scratch"
PORT = 18_950


def percentiles(values: Sequence[float], *asked: int) -> dict[str, float]:
    """Return {"p50": ..., ...}, rounded to a tenth."""
    return {f"p{percent}": round(float(np.percentile(values, percent)), 1) for percent in asked}


class NoBrowserError(Exception):
    """There is no Playwright or no Chromium; the message says what to do."""


class Server:
    """`launch.py serve` on a workspace, in a process that can be killed and started again at the same address."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.address = f"http://127.0.0.1:{PORT}"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "app.cli", "serve", "--empty", "--no-browser", "--device", "cpu"]
        command += ["--workspace", str(self.workspace), "--port", str(PORT)]
        self._process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("Twinbank is open at "):
                self.address = line.split()[-1]
                break
        self._wait()

    def _wait(self) -> None:
        while True:
            try:
                urllib.request.urlopen(self.address + "/api/products", timeout=60).read()
                return
            except (urllib.error.URLError, OSError):
                if self._process is None or self._process.poll() is not None:
                    raise

    def kill(self) -> None:
        """End it as a power cut does: no goodbye."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def paintings(self, image_ids: list[int]) -> dict[int, Painting]:
        """Read what is stored; the server must be down."""
        services = open_services(self.workspace, device="cpu")
        try:
            return {image_id: services.labelling.painting(image_id) for image_id in image_ids}
        finally:
            services.close()


def filled(workspace: Path, sizes: list[tuple[int, int]], product: str = "part") -> list[int]:
    """Make a workspace of rendered parts of these sizes (H, W) and return the images' ids."""
    services = open_services(workspace, device="cpu")
    try:
        services.labelling.add_defect_type(TYPE)
        pictures = rendered(len(sizes))
        files = [
            IncomingFile(f"part_{number:03}.png", encode_png(_fitted(picture, size)))
            for number, (picture, size) in enumerate(zip(pictures, sizes, strict=True))
        ]
        return list(services.importing.import_files(files, product, "Ann").image_ids)
    finally:
        services.close()


def _fitted(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    height, width = size
    return np.ascontiguousarray(enlarged(picture, max(size))[:height, :width])


@contextmanager
def chromium() -> Iterator[Browser]:
    """Open a headless Chromium without a GPU.

    Raises:
        NoBrowserError
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise NoBrowserError(
            "Playwright is not installed. `python3 launch.py test` installs it; stop it when the tests begin."
        ) from error
    path = os.environ.get("TWINBANK_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=["--disable-gpu"])
        except Error as error:
            raise NoBrowserError(
                "No Chromium was found. Install one, or name it: TWINBANK_CHROMIUM=/path/to/chromium"
            ) from error
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Person:
    """Somebody who paints on the page Label."""

    page: Page
    address: str

    @classmethod
    def at(cls, context: BrowserContext, address: str, name: str = "Ann") -> Person:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("dialog", lambda dialog: dialog.accept())  # "leave this page?" while saves are waiting
        page.add_init_script(
            f"localStorage.setItem('twinbank.name', {name!r});"
            "localStorage.setItem('twinbank.last-active', String(Date.now()));"
        )
        return cls(page, address)

    def open(self, image_id: int) -> Person:
        self.page.goto(f"{self.address}/?open=label&image={image_id}", wait_until="domcontentloaded")
        return self.ready(image_id)

    def ready(self, image_id: int) -> Person:
        self.page.wait_for_selector(f'#tw-canvas .tb-painter[data-ready="true"][data-image-id="{image_id}"]')
        return self

    def inside(self, script: str, argument: Any = None) -> Any:
        """Run `script`, a function of the painter and the argument."""
        return self.page.locator("#tw-canvas .tb-painter").evaluate(
            f"(root, argument) => ({script})(root.painter, argument)", argument
        )

    def stroke(self, points: list[tuple[float, float]]) -> None:
        """Draw with the mouse through points of the image, which must be in sight."""
        places = self.inside("(painter, points) => points.map(([x, y]) => painter.toWindow(x, y))", points)
        mouse = self.page.mouse
        mouse.move(places[0]["x"], places[0]["y"])
        mouse.down()
        for place in places[1:]:
            mouse.move(place["x"], place["y"])
        mouse.up()

    def saved(self) -> None:
        self.page.wait_for_selector('#tw-canvas .tb-painter[data-saved="saved"]')

    def painted(self, width: int, height: int) -> NDArray[np.bool_]:
        """(H, W) the layer as the browser holds it."""
        runs = self.inside(
            "(painter, name) => painter.session.painting.content().layers"
            ".find((layer) => layer.defect_type === name)?.runs ?? []",
            TYPE,
        )
        flat = np.zeros(width * height, dtype=np.bool_)
        for start, length in zip(runs[::2], runs[1::2], strict=True):
            flat[start : start + length] = True
        return flat.reshape(height, width)
