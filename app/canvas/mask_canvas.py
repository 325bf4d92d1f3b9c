"""The painter: an image, what is painted on it, and the verdict keys. Bulk goes through the server's own routes.

In: the value, small JSON (`CanvasValue.to_json()`); every field but image_id may be left out:
    image_id         the image to open; None: none
    author           who works here; sent with every save. Empty: strokes are kept in the browser until there is one
    workspace        a name for the workspace that differs from any other's; unsaved strokes are kept under it
    defect_types     [{"name", "colour"}] or names, in the order of the keys 1-9; left out: asked of the server
    prefetch         ids of the images most likely to be opened next
    at_once          the image that is opened as soon as a person goes on, before `move` is answered, and what of the
                     value is another for it; None: the painter waits
    heatmap_version  version whose heatmap is laid over the image, or "in_use"; None: no heatmap
    heatmap_visible  False: not shown (and no slider's doing changes that)
    contour          True: the line where the heatmap reaches the limit is drawn too
    shown_because    "queue" (usual), why the queue shows it, "browse", "review" or "demo"; recorded with every verdict
    read_only        True: nothing can be painted; verdicts can be given
    blind            True: what persons and the model said of the image is neither shown nor asked for
    actions          False: without the verdict buttons below the image (the keys still work)
    refresh          another number than before: the image is opened again from the server
Out: events; `canvas.saved(handler, ...)` gets them, and the data are attributes of the handler's gr.EventData:
    opened            {image_id}: image and painting are on the screen
    saved             {image_id, revision, saved_at, complete, pixel_count, defect_types}: the server has the strokes
    paused            {image_id}: nothing was painted for a moment after a save; there is time to look
    judged            {image_id, verdict, complete, pixel_count, defect_types}: a verdict was given and posted
    move              {direction: "next" | "previous", image_id, reason: "judged" | "key", opened}: put another image_id
                      in; `opened`, where there is one, is on the screen already
    name_needed       {image_id}: a verdict was asked for and the value has no author
    defect_type_added {name}: a person made a new defect type, and the server has it
Saves and verdicts go to the server from the browser; no event has to be handled for them to be stored. After a verdict
`judged` comes first, then `move`. When there is nowhere to move, put the same value in again: it frees the keys at once.

In the page: `.tb-painter` has data-ready="true" when image and painting are shown, data-image-id, data-revision,
data-saved="saved|saving|retrying|refused", data-heatmap="shown|none", and in JavaScript `.painter.toWindow(x, y)`: where
a point of the image is in the window. `twinbank:image` is fired on it when data-image-id is set. Its height is the CSS variable --tb-painter-height.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import gradio as gr

from app.canvas.mounting import EMPTY_TEMPLATE, on_load

EVENTS = ("opened", "saved", "paused", "judged", "move", "name_needed", "defect_type_added")


@dataclass(frozen=True)
class DefectTypeChip:
    name: str
    colour: str  # "#rrggbb"


@dataclass(frozen=True)
class NextImage:
    """What is another for the image that comes next."""

    image_id: int
    shown_because: str
    heatmap_version: Literal["in_use"] | None
    defect_types: tuple[DefectTypeChip, ...]


@dataclass(frozen=True)
class CanvasValue:
    """What the painter is told; the module's text says what each field does."""

    image_id: int | None = None
    author: str = ""
    workspace: str = ""
    defect_types: tuple[DefectTypeChip, ...] = ()
    prefetch: tuple[int, ...] = ()
    at_once: NextImage | None = None
    heatmap_version: int | Literal["in_use"] | None = None
    heatmap_visible: bool = True
    contour: bool = False
    shown_because: str = "queue"
    read_only: bool = False
    actions: bool = True
    blind: bool = False
    refresh: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class MaskCanvas(gr.HTML):
    """The painter as a Gradio component."""

    def __init__(self, value: CanvasValue | None = None, *, elem_id: str | None = None, render: bool = True):
        super().__init__(
            value=(value or CanvasValue()).to_json(),
            html_template=EMPTY_TEMPLATE,
            css_template="",
            js_on_load=on_load("mask_canvas.js", EVENTS),
            apply_default_css=False,
            elem_id=elem_id,
            render=render,
        )

    def postprocess(self, value: CanvasValue | dict[str, Any] | None) -> Any:
        return value.to_json() if isinstance(value, CanvasValue) else value

    def api_info(self) -> dict[str, Any]:
        return {"type": "object"}
