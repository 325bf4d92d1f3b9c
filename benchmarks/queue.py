"""How soon does the queue show what matters? Defects, and types of defects, among the first images of a production lot.

A first model is built from half of the good training images. The other half, the good test images and a few defects of
each type are what waits to be judged, shuffled. They are then judged as they come, by the truth, in two orders: that of
the queue (asked anew after every verdict, so its cold start counts) and that of the files.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from app.services import Services, open_services
from app.services.views import IncomingFile
from core.datasets import ProductData, read_dataset

PERSON = "bench"


@dataclass(frozen=True)
class Found:
    """What the first images of one order showed."""

    product: str
    order: str  # "queue" | "files"
    first: int  # images looked at
    waiting: int
    defects: int  # found
    defects_in_all: int
    types: int  # found
    types_in_all: int


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="launch.py bench queue", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT")
    parser.add_argument("--products", nargs="+", metavar="NAME")
    parser.add_argument("--first", type=int, nargs="+", default=[10, 20, 40], metavar="N")
    parser.add_argument("--each", type=int, default=4, metavar="N", help="defects of each type that wait")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    found: list[Found] = []
    for product in read_dataset(options.data, options.products):
        found += measure(product, options.first, options.each, options.device)
        print("\n".join(_line(one) for one in found if one.product == product.name), flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", encoding="utf-8")
    return 0


def measure(product: ProductData, first: Sequence[int], each: int, device: str) -> list[Found]:
    """Return what both orders found among the first N images, for each N."""
    learnt, truth = _lot(product, each)
    with (
        tempfile.TemporaryDirectory(prefix="twinbank-queue-") as folder,
        closing(open_services(Path(folder) / "workspace", device=device)) as services,
    ):
        _take(services, product.name, learnt, "good")
        _wait(services, services.teaching.start_fit(PERSON))
        taken = _take(services, product.name, list(truth), None)
        while (job := services.teaching.current()) is not None:  # scores them
            services.jobs.wait(job.id, 3600)
        kinds = {image_id: truth[path] for image_id, path in taken.items()}
        asked = _judged_in_order(services, product.name, kinds, max(first))
    orders = {"queue": asked, "files": list(kinds.values())}
    return [
        _found(product.name, order, seen, number, list(kinds.values()))
        for order, seen in orders.items()
        for number in first
    ]


def _lot(product: ProductData, each: int) -> tuple[list[Path], dict[Path, str | None]]:
    """Return what the model is built from, and what waits: path -> type of defect, None for a good part."""
    draw = random.Random(product.name)
    train = sorted(product.train_good)
    draw.shuffle(train)
    half = len(train) // 2
    waiting: list[tuple[Path, str | None]] = [(path, None) for path in [*train[half:], *product.test_good]]
    for kind in sorted({defect.defect_type for defect in product.defects}):
        paths = sorted(defect.path for defect in product.defects if defect.defect_type == kind)
        waiting += [(path, kind) for path in draw.sample(paths, min(each, len(paths)))]
    draw.shuffle(waiting)
    return train[:half], dict(waiting)


def _take(services: Services, product: str, paths: Sequence[Path], verdict: str | None) -> dict[int, Path]:
    """Import under names that say nothing of what is shown, and return which image is which file."""
    named = {f"{verdict or 'lot'}-{number:04}{path.suffix}": path for number, path in enumerate(paths)}
    files = [IncomingFile(name, path=path) for name, path in named.items()]
    ids = services.importing.import_files(files, product, PERSON, verdict).image_ids
    return {image_id: named[services.browsing.card(image_id).name] for image_id in ids}


def _judged_in_order(
    services: Services, product: str, kinds: dict[int, str | None], count: int
) -> list[str | None]:
    """Judge the first images of the queue by the truth, and return what they were."""
    seen: list[str | None] = []
    while len(seen) < count:
        image_id = services.queue.next_after(None, product, "useful", PERSON)
        if image_id is None:
            break
        seen.append(kinds[image_id])
        services.labelling.judge([image_id], "defect" if kinds[image_id] else "good", PERSON, "queue")
    return seen


def _found(
    product: str, order: str, seen: Sequence[str | None], number: int, kinds: Sequence[str | None]
) -> Found:
    defects = [kind for kind in seen[:number] if kind]
    there = [kind for kind in kinds if kind]
    return Found(
        product, order, number, len(kinds), len(defects), len(there), len(set(defects)), len(set(there))
    )


def _wait(services: Services, job: int) -> None:
    while (view := services.teaching.job(job)).state in ("queued", "running"):
        time.sleep(0.2)
    if view.state != "done":
        raise RuntimeError(view.error or view.state)


def _line(one: Found) -> str:
    return (
        f"{one.product:<16} {one.order:<6} first {one.first:>4} of {one.waiting}: {one.defects:>3} of "
        f"{one.defects_in_all} defects, {one.types} of {one.types_in_all} types"
    )
