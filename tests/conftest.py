"""What all tests share: one real Chromium for the whole run, and workspaces over the product's own services."""

import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from app.services import Services, open_services
from app.services.views import IncomingFile
from tests.services.parts import part

CHROMIUM = os.environ.get("TWINBANK_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


if (
    signal.getsignal(signal.SIGINT) == signal.SIG_IGN
):  # started in the background: programs under test would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: where files run side by side, the last ones should be short."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for all folders: a second Playwright in the same process refuses to start."""
    if not CHROMIUM:
        if os.environ.get("CI"):
            pytest.fail("CI has no Chromium")
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """An empty workspace; no training process is started by opening it."""
    opened = open_services(tmp_path / "workspace", device="cpu")
    yield opened
    opened.close()


@pytest.fixture
def plates(services: Services) -> tuple[int, ...]:
    """Four images of "plate", nobody has judged them."""
    files = [IncomingFile(f"part-{seed}.png", part(seed).png) for seed in range(4)]
    return services.importing.import_files(files, "plate", "Ada").image_ids
