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
STROKES = 6  # half of them before the interruption


def measure(browser: Browser, folder: Path) -> dict[str, Any]:
    """Interrupt each way, `RUNS` times, and compare what is stored in the end with what had been painted."""
    image_ids = filled(folder / "interruptions", [(SIDE, SIDE)] * (RUNS * len(WAYS)))
    server = Server(folder / "interruptions")
    server.start()
    expected: dict[int, NDArray[np.bool_]] = {}
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    try:
        for at, (cut, mend) in enumerate(WAYS.values()):
            for image_id in image_ids[at * RUNS : (at + 1) * RUNS]:
                expected[image_id] = _run(context, server, image_id, cut, mend)
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


def _run(context: BrowserContext, server: Server, image_id: int, cut: Cut, mend: Mend) -> NDArray[np.bool_]:
    """Paint half of the strokes, cut, paint the rest, mend, and wait until all is saved; return what was painted."""
    rng = np.random.default_rng(image_id)
    person = Person.at(context, server.address).open(image_id)
    _paint(person, rng, STROKES // 2)
    cut(context, server)
    _paint(person, rng, STROKES - STROKES // 2)
    whole = person.painted(SIDE, SIDE)
    person = mend(context, server, person, image_id)
    person.saved()
    person.page.close()
    return whole


def _nothing(_context: BrowserContext, _server: Server) -> None:
    """Cut nothing off before the strokes are made."""


def _kill_server(_context: BrowserContext, server: Server) -> None:
    server.kill()


def _go_offline(context: BrowserContext, _server: Server) -> None:
    context.set_offline(True)


def _server_back(_context: BrowserContext, server: Server, person: Person, _image_id: int) -> Person:
    server.start()
    return person


def _network_back(context: BrowserContext, _server: Server, person: Person, _image_id: int) -> Person:
    context.set_offline(False)
    return person


def _tab_dies(context: BrowserContext, server: Server, person: Person, image_id: int) -> Person:
    """End the tab's process in mid-stroke: nothing of the page runs any more."""
    from playwright.sync_api import Error

    _begin_one_more(person)
    with suppress(Error):
        person.page.goto("chrome://crash", timeout=2_000)
    person.page.close()
    return Person.at(context, server.address).open(image_id)


def _session_ends(context: BrowserContext, server: Server, person: Person, image_id: int) -> Person:
    """The page is gone while saves wait, and comes back without what it knew: as after a night."""
    person.page.close()
    context.set_offline(False)
    context.clear_cookies()
    return Person.at(context, server.address).open(image_id)


Cut = Callable[["BrowserContext", Server], None]
Mend = Callable[["BrowserContext", Server, Person, int], Person]
WAYS: dict[str, tuple[Cut, Mend]] = {
    "server killed": (_kill_server, _server_back),
    "tab killed": (_nothing, _tab_dies),
    "network cut": (_go_offline, _network_back),
    "session over": (_go_offline, _session_ends),
}
