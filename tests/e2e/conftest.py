"""The whole product for browser tests: real server, real training process, real Chromium, parts small enough to be quick."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from app.services import Services
from app.settings import Settings
from tests.e2e.inspector import PATIENCE, Inspector
from tests.small import open_small, pages_served

expect.set_options(timeout=PATIENCE)
PORT = 19860


@dataclass(frozen=True)
class Running:
    """One open workspace and where its pages are."""

    services: Services
    address: str
    workspace: Path


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An empty workspace behind the real server, with its pages, on a thread of this process."""
    workspace = tmp_path_factory.mktemp("e2e") / "workspace"
    with (
        closing(open_small(workspace)) as services,
        pages_served(services, Settings(workspace, port=PORT, opens_browser=False)) as address,
    ):
        yield Running(services, address, workspace)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1366, "height": 768})
    yield opened
    opened.close()


@pytest.fixture
def inspector(context: BrowserContext, running: Running) -> Iterator[Inspector]:
    """A person at the browser who has typed a name before."""
    person = Inspector(context.new_page(), running.address)
    person.has_name("Ann")
    yield person
    assert person.problems == []
    assert person.strangers == []
