"""The score histogram as SVG: counts of good, defective and unjudged images, and the reject limit."""

from __future__ import annotations

from app.pages.markup import Html, div, span, tag
from app.services.views import Histogram

WIDTH, HEIGHT = 300, 118
LEFT, RIGHT, TOP, BOTTOM = 6, 6, 14, 18
SERIES = (("unjudged", "not judged"), ("good", "good"), ("defect", "defect"))


def histogram_svg(histogram: Histogram, current: float | None) -> Html:
    """Draw stacked bars over the score; `current` is the score of the open image."""
    edges = histogram.bin_edges
    stacks = list(zip(histogram.unjudged, histogram.good, histogram.defect, strict=True))
    most = max((sum(stack) for stack in stacks), default=0) or 1
    low, high = edges[0], edges[-1]

    def x(score: float) -> float:
        share = (min(max(score, low), high) - low) / (high - low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    bars = [
        bar for at, stack in enumerate(stacks) for bar in _stack(x(edges[at]), x(edges[at + 1]), stack, most)
    ]
    floor = HEIGHT - BOTTOM
    ticks = [_tick(x(score), score) for score in range(int(low), int(high) + 1, _step(high - low))]
    limit = _line(x(histogram.limit), "tw-hist-limit", "limit") if histogram.limit is not None else []
    here = _line(x(current), "tw-hist-here", "this") if current is not None else []
    base = tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=floor, y2=floor, class_="tw-hist-base")
    picture = tag(
        "svg",
        *bars,
        base,
        *ticks,
        *limit,
        *here,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        class_="tw-hist",
        role="img",
        aria_label="How many images have which score",
    )
    legend = [span(f"tw-key tw-key-{kind}", text) for kind, text in SERIES]
    return div("", picture, div("tw-legend", *legend))


def _stack(left: float, right: float, stack: tuple[int, ...], most: int) -> list[Html]:
    room = HEIGHT - TOP - BOTTOM
    found, floor = [], float(HEIGHT - BOTTOM)
    for (kind, text), count in zip(SERIES, stack, strict=True):
        if not count:
            continue
        height = room * count / most
        floor -= height
        title = tag("title", f"{count} {text}")
        found.append(
            Html(
                f'<rect class="tw-hist-{kind}" x="{left + 0.4:.2f}" width="{max(0.8, right - left - 0.8):.2f}" '
                f'y="{floor:.2f}" height="{height:.2f}">{title}</rect>'
            )
        )
    return found


def _tick(x: float, score: int) -> Html:
    return tag("text", str(score), x=f"{x:.1f}", y=HEIGHT - 5, class_="tw-hist-text", text_anchor="middle")


def _line(x: float, class_: str, text: str) -> list[Html]:
    line = tag("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=TOP - 2, y2=HEIGHT - BOTTOM, class_=class_)
    return [line, tag("text", text, x=f"{x:.1f}", y=9, class_="tw-hist-text", text_anchor="middle")]


def _step(span_of_scores: float) -> int:
    return max(1, round(span_of_scores / 6))
