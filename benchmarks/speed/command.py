"""The command line of `launch.py bench speed`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.peer_environment import PeerEnvironment, PeerFailedError, PeerUnavailableError
from benchmarks.speed import (
    archive,
    coreset,
    extraction,
    forget,
    growth,
    latency,
    memory,
    neighbours,
    preview,
    scoring,
    teach,
)
from benchmarks.speed.measured import Measured, table
from benchmarks.speed.plots import write_plots
from benchmarks.speed.run import Sizes, SpeedRun, wide_encoder
from core.backbones import load_backbone
from core.config import DmadConfig

PARTS: dict[str, Callable[[SpeedRun], list[Measured]]] = {
    "coreset": coreset.measure,
    "neighbours": neighbours.measure,
    "extraction": extraction.measure,
    "latency": latency.measure,
    "memory": memory.measure,
    "teach": teach.measure,
    "forget": forget.measure,
    "archive": archive.measure,
    "preview": preview.measure,
    "scoring": scoring.measure,
    "growth": growth.measure,
}
NEED_PEER = {"coreset", "latency", "memory"}
WRONG_USE, FAILED = 2, 1


def main(arguments: Sequence[str]) -> int:
    """Measure the parts that were asked for; the exit code."""
    options = _options(arguments)
    unknown = [name for name in options.only if name not in PARTS]
    if unknown:
        print(f"There is no part {', '.join(unknown)}; there are {', '.join(PARTS)}.", file=sys.stderr)
        return WRONG_USE
    peer = None if options.without_peer else PeerEnvironment()
    try:
        if peer is not None and NEED_PEER & set(options.only):
            peer.make_ready()
        return _measure(options, peer)
    except (PeerUnavailableError, PeerFailedError) as error:
        print(f"\n{error}", file=sys.stderr)
        return FAILED


def measure_parts(run: SpeedRun, names: Sequence[str], after_each: Callable[[list[Measured]], None]) -> None:
    """Measure part after part; `after_each` gets all results so far."""
    results: list[Measured] = []
    for name in names:
        found = PARTS[name](run)
        print(f"\n{name}\n{table(found)}", flush=True)
        results += found
        after_each(results)


def _measure(options: argparse.Namespace, peer: PeerEnvironment | None) -> int:
    def keep(results: list[Measured]) -> None:
        if options.json:
            report = {"machine": machine(), "results": [result.to_json_object() for result in results]}
            options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        if options.plots:
            write_plots(results, options.plots)

    config = DmadConfig()
    sizes = Sizes(
        points=options.points,
        peer_steps=0 if options.whole_peer else options.peer_steps,
        rows=options.rows,
        repeats=options.repeats,
        images=options.images,
        memory_images=options.memory_images,
        memory_wide=options.memory_wide,
        archive_images=options.archive_images,
        scoring_images=options.scoring_images,
        preview_images=options.preview_images,
        earlier=options.earlier,
    )
    with tempfile.TemporaryDirectory(prefix="twinbank-speed-") as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        run = SpeedRun(
            sizes,
            config,
            peer,
            folder,
            lambda: load_backbone(config.backbone),
            wide=None if options.no_wide else lambda: wide_encoder(config.image_size),
        )
        measure_parts(run, options.only, keep)
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    sizes = Sizes()
    parser = argparse.ArgumentParser(prog="launch.py bench speed", description=__doc__)
    parser.add_argument(
        "--only", type=_names, default=tuple(PARTS), metavar="A,B", help=f"of {', '.join(PARTS)}"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure here")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="write a plot of each part here, as SVG")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keep rendered parts here between runs")
    parser.add_argument("--without-peer", action="store_true", help="measure Twinbank alone")
    for name, default, what in (
        ("--points", sizes.points, "coreset: sizes"),
        ("--rows", sizes.rows, "neighbours: rows of the bank"),
        ("--images", sizes.images, "teach, forget, growth: images"),
        ("--memory-images", sizes.memory_images, "memory: images"),
        ("--memory-wide", sizes.memory_wide, "memory: images of 1,536 channels, made up"),
        ("--earlier", sizes.earlier, "archive: lessons taught before"),
    ):
        parser.add_argument(name, type=_numbers, default=default, metavar="N,N", help=what)
    for name, images, what in (
        ("--archive-images", sizes.archive_images, "archive: images"),
        ("--scoring-images", sizes.scoring_images, "scoring: images of the workspace"),
        ("--preview-images", sizes.preview_images, "preview: images of the product"),
    ):
        parser.add_argument(name, type=int, default=images, metavar="N", help=what)
    parser.add_argument("--repeats", type=int, default=sizes.repeats, help="latency, scoring: calls")
    parser.add_argument(
        "--peer-steps", type=int, default=sizes.peer_steps, help="coreset: steps run of the peer's loop"
    )
    parser.add_argument("--whole-peer", action="store_true", help="coreset: run all steps of the peer's loop")
    parser.add_argument("--no-wide", action="store_true", help="neighbours: leave out C = 1536")
    return parser.parse_args(list(arguments))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(",") if part.strip())
