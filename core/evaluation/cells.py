"""One cell of an evaluation: what was measured with one detector, and cells as they are written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.evaluation.figures import ResultRow, RunKey

DETAILS = ("calls", "types", "images", "curves", "pictures")


@dataclass(frozen=True)
class Cell:
    """What was measured of one detector (in a transfer experiment: one per product)."""

    key: RunKey
    rows: tuple[ResultRow, ...]  # per product and scorer
    pooled: tuple[ResultRow, ...]  # per scorer
    details: dict[str, list[dict[str, Any]]]  # by DETAILS; experiments have no curves and no pictures
    seconds: dict[str, float]
    largest_pixel_error: float


def cell_to_json(cells: Sequence[Cell]) -> dict[str, Any]:
    """Return the cells as written: the details of the evaluation's own lie flat, experiments are kept whole."""
    own = [cell for cell in cells if not cell.key.experiment]
    return {
        **{name: [entry for cell in own for entry in cell.details[name]] for name in DETAILS},
        "experiments": [
            asdict(cell.key)
            | {"results": [asdict(row) for row in cell.rows], "pooled": [asdict(row) for row in cell.pooled]}
            | cell.details
            for cell in cells
            if cell.key.experiment
        ],
        "cells": [
            asdict(cell.key) | {"seconds": cell.seconds, "largest_pixel_error": cell.largest_pixel_error}
            for cell in cells
        ],
    }


def cell_from_json(content: dict[str, Any]) -> tuple[Cell, ...]:
    """Read what was written; raises KeyError or TypeError where it is something else."""
    experiments = {(e["experiment"], e["seen"], e["seed"]): e for e in content["experiments"]}
    cells = []
    for entry in content["cells"]:
        key = RunKey(entry["seen"], entry["seed"], entry["experiment"])
        source = experiments.get((key.experiment, key.seen, key.seed), content)
        cells.append(
            Cell(
                key,
                tuple(ResultRow(**row) for row in _of(source["results"], key)),
                tuple(ResultRow(**row) for row in _of(source["pooled"], key)),
                {name: _of(source[name], key) for name in DETAILS},
                entry["seconds"],
                entry["largest_pixel_error"],
            )
        )
    return tuple(cells)


def _of(entries: Sequence[dict[str, Any]], key: RunKey) -> list[dict[str, Any]]:
    return [entry for entry in entries if (entry["seen"], entry["seed"]) == (key.seen, key.seed)]
