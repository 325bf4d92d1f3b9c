"""Curves and histograms as inline SVG; colours are the page's own, so that light and dark both fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 250, 210
LEFT, TOP, RIGHT, BOTTOM = 38, 26, 10, 36

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Line:
    """One curve."""

    name: str
    points: Points
    colour: str  # a class of the page's style: "n0" .. "n3"


@dataclass(frozen=True)
class Axes:
    """What a chart's axes say and where they end; both start at `x_from` and 0."""

    title: str
    x: str
    y: str
    x_to: float = 1.0
    x_from: float = 0.0
    y_to: float = 1.0


def line_chart(axes: Axes, lines: Sequence[Line]) -> str:
    """Return a chart of curves."""
    drawn = []
    for line in lines:
        path = " ".join(f"{_x(axes, x):.1f},{_y(axes, y):.1f}" for x, y in line.points)
        drawn.append(
            f'<polyline class="line {line.colour}" points="{path}"><title>{escape(line.name)}</title></polyline>'
        )
    return _frame(axes, "".join(drawn))


def histogram(axes: Axes, good: Sequence[int], defective: Sequence[int], limit: float) -> str:
    """Return two rows of bars on one scale, good upwards and defective downwards from a common line.

    Args:
        good, defective: counts per bin, evenly spaced over the x axis.
    """
    middle = _y(axes, 0.5)
    most = max([*good, *defective, 1])
    width = (WIDTH - LEFT - RIGHT) / len(good)
    bars = []
    for index, counts in enumerate(zip(good, defective, strict=True)):
        for count, name, sign in zip(counts, ("good", "bad"), (-1, 1), strict=True):
            if not count:
                continue
            height = max(1.5, count / most * (middle - TOP - 2))
            top = middle - height if sign < 0 else middle
            word = "good" if name == "good" else "defective"
            bars.append(
                f'<rect class="{name}" x="{LEFT + index * width + 0.5:.1f}" y="{top:.1f}" '
                f'width="{width - 1:.1f}" height="{height:.1f}"><title>{count} {word}</title></rect>'
            )
    at = _x(axes, limit)
    mark = (
        f'<line class="limit" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        f'<text class="limit-name" x="{at + 3:.1f}" y="{TOP + 9}">limit</text>'
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{middle:.1f}" y2="{middle:.1f}"/>'
    )
    names = (
        f'<text class="tick good-name" x="{LEFT - 4}" y="{middle - 8:.1f}" text-anchor="end">good</text>'
        f'<text class="tick bad-name" x="{LEFT - 4}" y="{middle + 14:.1f}" text-anchor="end">defect</text>'
    )
    return _frame(axes, "".join(bars) + mark + names, y_ticks=False)


def _frame(axes: Axes, content: str, *, y_ticks: bool = True) -> str:
    ticks = []
    for share in (0.0, 0.5, 1.0):
        value = axes.x_from + share * (axes.x_to - axes.x_from)
        at = _x(axes, value)
        ticks.append(
            f'<text class="tick" x="{at:.1f}" y="{HEIGHT - BOTTOM + 13}" text-anchor="middle">{value:.3g}</text>'
        )
        if y_ticks:
            at = _y(axes, share * axes.y_to)
            ticks.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
            ticks.append(
                f'<text class="tick" x="{LEFT - 5}" y="{at + 3:.1f}" text-anchor="end">{share * axes.y_to:.3g}</text>'
            )
    middle = (LEFT + WIDTH - RIGHT) / 2
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(axes.title)}">'
        f'<text class="chart-title" x="{LEFT}" y="14">{escape(axes.title)}</text>{"".join(ticks)}{content}'
        f'<text class="axis-name" x="{middle:.0f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(axes.x)}</text>'
        + (
            f'<text class="axis-name" transform="translate(9,{(TOP + HEIGHT - BOTTOM) / 2:.0f}) rotate(-90)" '
            f'text-anchor="middle">{escape(axes.y)}</text>'
            if axes.y
            else ""
        )
        + "</svg>"
    )


def _x(axes: Axes, value: float) -> float:
    share = (value - axes.x_from) / (axes.x_to - axes.x_from)
    return LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)


def _y(axes: Axes, value: float) -> float:
    return HEIGHT - BOTTOM - min(max(value / axes.y_to, 0.0), 1.0) * (HEIGHT - TOP - BOTTOM)
