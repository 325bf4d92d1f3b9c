"""The grid of images: virtual, so that 50,000 scroll like fifty. Cards come from GET /api/images.

In: the value, small JSON (`GridValue.to_json()`); every field may be left out:
    query          parameters of GET /api/images, e.g. {"product": "gear", "verdict": "none", "order": "score"}; None and
                   "" are left out
    author         who works here; sent with every verdict
    shown_because  "browse" (usual); recorded with every verdict
    selected       ids selected when the cards arrive
    refresh        another number than before: the cards are asked for again
    in_address     True: the page's address names the query, so that a reload, a bookmark or a link shows the same list
Out: events, their data being attributes of the handler's gr.EventData:
    open           {image_id}: Enter or a double click
    selected       {image_ids}: the selection changed
    judged         {image_ids, verdict, changed}: G, N or U (or a button) on the selected cards, or on the one with the
                   focus; posted already. Ctrl+Z takes it back, and comes as `judged` with the verdict before, or None
    name_needed    {}: a verdict was asked for and the value has no author
Keys: arrows, Page, Home and End move; Shift extends; Space selects; Ctrl+A all; Esc none; A and D move by one.
In the page: `.tb-grid` has data-ready="true" when its cards are there. Its height is the CSS variable --tb-grid-height.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import gradio as gr

from app.canvas.mounting import EMPTY_TEMPLATE, on_load

EVENTS = ("open", "selected", "judged", "name_needed")


@dataclass(frozen=True)
class GridValue:
    """What the grid is told; the module's text says what each field does."""

    query: dict[str, str | float | bool | None] = field(default_factory=dict)
    author: str = ""
    shown_because: Literal["queue", "browse", "review", "demo"] = "browse"
    selected: tuple[int, ...] = ()
    refresh: int = 0
    in_address: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "query": {name: _as_text(value) for name, value in self.query.items() if value not in (None, "")},
            "author": self.author,
            "shown_because": self.shown_because,
            "selected": list(self.selected),
            "refresh": self.refresh,
            "in_address": self.in_address,
        }


def _as_text(value: str | float | bool | None) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class ImageGrid(gr.HTML):
    """The grid as a Gradio component."""

    def __init__(self, value: GridValue | None = None, *, elem_id: str | None = None, render: bool = True):
        super().__init__(
            value=(value or GridValue()).to_json(),
            html_template=EMPTY_TEMPLATE,
            css_template="",
            js_on_load=on_load("image_grid.js", EVENTS),
            apply_default_css=False,
            elem_id=elem_id,
            render=render,
        )

    def postprocess(self, value: GridValue | dict[str, Any] | None) -> Any:
        return value.to_json() if isinstance(value, GridValue) else value

    def api_info(self) -> dict[str, Any]:
        return {"type": "object"}
