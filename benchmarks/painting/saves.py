"""What a save costs on a 12-Mpx image, and how soon the next image can be painted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.painting.station import Person, Server, filled, percentiles

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Request

SIZE = (3000, 4000)
STROKES = 30
NEXT_SIZE = (1200, 1700)  # 2 Mpx
NEXT = 30
# From the key to the frame in which the other image can be painted.
FOLLOW = """(painter) => {
  window.arrivals = [];
  let pressed = 0;
  addEventListener("keydown", () => (pressed = performance.now()), true);
  new MutationObserver(() => {
    if (painter.root.dataset.ready === "true" && pressed) {
      window.arrivals.push(performance.now() - pressed);
      pressed = 0;
    }
  }).observe(painter.root, { attributes: true, attributeFilter: ["data-ready"] });
}"""


def measure(browser: Browser, folder: Path) -> dict[str, Any]:
    """Paint strokes one by one and look at each save."""
    [image_id] = filled(folder / "saves", [SIZE])
    server = Server(folder / "saves")
    server.start()
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    times: list[float] = []
    sizes: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PUT":
            times.append(request.timing["responseEnd"])
            sizes.append(len(request.post_data_buffer or b""))

    try:
        person = Person.at(context, server.address).open(image_id)
        person.page.on("requestfinished", note)
        rng = np.random.default_rng(1)
        for _ in range(STROKES):
            start = rng.uniform(200, 2800, 2)
            points = np.clip(start + rng.normal(0, 80, (8, 2)).cumsum(0), 0, 2999)
            person.stroke([(float(x), float(y)) for x, y in points])
            person.saved()
    finally:
        context.close()
        server.kill()
    return {
        "strokes": STROKES,
        "saves": len(times),
        "round_trip_ms": percentiles(times, 50, 95),
        "body_bytes": {**percentiles(sizes, 50), "largest": max(sizes)},
    }


def measure_next(browser: Browser, folder: Path) -> dict[str, Any]:
    """Go on to the next image with a key, again and again."""
    image_ids = filled(folder / "next", [NEXT_SIZE] * (NEXT + 2))
    server = Server(folder / "next")
    server.start()
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    try:
        person = Person.at(context, server.address).open(image_ids[0])
        person.inside(FOLLOW)
        for arrived in range(1, NEXT + 1):
            person.page.wait_for_timeout(400)  # a glance at the part; what comes next is fetched
            person.page.keyboard.press("d")
            person.page.wait_for_function("(count) => window.arrivals.length >= count", arg=arrived)
        arrivals = person.page.evaluate("window.arrivals")
    finally:
        context.close()
        server.kill()
    return {"images": NEXT, "key_to_next_ms": percentiles(arrivals, 50, 95)}
