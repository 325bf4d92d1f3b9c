"""One screenshot of each page, from the rendered demo parts: `.venv/bin/python -m tests.e2e.screenshots docs/screens`.

Builds the demo workspace (a minute or two), paints the part it opens on, teaches it, and photographs the pages.
"""

import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import uvicorn
from playwright.sync_api import sync_playwright

from app.demo import product_named, render_part
from app.demo.writing import plan_demo
from app.server import access_for, bind, build_server, mount_pages
from app.services import Services, open_services
from app.settings import Settings
from tests.conftest import CHROMIUM, FLAGS
from tests.e2e.inspector import Inspector

SIZE = {"width": 1366, "height": 768}


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        services = open_services(Path(scratch) / "workspace", device="cpu")
        services.demo.build("Ann", fit=lambda: _finish(services, services.teaching.start_fit("Ann")))
        opened, bound = bind(Settings(Path(scratch) / "workspace", opens_browser=False))
        access = access_for(bound)
        app = build_server(services, access)
        mount_pages(app, services, access)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
        thread.start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_context(viewport=SIZE).new_page()
            person = Inspector(page, f"http://127.0.0.1:{bound.port}")
            person.has_name("Ann")
            photograph(person, services, folder)
            browser.close()
        server.should_exit = True
        thread.join(20)
        services.close()
        opened.close()
    return 0


def photograph(person: Inspector, services: Services, folder: Path) -> None:
    image = services.demo.opening_image()
    assert image is not None, "the demo model misses nothing"
    person.come(f"?open=label&image={image}&welcome=demo").on_label(image)
    paint(person, services, image)
    person.saved()
    person.key("n")
    shot(person, folder / "label.png")
    _finish(services, services.teaching.start_teach("Ann"))
    person.go("teach")
    person.page.wait_for_selector("[data-lesson]")
    shot(person, folder / "teach.png")
    versions = services.versions.all()
    services.versions.put_into_use(max(version.id for version in versions), None, "Ann")
    for name in ("review", "models", "browse"):
        person.come().go(name)
        shot(person, folder / f"{name}.png")


def paint(person: Inspector, services: Services, image: int) -> None:
    """Paint the true defect of a demo part, as its own type, row by row."""
    card = services.browsing.card(image)
    (planned,) = [
        item
        for item in plan_demo(Path())
        if item.product == card.product and item.path.relative_to(card.product).as_posix() == card.name
    ]
    mask = render_part(planned.product, planned.kind, planned.seed).mask
    person.key(str(product_named(planned.product).defect_types.index(planned.kind) + 1))
    for row in range(int(np.nonzero(mask.any(1))[0].min()) + 6, int(np.nonzero(mask.any(1))[0].max()), 12):
        columns = np.nonzero(mask[row])[0]
        if len(columns):
            person.stroke((columns.min() + 5.0, float(row)), (columns.max() - 5.0, float(row)))


def shot(person: Inspector, path: Path) -> None:
    time.sleep(2)  # thumbnails and heatmaps arrive after the page
    person.page.screenshot(path=path)


def _finish(services: Services, job: int) -> None:
    while (view := services.teaching.job(job)).state in ("queued", "running"):
        time.sleep(0.5)
    assert view.state == "done", view.error


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
