"""One screenshot of each page, from the rendered demo parts: `.venv/bin/python -m tests.e2e.screenshots docs/screens`.

Builds the demo workspace (a minute or two), paints the part it opens on, teaches it, and photographs the pages.
"""

import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from app.demo import product_named, render_part
from app.demo.writing import plan_demo
from app.services import Services, open_services
from app.settings import Settings
from tests.conftest import CHROMIUM, FLAGS
from tests.e2e.inspector import Inspector
from tests.small import pages_served

SIZE = {"width": 1366, "height": 768}


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Path(scratch) / "workspace"
        with closing(open_services(workspace, device="cpu")) as services:
            services.demo.build("Ann", fit=lambda: _finish(services, services.teaching.start_fit("Ann")))
            with pages_served(services, Settings(workspace, opens_browser=False)) as address:
                photograph_all(address, services, folder)
    return 0


def photograph_all(address: str, services: Services, folder: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        person = Inspector(browser.new_context(viewport=SIZE).new_page(), address)
        person.has_name("Ann")
        photograph(person, services, folder)
        browser.close()


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
    time.sleep(4)  # thumbnails and heatmaps arrive after the page
    person.page.screenshot(path=path)


def _finish(services: Services, job: int) -> None:
    while (view := services.teaching.job(job)).state in ("queued", "running"):
        time.sleep(0.5)
    assert view.state == "done", view.error


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
