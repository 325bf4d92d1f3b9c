"""200 strokes on a 4096 x 4096 image: equal to a reference bit for bit, and how long frames take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.painting.station import TYPE, Person, Server, filled, percentiles

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIDE = 4096
STROKES = 200
POINTS = 12  # of the mouse in a stroke
SIZES = (4, 16, 60, 200)  # brush diameters, image pixels
# Notes what the brush was asked for, and how long the page was busy in each animation frame while something is painted.
WATCH = """async (painter) => {
  const watch = (window.watch = { capsules: [], frames: [], works: [], last: 0 });
  const painting = painter.session.painting;
  const extend = painting.extend.bind(painting);
  painting.extend = (...capsule) => { watch.capsules.push(capsule); return extend(...capsule); };
  const channel = new MessageChannel();
  channel.port1.onmessage = () => watch.started && watch.works.push(performance.now() - watch.started);
  const frame = (now) => {
    if (painting.stroke && watch.last) watch.frames.push(now - watch.last);
    watch.last = painting.stroke ? now : 0;
    watch.started = painting.stroke ? performance.now() : 0;
    channel.port2.postMessage(0);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""


def measure(browser: Browser, folder: Path) -> dict[str, Any]:
    """Paint with the mouse and compare."""
    [image_id] = filled(folder / "strokes", [(SIDE, SIDE)])
    server = Server(folder / "strokes")
    server.start()
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    try:
        person = Person.at(context, server.address).open(image_id)
        person.inside(WATCH)
        rng = np.random.default_rng(0)
        for number in range(STROKES):
            person.inside("(painter, size) => (painter.brush.size = size)", SIZES[number % len(SIZES)])
            person.stroke(_wandering(rng))
        person.saved()
        watch = person.inside("() => window.watch")
    finally:
        context.close()
        server.kill()
    stored = server.paintings([image_id])[image_id]
    saved = next(layer.mask for layer in stored.layers if layer.defect_type == TYPE)
    reference = capsules(watch["capsules"], SIDE)
    return {
        "strokes": STROKES,
        "capsules": len(watch["capsules"]),
        "painted_pixels": int(reference.sum()),
        "different_pixels": int((saved ^ reference).sum()),
        "frames": len(watch["frames"]),
        "frame_ms": percentiles(watch["frames"], 50, 95),
        "work_in_frame_ms": percentiles(watch["works"], 50, 95),
    }


def _wandering(rng: np.random.Generator) -> list[tuple[float, float]]:
    start = rng.uniform(300, SIDE - 300, 2)
    path = np.clip(start + rng.normal(0, 120, (POINTS, 2)).cumsum(0), 0, SIDE - 1)
    return [(float(x), float(y)) for x, y in path]


def capsules(drawn: list[list[float]], side: int) -> NDArray[np.bool_]:
    """(side, side) every pixel whose centre lies within a capsule [ax, ay, bx, by, radius], one after the other."""
    mask = np.zeros((side, side), dtype=np.bool_)
    for ax, ay, bx, by, radius in drawn:
        left, right = max(0, int(min(ax, bx) - radius) - 1), min(side, int(max(ax, bx) + radius) + 2)
        top, bottom = max(0, int(min(ay, by) - radius) - 1), min(side, int(max(ay, by) + radius) + 2)
        y, x = np.mgrid[top:bottom, left:right] + 0.5
        dx, dy = bx - ax, by - ay
        along = (x - ax) * dx + (y - ay) * dy
        length = dx * dx + dy * dy
        share = np.clip(along / length, 0, 1) if length else np.zeros_like(x)
        distance = (x - ax - share * dx) ** 2 + (y - ay - share * dy) ** 2
        mask[top:bottom, left:right] |= distance <= radius * radius
    return mask
