"""Server killed, tab killed, network cut, session over, each in the midst of painting: what is lost?"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.painting.station import TYPE, Person, Server, filled

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

RUNS = 20
SIDE = 700
STROKES = 6  # before the interruption; one more is under the pointer when it comes


def measure(browser: Browser, folder: Path) -> dict[str, Any]:
    """Interrupt each way, `RUNS` times, and compare what is stored in the end with what had been painted."""
    image_ids = filled(folder / "interruptions", [(SIDE, SIDE)] * (RUNS * len(WAYS)))
    server = Server(folder / "interruptions")
    server.start()
    expected: dict[int, NDArray[np.bool_]] = {}
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    try:
        for at, interrupt in enumerate(WAYS.values()):
            for run in range(RUNS):
                image_id = image_ids[at * RUNS + run]
                expected[image_id] = interrupt(context, server, image_id, np.random.default_rng(image_id))
    finally:
        context.close()
        server.kill()
    stored = server.paintings(image_ids)
    lost = {
        way: sum(
            not np.array_equal(_layer(stored[image_id]), expected[image_id])
            for image_id in image_ids[at * RUNS : (at + 1) * RUNS]
        )
        for at, way in enumerate(WAYS)
    }
    return {"runs": RUNS, "strokes": STROKES, "runs_with_a_lost_stroke": lost}


def _layer(painting: Any) -> NDArray[np.bool_]:
    for layer in painting.layers:
        if layer.defect_type == TYPE:
            return np.asarray(layer.mask)
    return np.zeros((SIDE, SIDE), dtype=np.bool_)


def _paint(person: Person, rng: np.random.Generator, count: int) -> None:
    for _ in range(count):
        points = np.clip(rng.uniform(100, 600, 2) + rng.normal(0, 30, (6, 2)).cumsum(0), 0, SIDE - 1)
        person.stroke([(float(x), float(y)) for x, y in points])


def _begin_one_more(person: Person) -> None:
    """Leave a stroke under the pointer."""
    place = person.inside("(painter) => painter.toWindow(350, 350)")
    person.page.mouse.move(place["x"], place["y"])
    person.page.mouse.down()
    person.page.mouse.move(place["x"] + 30, place["y"] + 5)


def _kept(person: Person) -> NDArray[np.bool_]:
    """Return what was painted by whole strokes."""
    return person.painted(SIDE, SIDE)


def _server_killed(
    context: BrowserContext, server: Server, image_id: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    person = Person.at(context, server.address).open(image_id)
    _paint(person, rng, STROKES // 2)
    server.kill()
    _paint(person, rng, STROKES - STROKES // 2)
    whole = _kept(person)
    server.start()
    person.saved()
    person.page.close()
    return whole


def _tab_killed(
    context: BrowserContext, server: Server, image_id: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    person = Person.at(context, server.address).open(image_id)
    _paint(person, rng, STROKES)
    whole = _kept(person)
    _begin_one_more(person)
    _crash(person)
    again = Person.at(context, server.address).open(image_id)
    again.saved()
    again.page.close()
    return whole


def _crash(person: Person) -> None:
    """End the tab's process: nothing of the page runs any more."""
    from playwright.sync_api import Error

    with suppress(Error):
        person.page.goto("chrome://crash", timeout=2_000)
    person.page.close()


def _network_cut(
    context: BrowserContext, server: Server, image_id: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    person = Person.at(context, server.address).open(image_id)
    _paint(person, rng, STROKES // 2)
    context.set_offline(True)
    _paint(person, rng, STROKES - STROKES // 2)
    whole = _kept(person)
    context.set_offline(False)
    person.saved()
    person.page.close()
    return whole


def _session_over(
    context: BrowserContext, server: Server, image_id: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """The page is loaded anew while saves wait and the server is away: as after a night, or a browser's update."""
    person = Person.at(context, server.address).open(image_id)
    _paint(person, rng, STROKES // 2)
    context.set_offline(True)
    _paint(person, rng, STROKES - STROKES // 2)
    whole = _kept(person)
    person.page.close()
    context.set_offline(False)
    context.clear_cookies()
    again = Person.at(context, server.address).open(image_id)
    again.saved()
    again.page.close()
    return whole


Interruption = Callable[["BrowserContext", Server, int, np.random.Generator], NDArray[np.bool_]]
WAYS: dict[str, Interruption] = {
    "server killed": _server_killed,
    "tab killed": _tab_killed,
    "network cut": _network_cut,
    "session over": _session_over,
}
