"""The command line of `launch.py bench accuracy`."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.accuracy.cells import Cell, CellKey, load_cell, measure_cell, save_cell
from benchmarks.accuracy.comparison import Compared, compare
from benchmarks.accuracy.protocol import Protocol
from benchmarks.accuracy.report import differences_table, figures_table, summary
from benchmarks.accuracy.rows import DEFAULT, PAPER, PATCHCORE, ROWS, Systems
from benchmarks.machine import machine
from benchmarks.peer_environment import (
    ROOT,
    Peer,
    PeerEnvironment,
    PeerFailedError,
    PeerUnavailableError,
)
from benchmarks.progress_line import print_progress
from core.backbones import load_backbone
from core.config import DmadConfig
from core.datasets import DatasetError, read_dataset
from core.device import choose_device
from core.encoder import build_encoder
from core.evaluation.protocol import TooFewDefectsError
from core.feature_store import FeatureStore

RESULTS = ROOT / "benchmarks" / ".results" / "accuracy"
FAILED, WRONG_USE = 1, 2


def main(arguments: Sequence[str]) -> int:
    """Measure the cells that are missing and compare; the exit code."""
    options = _options(arguments)
    unknown = [name for name in options.only if name not in ROWS]
    if unknown:
        print(f"There is no row {', '.join(unknown)}; there are {', '.join(ROWS)}.", file=sys.stderr)
        return WRONG_USE
    try:
        return _run(options)
    except (PeerUnavailableError, PeerFailedError, DatasetError, TooFewDefectsError) as error:
        print(f"\n{error}", file=sys.stderr)
        return FAILED


def _run(options: argparse.Namespace) -> int:
    rows = [row for row in options.only if row != PATCHCORE or not options.without_peer]
    peer = PeerEnvironment() if PATCHCORE in rows else None
    if peer is not None:
        peer.make_ready()
    config = DmadConfig()
    products = read_dataset(options.data, options.products)
    encoder = build_encoder(config, choose_device("cpu").device, options.weights)
    protocol = Protocol(
        products,
        options.seen,
        config,
        FeatureStore(encoder, options.cache),
        lambda: load_backbone(config.backbone, options.weights),
        print_progress,
    )
    cells = measure_cells(protocol, rows, options.seeds, peer, options.results, options.paper_epochs)
    compared = compare_rows(cells, options.resamples)
    lines = summary(cells)
    print(f"\nmean over products, per cent\n{figures_table(lines)}")
    print(f"\ndifferences with 95 % intervals, points; * where 0 lies outside\n{differences_table(compared)}")
    systems = Systems(protocol, peer, options.paper_epochs)
    notes = [note for row in rows if (note := systems.note(row))]
    print("\n" + "\n".join(notes))
    if options.json:
        report = as_json(cells, compared) | {"machine": machine(), "notes": notes}
        report |= {"settings": settings(protocol, options.paper_epochs)}
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def measure_cells(
    protocol: Protocol,
    rows: Sequence[str],
    seeds: Sequence[int],
    peer: Peer | None,
    results: Path,
    paper_epochs: int,
) -> list[Cell]:
    """Measure the cells that no earlier run with these settings has, and return all.

    PatchCore learns nothing from seen defects: it is measured once per seed. The paper row has one seed.
    """
    text = json.dumps(settings(protocol, paper_epochs), sort_keys=True)
    folder = results / hashlib.sha256(text.encode()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.json").write_text(text + "\n", encoding="utf-8")
    systems = Systems(protocol, peer, paper_epochs)
    cells = []
    for key in _keys(rows, seeds, protocol.seen):
        cell = load_cell(key, folder)
        if cell is None:
            cell = _measured(key, systems, protocol)
            save_cell(cell, folder)
        cells.append(cell)
    # What learns nothing from seen defects stands in every column.
    for cell in [cell for cell in cells if cell.key.row == PATCHCORE]:
        for seen in protocol.seen[1:]:
            key = replace(cell.key, seen=seen)
            figures = tuple(replace(row, seen=seen) for row in cell.figures)
            cells.append(replace(cell, key=key, figures=figures))
    return cells


def _keys(rows: Sequence[str], seeds: Sequence[int], seen: Sequence[int]) -> list[CellKey]:
    return [
        CellKey(row, seed, number)
        for seed in seeds
        for row in rows
        for number in (seen[:1] if row == PATCHCORE else seen)
        if row != PAPER or seed == seeds[0]
    ]


def _measured(key: CellKey, systems: Systems, protocol: Protocol) -> Cell:
    print(f"measuring {key}", file=sys.stderr, flush=True)
    started = time.perf_counter()
    cell = measure_cell(key, systems.judge(key.row, key.seed, key.seen), protocol)
    return replace(cell, seconds=round(time.perf_counter() - started, 1))


def compare_rows(cells: Sequence[Cell], resamples: int) -> list[Compared]:
    """Compare every row with PatchCore at the same number seen, and the default with itself at the smallest."""
    by_place: dict[tuple[str, int], dict[int, Cell]] = {}
    for cell in cells:
        by_place.setdefault((cell.key.row, cell.key.seen), {})[cell.key.seed] = cell
    least = min((seen for _, seen in by_place), default=0)
    compared = []
    for (row, seen), after in by_place.items():
        references = [(PATCHCORE, seen)] if row != PATCHCORE else []
        references += [(DEFAULT, least)] if row == DEFAULT and seen != least else []
        for place in references:
            before = by_place.get(place, {})
            seeds = sorted(set(before) & set(after))
            if seeds:
                pair = [before[seed] for seed in seeds], [after[seed] for seed in seeds]
                compared += compare(*pair, resamples=resamples)
    return compared


def as_json(cells: Sequence[Cell], compared: Sequence[Compared]) -> dict[str, Any]:
    """Return the figures of all cells, their means over seeds, and the differences."""
    return {
        "cells": [
            asdict(cell.key) | {"seconds": cell.seconds, "figures": [asdict(row) for row in cell.figures]}
            for cell in cells
        ],
        "summary": summary(cells),
        "differences": [asdict(one) for one in compared],
    }


def settings(protocol: Protocol, paper_epochs: int) -> dict[str, Any]:
    """Return everything a cell's figures depend on but its row, seed and number seen."""
    return {
        "config": asdict(protocol.config),
        "encoder": protocol.store.encoder.fingerprint,
        "left_out": max(protocol.seen),
        "paper_epochs": paper_epochs,
        "products": {
            p.name: {
                "train_good": len(p.train_good),
                "test_good": len(p.test_good),
                "defects": len(p.defects),
            }
            for p in protocol.products
        },
    }


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="launch.py bench accuracy", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT", help="products in MVTec layout")
    parser.add_argument("--products", type=_names, metavar="A,B", help="only these")
    parser.add_argument("--only", type=_names, default=ROWS, metavar="A,B", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--seen", type=_numbers, default=(0, 1, 5, 10), metavar="N,N", help="defects painted")
    parser.add_argument("--seeds", type=_numbers, default=(0, 1, 2), metavar="N,N", help="default 0,1,2")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIR", help="where cells are kept")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure here")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep patch features here between runs")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="weights of the backbone")
    parser.add_argument("--without-peer", action="store_true", help="leave PatchCore out")
    parser.add_argument("--paper-epochs", type=int, default=1, help="of the paper's 48 (default 1)")
    parser.add_argument("--resamples", type=int, default=500, help="of the bootstrap (default 500)")
    return parser.parse_args(list(arguments))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))
