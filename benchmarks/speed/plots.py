"""A plot of each part of `bench speed`: bars of both sides, and lines for what grows with the number of images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed.measured import Measured, seconds
from benchmarks.svg import Bar, Line, bars, lines


def write_plots(results: Sequence[Measured], folder: Path) -> list[Path]:
    """Write <folder>/<part>.svg for each part among the results."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for part in dict.fromkeys(result.part for result in results):
        mine = [result for result in results if result.part == part]
        text = _growth(mine) if part == "growth" else bars(f"{part}, logarithmic scale", _bars(mine))
        path = folder / f"{part}.svg"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _bars(results: Sequence[Measured]) -> list[Bar]:
    rows = []
    for result in results:
        in_megabytes = "peak_mb" in result.details
        ours = result.details["peak_mb"] if in_megabytes else result.ours_s
        theirs = result.details.get("peer_peak_mb") if in_megabytes else result.peer_s
        rows.append(Bar(result.name, ours, _shown(ours, in_megabytes)))
        if theirs is not None:
            rows.append(Bar(result.peer or "peer", theirs, _shown(theirs, in_megabytes), is_peer=True))
    return rows


def _shown(value: float, in_megabytes: bool) -> str:
    return f"{value:.0f} MB" if in_megabytes else seconds(value)


def _growth(results: Sequence[Measured]) -> str:
    drawn = [
        Line(f"{result.name} {result.details['exponent']:.2f}", tuple(map(tuple, result.details["points"])))
        for result in results
    ]
    return lines("growth with the number of images; the number is the exponent", "images", "seconds", drawn)
