"""Our own small components of the frame and the pages, each drawn by the module of the same name in app/canvas."""

from collections.abc import Mapping
from typing import Any

import gradio as gr

from app.canvas.mounting import EMPTY_TEMPLATE, on_load
from app.pages.markup import Html


class Drawn(gr.HTML):
    """A component that its module draws; the value is small JSON."""

    MODULE = ""
    SENDS: tuple[str, ...] = ()

    def __init__(
        self, value: Mapping[str, Any] | None = None, *, elem_id: str | None = None, render: bool = True
    ) -> None:
        super().__init__(
            value=dict(value or {}),
            html_template=EMPTY_TEMPLATE,
            css_template="",
            js_on_load=on_load(self.MODULE, self.SENDS),
            apply_default_css=False,
            elem_id=elem_id,
            render=render,
        )

    def postprocess(self, value: Any) -> Any:
        return value

    def api_info(self) -> dict[str, Any]:
        return {"type": "object"}


class NameTag(Drawn):
    """Whose name labels carry. Value {offered}. Event `named` {name}."""

    MODULE = "name_tag.js"
    SENDS = ("named",)


class JobStrip(Drawn):
    """What the server works on. Events `started`, `ended` {id, kind, state}; `show`: it was pressed."""

    MODULE = "job_strip.js"
    SENDS = ("started", "ended", "show")


class JobPanel(Drawn):
    """The running job in full. Value {job_id, is_active}."""

    MODULE = "job_panel.js"


class LookSwitch(Drawn):
    """Light or dark."""

    MODULE = "look_switch.js"


class ExportSheet(Drawn):
    """Export, and what was exported. Value {product}."""

    MODULE = "export_sheet.js"


class ImportSheet(Drawn):
    """Import by upload or folder. Value {products, product}. Event `imported` {added, refused}."""

    MODULE = "import_sheet.js"
    SENDS = ("imported",)


class Written(gr.HTML):
    """Markup from Python. A press on `data-action="x"` is the event `act` with {action, choice, ...data}."""

    def __init__(self, value: Html | None = None, *, elem_id: str | None = None, render: bool = True) -> None:
        super().__init__(
            value=value,
            js_on_load=on_load("clicks.js", ("act",)),
            apply_default_css=False,
            elem_id=elem_id,
            render=render,
        )

    def postprocess(self, value: Any) -> Any:
        return value.text if isinstance(value, Html) else value


class RankedList(Drawn):
    """Images in order of their score. Value {cards, current, more}. Event `open` {image_id}."""

    MODULE = "ranked_list.js"
    SENDS = ("open",)
