"""The key map of every page: a small "Keys" button, and the keys that no painter or grid takes.

Put one into the frame of the app, outside every tab. Keys become `twinbank:action` events on `document`, with
{action, phase: "press" | "hold" | "release"}; keys.js lists the actions. Events for Python:
    teach             the key T: a lesson starts on Label and Teach; elsewhere Teach is opened
    action            {action}: every pressed key of the map, "teach" included
"""

from typing import Any

import gradio as gr

from app.canvas.mounting import EMPTY_TEMPLATE, on_load

EVENTS = ("teach", "action")


class KeyMap(gr.HTML):
    """Listens to the keys of the whole page, and shows them."""

    def __init__(self, *, elem_id: str | None = None, render: bool = True):
        super().__init__(
            value={},
            html_template=EMPTY_TEMPLATE,
            css_template="",
            js_on_load=on_load("key_map.js", EVENTS),
            apply_default_css=False,
            elem_id=elem_id,
            render=render,
        )

    def postprocess(self, value: Any) -> Any:
        return value
