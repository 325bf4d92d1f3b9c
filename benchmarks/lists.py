"""How long the lists of a large workspace take: `python3 launch.py bench lists`. Rows are made up, no picture is read."""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from app.services import Services, open_services
from app.services.queue import QueueService
from app.services.thumbnails import Thumbnails
from app.services.views import ImageFilter
from storage.records import Call, VerdictValue, VersionKind
from storage.tables import ImageTable, LayerTable, PartTable, RevisionTable, ScoreTable, VerdictTable
from storage.workspace import Work, Workspace

PRODUCTS = ("bolt", "cap", "gear", "plate")
GRID = 32
VERDICTS = (VerdictValue.GOOD, VerdictValue.GOOD, VerdictValue.DEFECT, VerdictValue.UNSURE, None)
AT = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = 200  # images of Browse's first page
FILTERS = {  # first pages that Browse asks for
    "by name": ImageFilter(),
    "by score": ImageFilter(order="score"),
    "newest": ImageFilter(order="newest"),
    "one product": ImageFilter(product="gear"),
    "call reject": ImageFilter(call="reject"),
    "call reject, by score": ImageFilter(call="reject", order="score"),
    "no call": ImageFilter(call="none"),
    "judged defect": ImageFilter(verdict="defect"),
    "not judged": ImageFilter(verdict="none"),
    "kept for testing": ImageFilter(kept_for_testing=True),
    "painted": ImageFilter(painted=True),
    "not painted": ImageFilter(painted=False),
    "scores 0.9 to 1.1": ImageFilter(min_score=0.9, max_score=1.1),
    "text, few": ImageFilter(text="_00123"),
    "text, none": ImageFilter(text="no such"),
    "pattern": ImageFilter(text="gear_00*.png"),
    "defect type": ImageFilter(text="dent"),
}

Row = dict[str, object]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="launch.py bench lists", description=__doc__)
    parser.add_argument("--images", type=int, default=100_000, metavar="N")
    parser.add_argument("--repeats", type=int, default=5, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="twinbank-lists-") as folder:
        path = Path(folder) / "workspace"
        started = time.perf_counter()
        fill(path, options.images)
        print(f"filled in {time.perf_counter() - started:.0f} s", flush=True)
        with closing(open_services(path, device="cpu")) as services:
            found = {name: measured(act, options.repeats) for name, act in acts(services).items()}
    print(f"{options.images:,} images, median and slowest of {options.repeats}, in ms")
    for name, (median, slowest) in found.items():
        print(f"  {name:<34} {median:8.1f} {slowest:8.1f}")
    if options.json is not None:
        figures = {name: {"median": middle, "slowest": worst} for name, (middle, worst) in found.items()}
        text = json.dumps({"images": options.images, "repeats": options.repeats, "ms": figures}, indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


def acts(services: Services) -> dict[str, Callable[[], object]]:
    """What a page asks for, by what a person would call it."""
    image = services.queue.order("gear")[7]
    thumbnails = Thumbnails(services.path / "thumbnails", services._workspace.blobs)
    pages = {f"Browse, {name}": partial(_first_page, services, asked) for name, asked in FILTERS.items()}
    deep = services.browsing.find(ImageFilter(), 5 * PAGE)[-1].id
    return {
        **pages,
        "Browse, a page further down": lambda: services.browsing.find(ImageFilter(), PAGE, deep),
        "count": lambda: services.browsing.count(ImageFilter()),
        "queue, next image": lambda: services.queue.next_after(image, person="bench"),
        "queue, ordered anew": lambda: QueueService(services._workspace, thumbnails).order(),
        "queue, whole order": lambda: services.queue.order(),
        "what waits to be taught": services.teaching.waiting,
        "products summed up": services.browsing.products,
    }


def _first_page(services: Services, asked: ImageFilter) -> None:
    """As GET /api/images answers: the cards, and how many there are in all."""
    if len(services.browsing.find(asked, PAGE)) == PAGE:
        services.browsing.count(asked)


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
            version, product_ids, dent = _frame(work)
        with workspace.database.writing() as session:  # rows at once: repositories take 3 ms for each image
            for table, rows in _rows(count, version, product_ids, dent):
                session.execute(insert(table), list(rows))
    finally:
        workspace.close()


def _frame(work: Work) -> tuple[int, list[int], int]:
    """Write what there is little of; return the ids of the version in use, the products and the defect type."""
    products = [work.products.get_or_create(name).id for name in PRODUCTS]
    version = work.versions.add(None, VersionKind.FIT, "0" * 64, "bench", AT, {}, {}, [], [], PRODUCTS)
    for product in PRODUCTS:
        work.in_use.put(product, version.id, "bench", AT)
    return version.id, products, work.defect_types.get_or_create("dent").id


def _rows(count: int, version: int, products: list[int], dent: int) -> Iterator[tuple[Any, Iterable[Row]]]:
    """Yield the rows of each table; image, part and score N + 1 belong together, as do revision and layer."""
    parts = range(count)
    judged = [(number, VERDICTS[number % len(VERDICTS)]) for number in parts]
    painted = range(2, count, 10)
    said = {"author": "bench", "at": AT}
    yield PartTable, (_part(number, products) for number in parts)
    yield ImageTable, (_image(number, products) for number in parts)
    yield (
        VerdictTable,
        (
            {"image_id": n + 1, "value": value, "shown_because": "browse", "heatmap_visible": False, **said}
            for n, value in judged
            if value is not None
        ),
    )
    yield (
        RevisionTable,
        (
            {"id": at, "image_id": n + 1, "number": 1, "complete": True, **said}
            for at, n in enumerate(painted, 1)
        ),
    )
    yield (
        LayerTable,
        (
            {"revision_id": at, "defect_type_id": dent, "mask_sha256": f"{n:064x}", "pixel_count": 9}
            for at, n in enumerate(painted, 1)
        ),
    )
    yield ScoreTable, (_score(number, version) for number in parts)


def _part(number: int, products: list[int]) -> Row:
    return {
        "id": number + 1, "product_id": products[number % len(PRODUCTS)], "name": None,
        "held_out": number % 5 == 0,
    }  # fmt: skip


def _image(number: int, products: list[int]) -> Row:
    product = PRODUCTS[number % len(PRODUCTS)]
    return {
        "id": number + 1, "product_id": products[number % len(PRODUCTS)], "part_id": number + 1,
        "source_sha256": f"{number:064x}", "pixels_sha256": f"{number:064x}", "media_type": "image/png",
        "width": 512, "height": 512, "name": f"{product}_{number * 7919 % 1_000_003:07}.png",
        "lot": f"L{number // 100}", "imported_at": AT + timedelta(seconds=number // 50),
    }  # fmt: skip


def _score(number: int, version: int) -> Row:
    score = 0.4 + number * 7919 % 1000 / 900
    return {
        "image_id": number + 1, "version_id": version, "score": score, "limit": 1.0,
        "rule": "the highest of 40 good images", "call": Call.REJECT if score > 1 else Call.PASS,
        "taught": False, "distance": score, "head": None, "head_weight": 0.0,
        "patch_scores": bytes(2 * GRID * GRID), "grid_height": GRID, "grid_width": GRID, "at": AT,
        "evidence": {"cell": 7, "good": {"image_id": number + 1, "cell": 3, "distance": 1.5, "product": "bolt"}},
    }  # fmt: skip
