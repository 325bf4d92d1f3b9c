"""The command line of `launch.py bench backbones`: each backbone by each runtime, one process after the other."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.peer_environment import ROOT
from core.backbone_specs import BACKBONES, BackboneSpec

ABOUT = 256  # px; a transformer takes the multiple of its patch that is nearest
RUNTIMES = ("torch", "openvino")
FAILED, WRONG_USE = 1, 2


class MeasurementFailedError(RuntimeError):
    """The process that measured a backbone ended with an error; its words are above."""


@dataclass(frozen=True)
class Cost:
    """What one backbone costs by one runtime."""

    backbone: str
    runtime: str
    image_size: int  # px
    grid: tuple[int, int]
    channels: int
    weights_mb: float  # of the part that is used, float32
    features_kb: float  # of an image, float16, as the cache keeps them
    alone_ms: float  # an image by itself
    bulk_ms: float  # an image among many
    before_mb: float  # the process's most memory before the network is there
    peak_mb: float  # and at the end


def measure(name: str, repeats: int) -> list[Cost]:
    """Measure one backbone by every runtime."""
    size = nearest_size(BACKBONES[name])
    costs: list[Cost] = []
    for runtime in RUNTIMES:
        found = _apart(name, size, runtime, repeats)
        if "unavailable" in found:
            print(f"{name}, {runtime}: {found['unavailable']}", file=sys.stderr)
            continue
        costs.append(Cost(name, runtime, size, tuple(found.pop("grid")), **found))
    return costs


def nearest_size(spec: BackboneSpec) -> int:
    """Return the image size nearest to ABOUT that the backbone takes."""
    return ABOUT if spec.patch is None else round(ABOUT / spec.patch) * spec.patch


def _apart(name: str, size: int, runtime: str, repeats: int) -> dict[str, Any]:
    words = [sys.executable, "-m", "benchmarks.backbones.apart", name, str(size), runtime, str(repeats)]
    done = subprocess.run(words, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise MeasurementFailedError(f"Measuring {name} by {runtime} failed; the reason is above.")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def format_costs(costs: Sequence[Cost]) -> str:
    """Return a Markdown table, a line per backbone and runtime; memory is what the network adds to the process."""
    lines = [
        "| backbone | image | grid | channels | weights | features | runtime | ms alone | ms in bulk | memory |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{c.backbone}` | {c.image_size} px | {c.grid[0]} × {c.grid[1]} | {c.channels} | {c.weights_mb:.0f} MB "
        f"| {c.features_kb:.0f} kB | {c.runtime} | {c.alone_ms:.0f} | {c.bulk_ms:.0f} | {c.peak_mb - c.before_mb:.0f} MB |"
        for c in costs
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; the exit code."""
    options = _options(arguments)
    unknown = [name for name in options.only if name not in BACKBONES]
    if unknown:
        print(
            f"There is no backbone {', '.join(unknown)}; there are {', '.join(BACKBONES)}.", file=sys.stderr
        )
        return WRONG_USE
    costs: list[Cost] = []
    try:
        for name in options.only:
            costs += measure(name, options.repeats)
    except MeasurementFailedError as error:
        print(f"{error}", file=sys.stderr)
        return FAILED
    print(format_costs(costs))
    if options.json:
        report = {"machine": machine(), "costs": [asdict(cost) for cost in costs]}
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="launch.py bench backbones", description=__doc__)
    parser.add_argument(
        "--only",
        type=lambda text: tuple(text.split(",")),
        default=tuple(BACKBONES),
        metavar="A,B",
        help=f"of {', '.join(BACKBONES)}",
    )
    parser.add_argument("--repeats", type=int, default=20, metavar="N", help="images alone (default 20)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure here")
    return parser.parse_args(list(arguments))
