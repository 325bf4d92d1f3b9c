"""How long the lists of a large workspace take: `python3 launch.py bench lists`. Rows are made up, no picture is read."""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from app.services import Services, open_services
from app.services.queue import QueueService
from app.services.thumbnails import Thumbnails
from app.services.views import ImageFilter
from storage.records import Call, Layer, NewImage, NewScore, VerdictValue, VersionKind
from storage.workspace import Work, Workspace

PRODUCTS = ("bolt", "cap", "gear", "plate")
GRID = 32
VERDICTS = (VerdictValue.GOOD, VerdictValue.GOOD, VerdictValue.DEFECT, VerdictValue.UNSURE, None)
PAGE = 200  # images of Browse's first page


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="launch.py bench lists", description=__doc__)
    parser.add_argument("--images", type=int, default=5000, metavar="N")
    parser.add_argument("--repeats", type=int, default=15, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="twinbank-lists-") as folder:
        path = Path(folder) / "workspace"
        fill(path, options.images)
        with closing(open_services(path, device="cpu")) as services:
            found = {name: measured(act, options.repeats) for name, act in acts(services).items()}
    print(f"{options.images:,} images, median and slowest of {options.repeats}, in ms")
    for name, (median, slowest) in found.items():
        print(f"  {name:<34} {median:8.1f} {slowest:8.1f}")
    if options.json is not None:
        text = json.dumps({"images": options.images, "ms": found}, indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


def acts(services: Services) -> dict[str, Callable[[], object]]:
    """What a page asks for, by what a person would call it."""
    image = services.queue.order("gear")[7]
    thumbnails = Thumbnails(services.path / "thumbnails", services._workspace.blobs)
    return {
        "Browse, first page": lambda: services.browsing.find(ImageFilter(), PAGE),
        "Browse, all images": lambda: services.browsing.find(ImageFilter()),
        "queue, next image": lambda: services.queue.next_after(image, person="bench"),
        "queue, ordered anew": lambda: QueueService(services._workspace, thumbnails).order(),
        "queue, whole order": lambda: services.queue.order(),
        "what waits to be taught": services.teaching.waiting,
        "products summed up": services.browsing.products,
    }


def measured(act: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Median and slowest time in ms, after one go to warm up."""
    act()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        act()
        times.append(1000 * (time.perf_counter() - started))
    return round(statistics.median(times), 1), round(max(times), 1)


def fill(path: Path, count: int) -> None:
    """Write rows as a workspace in use has them: judged, some painted, all scored by the version in use."""
    workspace = Workspace.open_or_create(path)
    try:
        with workspace.writing() as work:
            _fill(work, count)
    finally:
        workspace.close()


def _fill(work: Work, count: int) -> None:
    at = datetime.now(UTC)
    ids = [work.images.add(_image(number))[0].id for number in range(count)]
    for number, image_id in enumerate(ids):
        verdict = VERDICTS[number % len(VERDICTS)]
        if verdict is not None:
            work.verdicts.add(image_id, verdict, "bench", at, "browse", False)
        if number % 10 == 2:
            work.revisions.add(image_id, [Layer("dent", f"{number:064x}", 9)], None, True, "bench", at)
    version = work.versions.add(
        None, VersionKind.FIT, "0" * 64, "bench", at, {}, {}, [], ids[: count // 4], PRODUCTS
    )
    for product in PRODUCTS:
        work.in_use.put(product, version.id, "bench", at)
    work.scores.add_many(_scores(ids, version.id, at))


def _image(number: int) -> NewImage:
    product = PRODUCTS[number % len(PRODUCTS)]
    return NewImage(
        product, f"{number:064x}", f"{number:064x}", "image/png", 512, 512, f"{product}_{number:05}.png",
        lot=f"L{number // 100}", held_out=number % 5 == 0,
    )  # fmt: skip


def _scores(ids: Sequence[int], version_id: int, at: datetime) -> Iterator[NewScore]:
    for number, image_id in enumerate(ids):
        score = 0.4 + number * 7919 % 1000 / 900
        yield NewScore(
            image_id=image_id, version_id=version_id, score=score, limit=1.0, rule="the highest of 40 good images",
            call=Call.REJECT if score > 1 else Call.PASS, taught=False, distance=score, head=None, head_weight=0.0,
            patch_scores=bytes(2 * GRID * GRID), grid_height=GRID, grid_width=GRID,
            evidence={"cell": 7, "good": {"image_id": image_id, "cell": 3, "distance": 1.5, "product": "bolt"}}, at=at,
        )  # fmt: skip
