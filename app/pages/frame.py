"""The frame around the pages: product switch, whose name labels carry, what runs, the keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from app import messages
from app.canvas.key_map import KeyMap
from app.pages.components import JobStrip, LookSwitch, NameTag
from app.pages.shared import QUIET, Frame, Target, in_order
from app.services import Services


@dataclass(frozen=True)
class FrameView:
    product: gr.Dropdown
    strip: JobStrip
    tag: NameTag
    keys: KeyMap
    page: gr.State
    author: gr.Textbox
    address: gr.Textbox  # never shown; what stood behind the question mark when the page was loaded
    opens: gr.Textbox  # never shown; the page that this address names
    book: gr.Textbox  # never shown; see Frame


def build(author_default: str | None) -> FrameView:
    with gr.Row(elem_id="tw-top"):
        gr.HTML(
            '<div class="tw-brand"><svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="7.4" cy="10" r="5.2"/>'
            '<circle cx="12.6" cy="10" r="5.2"/></svg><span>Twinbank</span></div>',
            elem_id="tw-brand",
        )
        strip = JobStrip(elem_id="tw-strip")
        product = gr.Dropdown(
            [(messages.ALL_PRODUCTS, "")],
            value="",
            show_label=False,
            container=False,
            filterable=False,
            elem_id="tw-product",
            min_width=150,
            scale=0,
        )
        tag = NameTag({"offered": author_default or ""}, elem_id="tw-name")
        keys = KeyMap(elem_id="tw-keys")
        LookSwitch(elem_id="tw-look")
        author = gr.Textbox("", visible="hidden", show_label=False, container=False, elem_id="tw-author")
        address = gr.Textbox("", visible="hidden", show_label=False, container=False, elem_id="tw-address")
        opens = gr.Textbox("", visible="hidden", show_label=False, container=False, elem_id="tw-opens")
        book = gr.Textbox("", visible="hidden", show_label=False, container=False, elem_id="tw-book-of")
    return FrameView(product, strip, tag, keys, gr.State("browse"), author, address, opens, book)


class FrameHandlers:
    """Translate: widget values -> service call -> widget values. Nothing is decided here."""

    def __init__(self, services: Services) -> None:
        self._browsing = services.browsing

    def products(self, current: str) -> Any:
        """Return the product switch with this product chosen, if it is there."""
        summaries = self._browsing.products()
        names = [summary.name for summary in summaries]
        total = sum(summary.images for summary in summaries)
        all_of_them = (messages.product_choice(messages.ALL_PRODUCTS, total), "")
        own = [(messages.product_choice(summary.name, summary.images), summary.name) for summary in summaries]
        return gr.update(choices=[all_of_them, *own], value=current if current in names else "")

    def named(self, event: gr.EventData) -> str:
        return str(event.name).strip()


def wire(view: FrameView, frame: Frame, handlers: FrameHandlers, teach: Target) -> None:
    view.tag.named(handlers.named, None, view.author, queue=False, **QUIET)
    view.strip.ended(handlers.products, view.product, view.product, **QUIET)
    view.strip.show(lambda: gr.Tabs(selected="teach"), None, frame.tabs, queue=False, **QUIET)
    view.keys.teach(teach.handler, list(teach.inputs), list(teach.outputs), **in_order("teach"))
