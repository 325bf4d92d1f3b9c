"""The command line of `launch.py bench painting`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import machine
from benchmarks.painting import interruptions, labelling_pass, people, saves, strokes
from benchmarks.painting.station import NoBrowserError, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PARTS: dict[str, Callable[[Browser, Path], dict[str, Any]]] = {
    "strokes": strokes.measure,
    "saves": saves.measure,
    "next": saves.measure_next,
    "pass": labelling_pass.measure,
    "people": people.measure,
    "interruptions": interruptions.measure,
}
WRONG_USE, FAILED = 2, 1


def main(arguments: Sequence[str]) -> int:
    """Measure the parts that were asked for; the exit code."""
    parser = argparse.ArgumentParser(prog="launch.py bench painting", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), metavar="A,B", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure here")
    options = parser.parse_args(list(arguments))
    names = [name.strip() for name in options.only.split(",") if name.strip()]
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"There is no part {', '.join(unknown)}; there are {', '.join(PARTS)}.", file=sys.stderr)
        return WRONG_USE
    results: dict[str, Any] = {}
    try:
        with tempfile.TemporaryDirectory(prefix="twinbank-painting-") as folder, chromium() as browser:
            for name in names:
                results[name] = PARTS[name](browser, Path(folder))
                print(f"\n{name}", *_lines(results[name]), sep="\n  ", flush=True)
                if options.json is not None:
                    report = {"machine": machine(), "browser": browser.version, "results": results}
                    options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    except NoBrowserError as error:
        print(error, file=sys.stderr)
        return FAILED
    return 0


def _lines(found: dict[str, Any]) -> list[str]:
    lines = []
    for name, value in found.items():
        shown = ", ".join(f"{key} {one}" for key, one in value.items()) if isinstance(value, dict) else value
        lines.append(f"{name.replace('_', ' '):<36} {shown}")
    return lines
