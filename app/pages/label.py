"""Label: one image after the other, painted and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import gradio as gr

from app import messages
from app.canvas.mask_canvas import CanvasValue, DefectTypeChip, MaskCanvas, NextImage
from app.canvas.mounting import calling
from app.pages import label_side
from app.pages.components import Written
from app.pages.label_preview import preview_panel
from app.pages.markup import Html
from app.pages.shared import QUIET, Frame, Target, choices, chosen, in_order, inform, on_each, refusals_shown
from app.services import Services
from app.services.agreement import RECHECK
from app.services.defect_book import colours, unused
from app.services.errors import NotFoundError
from app.services.questions import LONGEST
from app.services.views import ImageDetails, Standing

ENOUGH_TYPES = 2  # of a product's own: then those of other products would only be in the way
FIRST_QUEUE = "useful"
AHEAD = 2  # images fetched before they are asked for
_IN_ORDER = in_order("label")
_KEYS_AGAIN = "() => { document.activeElement?.blur(); }"  # the next key judges, and is not typed
_ASK_NAME = "() => { document.dispatchEvent(new Event('twinbank:ask-name')); }"


@dataclass(frozen=True)
class LabelView:
    queue: gr.Dropdown
    heatmap: gr.Checkbox
    banner: Written
    canvas: MaskCanvas
    preview: Written  # under the painter: what the painting would change
    side: Written
    remark: gr.Textbox
    image: gr.State  # id of the open image, or None
    why: gr.State  # why it is shown: "queue", "browse", "review", "demo"


def build(services: Services) -> LabelView:
    with gr.Row(elem_id="tw-label", equal_height=True):
        with gr.Column(scale=1, elem_id="tw-label-main"):
            banner = Written(elem_id="tw-label-banner")
            # One type until the first image brings its product's: the painter keeps a type it knows.
            types = (DefectTypeChip("defect", "#e5484d"),)
            value = CanvasValue(workspace=str(services.path.resolve()), defect_types=types)
            canvas = MaskCanvas(value, elem_id="tw-canvas")
            preview = Written(elem_id="tw-preview")
        with gr.Column(scale=0, min_width=272, elem_id="tw-label-side"):
            with gr.Row(elem_id="tw-label-bar"):
                queue = gr.Dropdown(
                    choices(messages.QUEUES),
                    value=FIRST_QUEUE,
                    label=messages.QUEUE,
                    show_label=False,
                    container=False,
                    filterable=False,
                    elem_id="tw-queue",
                    min_width=150,
                )
                heatmap = gr.Checkbox(
                    True, label=messages.SHOW_HEATMAP, container=False, elem_id="tw-heatmap-on", min_width=90
                )
            side = Written(elem_id="tw-label-panel")
            remark = gr.Textbox(
                placeholder=messages.REMARK,
                show_label=False,
                container=False,
                max_lines=1,
                max_length=LONGEST,
                elem_id="tw-remark",
            )
    return LabelView(queue, heatmap, banner, canvas, preview, side, remark, gr.State(None), gr.State("queue"))


@dataclass(frozen=True)
class Desk:
    """What a person has set, as it comes from the widgets."""

    product: str | None
    author: str
    queue: str
    heatmap: bool


class LabelHandlers:
    """Translate: widget values -> service call -> widget values. Nothing is decided here."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @refusals_shown
    def arrive(self, author: str, asked: Mapping[str, str], heatmap: bool = True) -> tuple[Any, ...]:
        """Return what the address names, for a page that has just been loaded: page, `outputs_of`, queue, heatmap."""
        page = asked.get("open", "")
        if page not in messages.PAGES:
            page = ""
        queue = asked.get("queue", "")
        known_queue: Any = queue if queue in messages.QUEUES else gr.skip()
        image_id = asked.get("image", "")
        if page != "label" or not image_id.isdigit():
            return page, *(gr.skip(),) * 5, known_queue, heatmap
        names = [summary.name for summary in self._services.browsing.products()]
        product = asked.get("product", "")
        desk = Desk(
            product if product in names else None,
            author,
            queue if queue in messages.QUEUES else FIRST_QUEUE,
            heatmap,
        )
        why = "demo" if asked.get("welcome") == "demo" else "browse"
        try:
            shown = self._showing(int(image_id), why, desk)
        except NotFoundError as error:
            inform(str(error))
            shown = (gr.skip(),) * 5
        return page, *shown, known_queue, heatmap

    @refusals_shown
    def open(
        self, image_id: int, why: str, product: str, author: str, queue: str, heatmap: bool
    ) -> tuple[Any, ...]:
        """Open an image from another page."""
        desk = Desk(chosen(product), author, queue, heatmap)
        return gr.Tabs(selected="label"), "label", *self._showing(image_id, why, desk)

    @refusals_shown
    def show(
        self, page: str, image: int | None, why: str, product: str, author: str, queue: str, heatmap: bool
    ) -> tuple[Any, ...]:
        """Show the open image as it is now, or the first of the queue."""
        if page != "label":
            return (gr.skip(),) * 5
        desk = Desk(chosen(product), author, queue, heatmap)
        if image is None or self._is_elsewhere(image, desk.product):
            image = self._services.queue.next_after(None, desk.product, queue, author)
            why = "queue"
        return self._showing(image, why, desk)

    @refusals_shown
    def first(self, product: str, author: str, queue: str, heatmap: bool) -> tuple[Any, ...]:
        """Open the first image of another queue."""
        desk = Desk(chosen(product), author, queue, heatmap)
        found = self._services.queue.next_after(None, desk.product, queue, author)
        return self._showing(found, "queue", desk)

    @refusals_shown
    def move(
        self, product: str, author: str, queue: str, heatmap: bool, event: gr.EventData
    ) -> tuple[Any, ...]:
        desk = Desk(chosen(product), author, queue, heatmap)
        if event.direction == "previous":
            return self._showing(self._before(event.image_id, desk), "queue", desk)
        found = self._services.queue.leave(event.image_id, desk.product, queue, author)
        found = getattr(event, "opened", None) or found  # the person is looking at it already
        if found is None:
            inform(f"{messages.QUEUE_DONE}. {messages.QUEUE_DONE_NEXT}")
            found = None if queue == RECHECK else event.image_id  # what was hidden stays hidden
        return self._showing(found, "queue", desk)

    def _before(self, image: int, desk: Desk) -> int | None:
        """Return the image to go back to, or this one again, and say why; in a second look only blind ones."""
        if desk.queue != RECHECK:
            found = self._services.queue.previous(image, desk.product, desk.author)
            if found is None:
                inform(messages.NO_WAY_BACK)
            return found or image
        found = self._services.agreement.left_before(image, desk.product, desk.author)
        if found is not None:
            return found
        inform(messages.NO_BLIND_WAY_BACK)
        order = self._services.queue.order(desk.product, RECHECK, desk.author)
        return image if image in order else next(iter(order), None)

    @refusals_shown
    def saved(
        self,
        image: int | None,
        why: str,
        product: str,
        author: str,
        queue: str,
        heatmap: bool,
        event: gr.EventData,
    ) -> tuple[Any, ...]:
        """Keep what stands beside the painter true after a save or a verdict that stays on the image."""
        if event.image_id != image:
            return gr.skip(), gr.skip()
        verdict = getattr(event, "verdict", None)  # None: strokes were saved
        is_staying = verdict is None or (verdict == "defect" and event.pixel_count > 0)
        if event.complete or not is_staying:
            return gr.skip(), gr.skip()
        return self._beside_now(image, why, Desk(chosen(product), author, queue, heatmap))

    @refusals_shown
    def remark(
        self,
        text: str,
        image: int | None,
        why: str,
        product: str,
        author: str,
        queue: str,
        heatmap: bool,
    ) -> tuple[Any, ...]:
        """Keep a remark on the open image, and show it; the field is empty again."""
        if image is None or not text.strip():
            return "", gr.skip(), gr.skip()
        self._services.questions.remark(image, text, author)
        return "", *self._beside_now(image, why, Desk(chosen(product), author, queue, heatmap))

    @refusals_shown
    def choose_queue(self, product: str, author: str, heatmap: bool, event: gr.EventData) -> tuple[Any, ...]:
        """Open the first image of a queue that was pressed beside the painter."""
        if event.action != "queue":
            return (gr.skip(),) * 6
        return event.queue, *self.first(product, author, event.queue, heatmap)

    @refusals_shown
    def preview(self, event: gr.EventData) -> Html | None:
        """Say what the painting would change, after a pause in painting."""
        return preview_panel(self._services.preview.of(int(event.image_id)))

    @refusals_shown
    def preview_act(
        self,
        image: int | None,
        why: str,
        product: str,
        author: str,
        queue: str,
        heatmap: bool,
        event: gr.EventData,
    ) -> tuple[Any, ...]:
        """Open one of the images under the painter, or ask again what would change."""
        if event.action == "preview":
            found = preview_panel(self._services.preview.of(int(event.id)))
            return (found, *(gr.skip(),) * 5)
        return gr.skip(), *self.act(image, why, product, author, queue, heatmap, event)

    @refusals_shown
    def act(
        self,
        image: int | None,
        why: str,
        product: str,
        author: str,
        queue: str,
        heatmap: bool,
        event: gr.EventData,
    ) -> tuple[Any, ...]:
        desk = Desk(chosen(product), author, queue, heatmap)
        if event.action == "open":
            return self._showing(int(event.id), "queue", desk)
        if event.action == "teach_instead":
            self._services.labelling.teach_instead(int(event.id), author)
            inform(messages.NOW_TAUGHT)
            return self._showing(int(event.id), why, desk)
        return (gr.skip(),) * 5

    def _is_elsewhere(self, image: int, product: str | None) -> bool:
        """Tell whether the image is gone, or of another product than the one chosen."""
        try:
            card = self._services.browsing.card(image)
        except NotFoundError:
            return True
        return product is not None and card.product != product

    def _showing(self, image_id: int | None, why: str, desk: Desk) -> tuple[Any, ...]:
        """Return canvas, side, banner, image, why."""
        if image_id is None:
            has_images = any(summary.images for summary in self._services.browsing.products())
            inbox = self._services.questions.inbox(desk.author, desk.product)
            side = label_side.nothing_open(has_images, inbox)
            return CanvasValue(author=desk.author), side, None, None, why
        details = self._services.browsing.details(image_id)
        standing = self._services.queue.standing(image_id, desk.product, desk.queue, desk.author)
        is_blind = label_side.is_blind(standing)
        value = CanvasValue(
            image_id=image_id,
            author=desk.author,
            defect_types=self._defect_types(details.card.product),
            prefetch=standing.coming[:AHEAD],
            at_once=None if is_blind else self._at_once(standing),
            heatmap_version="in_use" if details.card.call and not is_blind else None,
            heatmap_visible=desk.heatmap,
            read_only=is_blind,
            blind=is_blind,
            shown_because=standing.why if standing.why and (why == "queue" or is_blind) else why,
        )
        return value, *self._beside(details, standing, why, desk), image_id, why

    def _at_once(self, standing: Standing) -> NextImage | None:
        """Return the next image where it can be opened before this page is asked."""
        if not standing.coming or standing.next_why == RECHECK:
            return None
        card = self._services.browsing.card(standing.coming[0])
        heatmap_version: Literal["in_use"] | None = "in_use" if card.call else None
        types = self._defect_types(card.product)
        return NextImage(card.id, standing.next_why or "queue", heatmap_version, types)

    def _beside_now(self, image: int, why: str, desk: Desk) -> tuple[Html, Html | None]:
        details = self._services.browsing.details(image)
        standing = self._services.queue.standing(image, desk.product, desk.queue, desk.author)
        return self._beside(details, standing, why, desk)

    def _beside(
        self, details: ImageDetails, standing: Standing, why: str, desk: Desk
    ) -> tuple[Html, Html | None]:
        """Return side and banner."""
        waiting = self._services.teaching.waiting()
        beside = label_side.Beside(
            details=details,
            standing=standing,
            waiting=waiting,
            said=self._services.questions.conversation(details.card.id),
            inbox=self._services.questions.inbox(desk.author, desk.product),
            person=desk.author,
            book=self._services.book.pages(details.card.product),
        )
        return label_side.panel(beside), label_side.banner(why, details, waiting)

    def _defect_types(self, product: str) -> tuple[DefectTypeChip, ...]:
        """Those of the product's book, in its order; all others behind them while it has not got two."""
        own = [DefectTypeChip(page.name, page.colour) for page in self._services.book.pages(product)]
        if len(own) >= ENOUGH_TYPES:
            return tuple(own)
        known = {chip.name for chip in own}
        others = [found for found in self._services.labelling.defect_types() if found.name not in known]
        chips = own
        for found in others:
            colour = unused((found.colour, *colours()), [chip.colour for chip in chips])
            chips.append(DefectTypeChip(found.name, colour))
        return tuple(chips)


def outputs_of(view: LabelView) -> tuple[Any, ...]:
    return view.canvas, view.side, view.banner, view.image, view.why


def arrival_of(view: LabelView, opens: gr.Textbox) -> tuple[Any, ...]:
    return opens, *outputs_of(view), view.queue, view.heatmap


def open_target(view: LabelView, frame: Frame, handlers: LabelHandlers) -> Target:
    inputs = (frame.product, frame.author, view.queue, view.heatmap)
    return Target(handlers.open, inputs, (frame.tabs, frame.page, *outputs_of(view)))


def open_book(event: gr.EventData) -> tuple[Any, ...]:
    """Go to the defect book of the open image's product, when that was pressed."""
    if event.action != "book":
        return gr.skip(), gr.skip(), gr.skip()
    return gr.Tabs(selected="book"), "book", event.product


def wire(view: LabelView, frame: Frame, handlers: LabelHandlers) -> None:
    desk = [frame.product, frame.author, view.queue, view.heatmap]
    here = [view.image, view.why]
    outputs = list(outputs_of(view))
    # Multiple: going on again is not dropped while the step before is being answered.
    view.canvas.move(handlers.move, desk, outputs, trigger_mode="multiple", **_IN_ORDER)
    on_each(
        [view.canvas.saved, view.canvas.judged],
        handlers.saved,
        [*here, *desk],
        [view.side, view.banner],
        trigger_mode="multiple",
        **_IN_ORDER,
    )
    view.remark.submit(None, None, None, js=_KEYS_AGAIN)
    view.remark.submit(
        handlers.remark, [view.remark, *here, *desk], [view.remark, view.side, view.banner], **_IN_ORDER
    )
    previewing = view.canvas.paused(handlers.preview, None, view.preview, trigger_mode="always_last", **QUIET)
    view.canvas.opened(lambda: None, None, view.preview, cancels=[previewing], queue=False, **QUIET)
    view.heatmap.input(None, view.heatmap, None, js=calling("preferences.js", "keepHeatmap"))
    view.preview.act(handlers.preview_act, [*here, *desk], [view.preview, *outputs], **QUIET)
    view.canvas.name_needed(None, None, None, js=_ASK_NAME)
    view.queue.input(handlers.first, desk, outputs, **_IN_ORDER)
    view.side.act(handlers.act, [*here, *desk], outputs, **_IN_ORDER)
    view.side.act(open_book, None, [frame.tabs, frame.page, frame.book], queue=False, **QUIET)
    view.side.act(
        handlers.choose_queue,
        [frame.product, frame.author, view.heatmap],
        [view.queue, *outputs],
        **_IN_ORDER,
    )
    changes = [frame.product.change, frame.author.change, view.heatmap.input, frame.strip.ended]
    on_each(changes, handlers.show, [frame.page, *here, *desk], outputs, **_IN_ORDER)
    frame.tab["label"].select(
        lambda *values: handlers.show("label", *values), [*here, *desk], outputs, **_IN_ORDER
    )
