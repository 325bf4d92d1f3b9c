"""8 people saving 50 times each on the same images at once: every acknowledged save is in the history."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.painting.station import TYPE, Server, filled
from storage.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PEOPLE = 8
SAVES = 50
IMAGES = 3
CONFLICT = 409


def measure(_browser: Browser, folder: Path) -> dict[str, Any]:
    """Each person paints a pixel of their own with each save, on what is there, as the painter does."""
    image_ids = filled(folder / "people", [(400, 400)] * IMAGES)
    server = Server(folder / "people")
    server.start()
    try:
        with ThreadPoolExecutor(PEOPLE) as pool:
            done = list(pool.map(lambda person: _work(server.address, person, image_ids), range(PEOPLE)))
    finally:
        server.kill()
    acknowledged = [save for saves, _ in done for save in saves]
    with closing(Workspace.open(folder / "people")) as workspace, workspace.reading() as work:
        stored = {
            (image_id, revision.number, revision.author, revision.save_id)
            for image_id in image_ids
            for revision in work.revisions.history(image_id)
        }
    missing = [save for save in acknowledged if save not in stored]
    overwritten = len(acknowledged) - len({(image_id, number) for image_id, number, _, _ in acknowledged})
    return {
        "people": PEOPLE,
        "saves_acknowledged": len(acknowledged),
        "saves_missing": len(missing),
        "silently_overwritten": overwritten,
        "stale_saves_answered_with_both": sum(conflicts for _, conflicts in done),
    }


def _work(
    address: str, person: int, image_ids: list[int]
) -> tuple[list[tuple[int, int, str, str | None]], int]:
    """Return the acknowledged saves (image, revision, author, save id), and how many were stale at first."""
    author, conflicts = f"Person {person}", 0
    acknowledged: list[tuple[int, int, str, str | None]] = []
    for number in range(SAVES):
        image_id = image_ids[number % len(image_ids)]
        pixel = person * SAVES + number
        at = f"{address}/api/images/{image_id}/painting"
        now = json.load(urllib.request.urlopen(at, timeout=60))
        while True:
            save_id = uuid.uuid4().hex
            runs = _with_pixel(
                next((one["runs"] for one in now["layers"] if one["defect_type"] == TYPE), []), 2 * pixel
            )
            body = {
                "layers": [{"defect_type": TYPE, "runs": runs}],
                "base_revision": now["revision"],
                "save_id": save_id,
            }
            request = urllib.request.Request(at, json.dumps(body).encode(), method="PUT")
            request.add_header("Content-Type", "application/json")
            request.add_header("X-Twinbank-Author", author.replace(" ", "%20"))
            try:
                answer = json.load(urllib.request.urlopen(request, timeout=60))
            except urllib.error.HTTPError as error:
                if error.code != CONFLICT:
                    raise
                conflicts += 1
                now = json.load(error)["painting"]
                continue
            acknowledged.append((image_id, answer["revision"], author, save_id))
            break
    return acknowledged, conflicts


def _with_pixel(runs: list[int], pixel: int) -> list[int]:
    """Add one pixel that touches no other run."""
    pairs = sorted({*zip(runs[::2], runs[1::2], strict=True), (pixel, 1)})
    return [number for pair in pairs for number in pair]
