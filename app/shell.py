"""The whole app as pages: builds them, then connects them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import gradio as gr

from app import messages
from app.canvas import STATIC_URL
from app.canvas.mounting import calling
from app.pages import book, browse, frame, label, models, review, teach
from app.pages.shared import QUIET, Frame
from app.services import Services

# The name goes along with the first question already: no key may come before it. The address goes along as it was when
# the page was loaded: the tab that is open first puts its own there, and that may come before this question is asked.
_WHO_IS_HERE = f"""async () => {{
  const root = (window.gradio_config && window.gradio_config.root) || '';
  const {{ rememberedName }} = await import(root + '{STATIC_URL}/name_tag.js');
  const {{ isHeatmapOn }} = await import(root + '{STATIC_URL}/preferences.js');
  const [loaded] = performance.getEntriesByType('navigation');
  return [rememberedName(), new URL(loaded.name).search, isHeatmapOn()];
}}"""
_REMEMBER = calling("page_address.js", "remember")


def build_app(services: Services) -> gr.Blocks:
    """Return the pages over one open workspace."""
    with gr.Blocks(title=messages.TITLE, analytics_enabled=False, fill_width=True) as app:
        bar = frame.build(services.author_default)
        views: dict[str, Any] = {}
        tab: dict[str, gr.Tab] = {}
        with gr.Tabs(selected="browse", elem_id="tw-tabs") as tabs:
            for page in (browse, label, book, teach, review, models):
                name = page.__name__.rpartition(".")[2]
                with gr.Tab(messages.PAGES[name], id=name, elem_id=f"tw-page-{name}") as tab[name]:
                    views[name] = page.build(services)
        around = Frame(tabs, tab, bar.page, bar.product, bar.author, bar.strip, bar.book)
        _connect(services, app, bar, around, views)
    return app


def _connect(
    services: Services,
    app: gr.Blocks,
    bar: frame.FrameView,
    around: Frame,
    views: dict[str, Any],
) -> None:
    teaching = teach.TeachHandlers(services)
    labelling = label.LabelHandlers(services)
    frame_handlers = frame.FrameHandlers(services)
    start_teaching = teach.start_target(views["teach"], around, teaching)
    open_in_label = label.open_target(views["label"], around, labelling)

    frame.wire(bar, around, frame_handlers, start_teaching)
    browsing = browse.BrowseHandlers(services)
    browse.wire(views["browse"], around, browsing, open_in_label)
    label.wire(views["label"], around, labelling)
    book.wire(views["book"], around, book.BookHandlers(services))
    teach.wire(views["teach"], around, teaching, open_in_label)
    review.wire(views["review"], around, review.ReviewHandlers(services), open_in_label)
    models.wire(views["models"], around, models.ModelsHandlers(services), open_in_label)

    where = [bar.product, views["label"].queue, bar.book]
    for name, item in around.tab.items():
        item.select(lambda page=name: page, None, bar.page, queue=False, **QUIET)
        item.select(None, where, None, js=_REMEMBER)
    for widget in where:
        widget.change(None, where, None, js=_REMEMBER)

    def arrive(author: str, address: str, heatmap: bool) -> tuple[Any, ...]:
        asked = dict(parse_qsl(address.removeprefix("?")))
        product = frame_handlers.products(asked.get("product", ""))
        names = [summary.name for summary in services.browsing.products()]
        book = next((asked[key] for key in ("product", "book") if asked.get(key) in names), "")
        return author, *labelling.arrive(author, asked, heatmap), product, book, *browsing.arrive(asked)

    named = [bar.author, bar.address, views["label"].heatmap]
    arriving = [
        bar.author,
        *label.arrival_of(views["label"], bar.opens),
        bar.product,
        bar.book,
        *views["browse"].filters(),
    ]
    shown = browse.show_target(views["browse"], around, browsing)
    arrived = app.load(arrive, named, arriving, js=_WHO_IS_HERE, **QUIET)
    arrived.then(None, bar.opens, around.tabs, js=calling("page_address.js", "arriveAt"))
    arrived.then(
        shown.handler, list(shown.inputs), list(shown.outputs), **browse.IN_ORDER
    )  # with the filters as they are then
