"""Plots as SVG text, without a plotting library: bars beside each other, and lines, both on logarithmic scales."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, ROW, LEFT, RIGHT, TOP = 860, 22, 210, 110, 46
OURS, PEERS = "#5b2a86", "#c9a227"
COLOURS = ("#5b2a86", "#c9a227", "#2a7f86", "#a83232", "#4a6b1f", "#1f4a8a")


@dataclass(frozen=True)
class Bar:
    """One bar and what is written beside it."""

    name: str
    value: float
    text: str
    is_peer: bool = False


@dataclass(frozen=True)
class Line:
    """One line through points (x, y), all above 0."""

    name: str
    points: tuple[tuple[float, float], ...]


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Draw one bar a row, the length by the logarithm of its value. Values of 0 get no bar."""
    values = [bar.value for bar in rows if bar.value > 0] or [1.0]
    low, high = math.log10(min(values)) - 0.5, math.log10(max(values)) + 0.1
    parts = [_text(12, 24, title, size=15)]
    for number, bar in enumerate(rows):
        y = TOP + number * ROW
        share = (math.log10(bar.value) - low) / (high - low) if bar.value > 0 else 0.0
        length = max(0.0, share) * (WIDTH - LEFT - RIGHT)
        colour = PEERS if bar.is_peer else OURS
        parts.append(_text(LEFT - 8, y + 13, bar.name, anchor="end"))
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{ROW - 6}" fill="{colour}"/>')
        parts.append(_text(LEFT + length + 6, y + 13, bar.text))
    return _document(parts, TOP + len(rows) * ROW + 14)


def lines(title: str, x_name: str, y_name: str, drawn: Sequence[Line]) -> str:
    """Draw lines on logarithmic axes, each named at its end."""
    points = [point for line in drawn for point in line.points]
    height, bottom = 420, 370
    across = _Axis([x for x, _ in points], LEFT - 120, WIDTH - 230)
    upward = _Axis([y for _, y in points], bottom, TOP)
    parts = [_text(12, 24, title, size=15), _text(WIDTH / 2 - 60, height - 12, x_name)]
    parts.append(_text(12, TOP, y_name))
    for x in sorted({x for x, _ in points}):
        parts.append(_text(across.place(x), bottom + 18, f"{x:g}", anchor="middle"))
    for y in upward.decades():
        place = upward.place(y)
        parts.append(_text(LEFT - 128, place + 4, f"{y:g}", anchor="end"))
        parts.append(f'<path d="M{LEFT - 120} {place:.1f}H{WIDTH - 230}" stroke="#ddd"/>')
    for number, line in enumerate(drawn):
        colour = COLOURS[number % len(COLOURS)]
        places = [(across.place(x), upward.place(y)) for x, y in line.points]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        parts.append(_text(places[-1][0] + 8, places[-1][1] + 4, line.name, colour=colour))
    return _document(parts, height)


class _Axis:
    """Places positive values on a logarithmic axis between two coordinates."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._low, self._high = math.log10(min(values)), math.log10(max(values))
        if self._high - self._low < 1e-9:
            self._low, self._high = self._low - 0.5, self._high + 0.5
        self._start, self._end = start, end

    def place(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)

    def decades(self) -> list[float]:
        return [10.0**power for power in range(math.ceil(self._low), math.floor(self._high) + 1)]


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", size: int = 12, colour: str = "#222"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(words)}</text>"
    )


def _document(parts: Sequence[str], height: float) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>'
    )
    return head + "".join(parts) + "</svg>\n"
