"""The whole product for browser tests: real server, real training process, real Chromium, parts small enough to be quick."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, expect

from app.server import access_for, bind, build_server, mount_pages
from app.services import Services, open_services
from app.settings import Settings
from core.config import DmadConfig
from tests.e2e.inspector import PATIENCE, Inspector

expect.set_options(timeout=PATIENCE)
PORT = 19860
SMALL = DmadConfig(
    image_size=128,
    coreset_minimum=60,
    outlier_limit=100,
    fit_steps=10,
    teach_steps=15,
    folds=2,
    head_width=32,
)


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
    services = open_services(workspace, device="cpu", config=SMALL.to_json())
    settings = Settings(workspace, port=PORT, opens_browser=False)
    opened, bound = bind(settings)
    access = access_for(bound)
    app = build_server(services, access)
    mount_pages(app, services, access)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield Running(services, f"http://127.0.0.1:{bound.port}", workspace)
    server.should_exit = True
    thread.join(20)
    services.close()
    opened.close()


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
