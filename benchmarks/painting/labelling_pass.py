"""100 rendered parts judged by keys alone: no key is lost, no dialog comes, and how long until the next image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.services import open_services
from benchmarks.painting.saves import FOLLOW
from benchmarks.painting.station import Person, Server, filled, percentiles

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog

IMAGES = 100
KEYS = ("g", "g", "n", "u", "g", "Enter")
GLANCE = 300  # ms that a person looks at a part


def measure(browser: Browser, folder: Path) -> dict[str, Any]:
    """Judge every image; Enter follows a stroke."""
    image_ids = filled(folder / "pass", [(800, 800)] * IMAGES)
    server = Server(folder / "pass")
    server.start()
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    dialogs: list[Dialog] = []
    given: dict[int, str] = {}
    try:
        person = Person.at(context, server.address)
        person.page.on("dialog", lambda dialog: dialogs.append(dialog))
        person.open(image_ids[0])
        person.inside(FOLLOW)
        for number in range(IMAGES):
            image_id = int(person.inside("(painter) => painter.session.imageId"))
            key = KEYS[number % len(KEYS)]
            if key == "Enter":
                person.stroke([(200, 200), (420, 260)])
            person.page.wait_for_timeout(GLANCE)
            given[image_id] = {"g": "good", "n": "defect", "u": "unsure", "Enter": "defect"}[key]
            person.page.keyboard.press(key)
            if number + 1 < IMAGES:
                person.page.wait_for_function("(count) => window.arrivals.length >= count", arg=number + 1)
        person.saved()
        arrivals = person.page.evaluate("window.arrivals")
    finally:
        context.close()
        server.kill()
    services = open_services(folder / "pass", device="cpu")
    try:
        stored = {image_id: services.browsing.card(image_id).verdict for image_id in image_ids}
    finally:
        services.close()
    lost = sum(stored[image_id] != given.get(image_id) for image_id in image_ids)
    return {
        "images": IMAGES,
        "keys_lost": lost,
        "dialogs": len(dialogs),
        "key_to_next_ms": percentiles(arrivals, 50, 95),
    }
