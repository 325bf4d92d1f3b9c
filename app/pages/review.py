"""Review: images by their score, the heatmap, and what each score rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from app import messages
from app.canvas.mask_canvas import CanvasValue, MaskCanvas
from app.pages import review_panel
from app.pages.components import RankedList, Written
from app.pages.shared import (
    Frame,
    Target,
    choices,
    chosen,
    in_order,
    inform,
    on_each,
    on_press,
    refusals_shown,
)
from app.services import Services
from app.services.errors import NotFoundError
from app.services.views import Evidence, ImageCard, ReviewCard

LISTED = 500
IN_USE = ""
_ASK_NAME = "() => { document.dispatchEvent(new Event('twinbank:ask-name')); }"

IN_ORDER = in_order("review")


@dataclass(frozen=True)
class ReviewView:
    only: gr.Dropdown
    version: gr.Dropdown  # "" is the one in use, else a version's number
    listed: RankedList
    canvas: MaskCanvas
    panel: Written
    image: gr.State  # id of the open image, or None
    order: gr.State  # ids as listed when the filter was set; verdicts given since do not shuffle it


def build(services: Services) -> ReviewView:
    with gr.Row(elem_id="tw-review", equal_height=True):
        with gr.Column(scale=0, min_width=272, elem_id="tw-review-left"):
            only = gr.Dropdown(
                choices(messages.REVIEW_ONLY),
                value="all",
                show_label=False,
                container=False,
                filterable=False,
                elem_id="tw-review-only",
            )
            version = gr.Dropdown(
                [(messages.VERSION_IN_USE, IN_USE)],
                value=IN_USE,
                show_label=False,
                container=False,
                filterable=False,
                elem_id="tw-review-version",
            )
            listed = RankedList(elem_id="tw-review-list")
        with gr.Column(scale=1, elem_id="tw-review-main"):
            value = CanvasValue(
                workspace=str(services.path.resolve()), read_only=True, shown_because="review"
            )
            canvas = MaskCanvas(value, elem_id="tw-review-canvas")
        with gr.Column(scale=0, min_width=324, elem_id="tw-review-side"):
            panel = Written(elem_id="tw-review-panel")
    return ReviewView(only, version, listed, canvas, panel, gr.State(None), gr.State(()))


class ReviewHandlers:
    """Translate: widget values -> service call -> widget values. Nothing is decided here."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @refusals_shown
    def show(
        self, page: str, product: str, author: str, version: str, only: str, image: int | None
    ) -> tuple[Any, ...]:
        """List afresh, the versions to choose from as well; keep the open image when it is still in the list."""
        if page != "review":
            return (gr.skip(),) * 6
        entries = self._services.review.ranked(chosen(product), _number(version), only)
        order = tuple(entry.card.id for entry in entries)
        image = image if image in order else next(iter(order), None)
        return *self._showing(order, image, product, author, version), self._versions(version)

    @refusals_shown
    def open(
        self, product: str, author: str, version: str, order: tuple[int, ...], event: gr.EventData
    ) -> tuple[Any, ...]:
        return self._showing(tuple(order), event.image_id, product, author, version)

    @refusals_shown
    def move(
        self, product: str, author: str, version: str, order: tuple[int, ...], event: gr.EventData
    ) -> tuple[Any, ...]:
        order = tuple(order)
        place = order.index(event.image_id) if event.image_id in order else -1
        place = place - 1 if event.direction == "previous" else place + 1
        if not 0 <= place < len(order):
            inform(messages.END_OF_LIST)
            place = min(max(place, 0), len(order) - 1)
        return self._showing(order, order[place], product, author, version)

    @refusals_shown
    def look(
        self, product: str, author: str, version: str, order: tuple[int, ...], event: gr.EventData
    ) -> tuple[Any, ...]:
        """Show the image a patch came from."""
        if event.action != "look":
            return (gr.skip(),) * 5
        return self._showing(tuple(order), int(event.id), product, author, version)

    def _showing(
        self, order: tuple[int, ...], image: int | None, product: str, author: str, version: str
    ) -> tuple[Any, ...]:
        """Return list, canvas, panel, image, order."""
        number = _number(version)
        if image is None:
            empty = {"cards": [], "current": None, "more": ""}
            canvas = CanvasValue(author=author, read_only=True, shown_because="review")
            return empty, canvas, review_panel.nothing_scored(number), None, order
        ranked = self._services.review.ranked(chosen(product), number)
        by_id = {entry.card.id: entry for entry in ranked}
        entry = by_id.get(image) or self._unlisted(image, number)
        listed = {
            "cards": [_row(by_id[found].card) for found in order[:LISTED] if found in by_id],
            "current": image,
            "more": messages.more_listed(LISTED, len(order)) if len(order) > LISTED else "",
        }
        after = order[order.index(image) + 1 :][:2] if image in order else ()
        value = CanvasValue(
            image_id=image,
            author=author,
            prefetch=after,
            heatmap_version="in_use" if number is None else number,
            contour=True,
            shown_because="review",
            read_only=True,
        )
        histogram = self._services.review.histogram(entry.card.product, number)
        seen = self._seen_with(entry.card.product, number)
        panel = review_panel.panel(entry, self._evidence(image, number), histogram, self._card, seen)
        return listed, value, panel, image, order

    def _versions(self, version: str) -> gr.Dropdown:
        named = [
            (messages.version_choice(found.id, found.in_use_for, found.is_waiting), str(found.id))
            for found in self._services.versions.names()
        ]
        return gr.Dropdown(choices=[(messages.VERSION_IN_USE, IN_USE), *named], value=version or IN_USE)

    def _seen_with(self, product: str, version_id: int | None) -> str | None:
        """Return what to say where the scores are not those that make the calls."""
        if version_id is None or version_id == self._services.versions.in_use().get(product):
            return None
        return messages.seen_with(version_id, product)

    def _unlisted(self, image: int, version_id: int | None) -> ReviewCard:
        details = self._services.browsing.details(image, version_id)
        return ReviewCard(details.card, details.version_id, details.score_sentence)

    def _evidence(self, image: int, version_id: int | None) -> Evidence | None:
        try:
            return self._services.review.evidence(image, version_id)
        except NotFoundError:
            return None

    def _card(self, image: int) -> ImageCard | None:
        try:
            return self._services.browsing.card(image)
        except NotFoundError:
            return None


def _number(version: str) -> int | None:
    return int(version) if version else None


def _row(card: ImageCard) -> dict[str, Any]:
    names = ("id", "name", "product", "verdict", "call", "score", "kept_for_testing")
    return {name: getattr(card, name) for name in names}


def wire(view: ReviewView, frame: Frame, handlers: ReviewHandlers, opener: Target) -> None:
    outputs = [view.listed, view.canvas, view.panel, view.image, view.order]
    afresh = [*outputs, view.version]
    asked = [frame.product, frame.author, view.version, view.only, view.image]
    walking = [frame.product, frame.author, view.version, view.order]
    frame.tab["review"].select(lambda *values: handlers.show("review", *values), asked, afresh, **IN_ORDER)
    chosen_here = [view.only.input, view.version.input]
    changes = [frame.product.change, frame.author.change, *chosen_here, frame.strip.ended]
    on_each(changes, handlers.show, [frame.page, *asked], afresh, **IN_ORDER)
    view.listed.open(handlers.open, walking, outputs, **IN_ORDER)
    view.canvas.move(handlers.move, walking, outputs, **IN_ORDER)
    view.canvas.name_needed(None, None, None, js=_ASK_NAME)
    on_press([view.panel], handlers.look, walking, outputs, opener, "review")
