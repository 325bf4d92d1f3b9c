"""Assist: how well does the draft of a stroke, or of a click, meet the mask that a person painted?

    python3 launch.py bench assist --data ROOT

For each connected defect of a mask the stroke is 70 % of its skeleton in one piece, one pixel wide; the click is its
thickest point. Every second image (in order of name) is judged; the others served to choose the settings. Beside our
reference brush and watershed: GrabCut (OpenCV, in the peer's environment) and the random walker (scikit-image), on the
same regions. The brush gets what it has in the app: the heatmap of a model of the good training images, no defects.
"shown first" is what the app shows, "by hand" the best of the drafts that `[` and `]` go through.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import random_walker

from benchmarks.assist_cases import EIGHT, Mask, cases
from benchmarks.assist_model import GoodImagesModel
from benchmarks.machine import machine
from benchmarks.peer_environment import Peer, PeerEnvironment
from core.assist.choice import offers_for
from core.assist.region import Region, region_around
from core.datasets import DatasetError, read_dataset, read_pixels
from core.evaluation.inputs import full_mask

WRONG_USE = 2
NEAR, FAR = 20, 45  # px of the region: what the peers may call the defect at first, and what is surely none
ROUNDS = 5  # of GrabCut
LARGE = 1024  # px a side, for the time of one draft
GC_BACKGROUND, GC_FOREGROUND, GC_MAYBE_BACKGROUND, GC_MAYBE_FOREGROUND = range(4)


@dataclass(frozen=True, eq=False)
class Drawn:
    """One defect, and what was drawn on it. Masks are (H, W)."""

    product: str
    defect_type: str
    image: str
    tool: str  # "stroke" | "click"
    pixels: NDArray[np.uint8]  # (H, W, 3)
    truth: Mask
    marks: Mask
    heat: NDArray[np.float32] | None  # (H0, W0) of a model of the good images, 1 at its limit


@dataclass(frozen=True)
class Outcome:
    """Intersection over union of one draft with the painted mask."""

    product: str
    defect_type: str
    image: str
    tool: str
    method: str
    iou: float


def drawn(root: Path, products: Sequence[str], each: int, *, with_model: bool = True) -> Iterator[Drawn]:
    """Give what is drawn on every second defect image, at most `each` images of a product."""
    data = read_dataset(root, products)
    model = GoodImagesModel(data) if with_model else None
    for product in data:
        for defect in [one for one in product.defects if one.mask is not None][1::2][:each]:
            pixels = read_pixels(defect.path)
            heat = model.heat(defect.path, product.name) if model else None
            for case in cases(full_mask(defect)):
                for tool, marks in (("stroke", case.stroke), ("click", case.click)):
                    name = defect.path.name
                    yield Drawn(product.name, defect.defect_type, name, tool, pixels, case.truth, marks, heat)


def measure(all_drawn: Sequence[Drawn], peer: Peer | None) -> list[Outcome]:
    """Judge every method on everything that was drawn."""
    found = []
    for one in all_drawn:
        ious = _ours(one)
        ious["random walker"] = overlap(region_around(one.marks), walked(one), one.truth)
        found += [_outcome(one, method, iou) for method, iou in ious.items()]
    if peer is not None:
        found += grab_cut(all_drawn, peer)
    return found


def _ours(one: Drawn) -> dict[str, float]:
    offers = offers_for(one.pixels, one.marks, one.heat)
    named = {offer.method: offer.drafts for offer in offers}
    blind = offers_for(one.pixels, one.marks, None)[0].drafts
    ious = {}
    for name, drafts in (("shown first", offers[0].drafts), ("shown first, no model", blind), *named.items()):
        each = [overlap(drafts.region, mask, one.truth) for mask in drafts.masks]
        ious |= {name: each[drafts.proposed], f"{name}, by hand": max(each)}
    return {name: value for name, value in ious.items() if not name.startswith("both")}


def _outcome(one: Drawn, method: str, iou: float) -> Outcome:
    return Outcome(one.product, one.defect_type, one.image, one.tool, method, iou)


def overlap(region: Region, mask: Mask, truth: Mask) -> float:
    """Intersection over union of a mask of the region with the truth of the whole image."""
    part = truth[region.top : region.bottom, region.left : region.right]
    both = int((part & mask).sum())
    return both / (int(truth.sum()) + int(mask.sum()) - both)


def walked(one: Drawn) -> Mask:
    """(h, w) of the random walker between the stroke and what is far from it."""
    region = region_around(one.marks)
    marks = region.marks(one.marks)
    seeds = np.where(_away(marks) > FAR, 2, 0)
    seeds[marks] = 1
    if not (seeds == 2).any():
        return region.back(np.ones_like(marks))
    picture = region.picture(one.pixels) / 255
    labels = random_walker(picture, seeds, beta=130, mode="cg_j", tol=1e-2, channel_axis=-1)
    return region.back(np.asarray(labels) == 1)


def grab_cut(all_drawn: Sequence[Drawn], peer: Peer) -> list[Outcome]:
    """Judge GrabCut: the stroke is the defect, what is far from it background, what is near may be either."""
    regions = [region_around(one.marks) for one in all_drawn]
    with tempfile.TemporaryDirectory(prefix="twinbank-assist-") as name:
        folder = Path(name)
        for number, (one, region) in enumerate(zip(all_drawn, regions, strict=True)):
            marks = region.marks(one.marks)
            away = _away(marks)
            hints = np.full(marks.shape, GC_MAYBE_BACKGROUND, dtype=np.uint8)
            hints[away <= NEAR] = GC_MAYBE_FOREGROUND
            hints[away > FAR] = GC_BACKGROUND
            hints[marks] = GC_FOREGROUND
            np.save(folder / f"picture_{number}.npy", region.picture(one.pixels))
            np.save(folder / f"hints_{number}.npy", hints)
        peer.run("grabcut", folder, {"cases": len(all_drawn), "rounds": ROUNDS, "threads": 1})
        found = []
        for number, (one, region) in enumerate(zip(all_drawn, regions, strict=True)):
            basin = np.load(folder / f"basin_{number}.npy").astype(bool)
            mask = region.back(_joined(basin, region.marks(one.marks)))
            found.append(_outcome(one, "GrabCut", overlap(region, mask, one.truth)))
    return found


def _away(marks: Mask) -> NDArray[np.float64]:
    away: NDArray[np.float64] = ndimage.distance_transform_edt(~marks)
    return away


def _joined(basin: Mask, marks: Mask) -> Mask:
    labels, _count = ndimage.label(basin | marks, EIGHT)
    return np.isin(labels, np.unique(labels[marks]))


def milliseconds(all_drawn: Sequence[Drawn], most: int = 40) -> list[float]:
    """Time of what one stroke or click asks for, both methods' drafts, on images made LARGE x LARGE."""
    taken = []
    for one in all_drawn[:: max(1, len(all_drawn) // most)]:
        pixels, marks = _enlarged(one.pixels), _enlarged(one.marks)
        started = time.perf_counter()
        offers_for(pixels, marks, one.heat)
        taken.append(1000 * (time.perf_counter() - started))
    return taken


def _enlarged(values: NDArray[Any]) -> NDArray[Any]:
    rows, columns = (np.arange(LARGE) * side // LARGE for side in values.shape[:2])
    return np.ascontiguousarray(values[rows][:, columns])


def summary(outcomes: Sequence[Outcome]) -> dict[str, dict[str, dict[str, float]]]:
    """Mean IoU by tool, method and product, and the mean over products as "mean"."""
    result: dict[str, dict[str, dict[str, float]]] = {}
    for tool in dict.fromkeys(one.tool for one in outcomes):
        for method in dict.fromkeys(one.method for one in outcomes):
            products: dict[str, list[float]] = {}
            for one in outcomes:
                if (one.tool, one.method) == (tool, method):
                    products.setdefault(one.product, []).append(one.iou)
            means = {product: float(np.mean(values)) for product, values in products.items()}
            result.setdefault(tool, {})[method] = {**means, "mean": float(np.mean(list(means.values())))}
    return result


def format_summary(found: dict[str, dict[str, dict[str, float]]]) -> str:
    """Return the table."""
    columns = list(next(iter(next(iter(found.values())).values())))
    lines = [f"{'mean IoU':34}" + "".join(f"{column:>15}" for column in columns)]
    for tool, methods in found.items():
        for method, means in methods.items():
            cells = "".join(f"{means[column]:>15.3f}" for column in columns)
            lines.append(f"{f'{tool}, {method}':34}{cells}")
    return "\n".join(lines)


def main(arguments: Sequence[str], ready_peer: Callable[[], Peer] | None = None) -> int:
    """Run the benchmark; the exit code."""
    options = _options(arguments)
    try:
        all_drawn = list(
            drawn(options.data, options.products, options.each, with_model=not options.without_model)
        )
    except DatasetError as error:
        print(f"{error}", file=sys.stderr)
        return WRONG_USE
    peer = None if options.without_peer else (ready_peer or _environment)()
    outcomes = measure(all_drawn, peer)
    taken = milliseconds(all_drawn)
    table, quick, slow = summary(outcomes), *(float(np.percentile(taken, share)) for share in (50, 95))
    print(format_summary(table))
    print(f"one draft, {LARGE} x {LARGE}: median {quick:.0f} ms, 95th percentile {slow:.0f} ms")
    if options.json:
        report = {
            "machine": machine(),
            "summary": table,
            "milliseconds": {"p50": quick, "p95": slow, "side": LARGE},
            "results": [asdict(one) for one in outcomes],
        }
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def _environment() -> Peer:
    environment = PeerEnvironment()
    environment.make_ready()
    return environment


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="launch.py bench assist", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT", help="products in MVTec layout")
    parser.add_argument(
        "--products", type=_names, default=("magnetic_tile", "cookie", "road_tiles"), metavar="A,B"
    )
    parser.add_argument("--each", type=int, default=1000, metavar="N", help="images of a product at most")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure here")
    parser.add_argument("--without-model", action="store_true", help="give the brush no heatmap")
    parser.add_argument("--without-peer", action="store_true", help="leave GrabCut out")
    return parser.parse_args(list(arguments))


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))
