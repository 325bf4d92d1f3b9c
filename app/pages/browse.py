"""Browse: every image, filtered; several judged at once; images in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app import messages
from app.canvas.image_grid import GridValue, ImageGrid
from app.pages.badges import empty_state, pressable
from app.pages.components import ExportSheet, ImportSheet, Written
from app.pages.markup import Html
from app.pages.shared import QUIET, Frame, Target, choices, chosen, in_order, inform, on_each, refusals_shown
from app.services import Services
from app.services.views import ImageFilter

IN_ORDER = in_order("browse")
_ASK_NAME = "() => { document.dispatchEvent(new Event('twinbank:ask-name')); }"


@dataclass(frozen=True)
class BrowseView:
    verdict: gr.Dropdown
    call: gr.Dropdown
    testing: gr.Dropdown
    painted: gr.Dropdown
    score_from: gr.Textbox
    score_to: gr.Textbox
    text: gr.Textbox
    order: gr.Dropdown
    imports: ImportSheet
    exports: ExportSheet
    empty: Written
    grid: ImageGrid
    refresh: gr.State  # counts up when the cards are to be asked for again

    def filters(self) -> list[Any]:
        return [
            self.verdict,
            self.call,
            self.testing,
            self.painted,
            self.score_from,
            self.score_to,
            self.text,
            self.order,
        ]


def build(_services: Services) -> BrowseView:
    with gr.Row(elem_id="tw-browse-bar"):
        text = gr.Textbox(
            placeholder=messages.SEARCH, show_label=False, container=False, elem_id="tw-search", min_width=180
        )
        verdict = _dropdown(messages.VERDICT_CHOICES, "any", "tw-filter-verdict")
        call = _dropdown(messages.CALL_CHOICES, "any", "tw-filter-call")
        testing = _dropdown(messages.TESTING_CHOICES, "any", "tw-filter-testing")
        painted = _dropdown(messages.PAINTED_CHOICES, "any", "tw-filter-painted")
        score_from = _number(messages.SCORE_FROM, "tw-score-from")
        score_to = _number(messages.SCORE_TO, "tw-score-to")
        order = _dropdown(messages.ORDER_CHOICES, "name", "tw-order")
        exports = ExportSheet(elem_id="tw-export")
        imports = ImportSheet(elem_id="tw-import")
    empty = Written(elem_id="tw-browse-empty")
    grid = ImageGrid(GridValue(), elem_id="tw-grid")
    return BrowseView(
        verdict,
        call,
        testing,
        painted,
        score_from,
        score_to,
        text,
        order,
        imports,
        exports,
        empty,
        grid,
        gr.State(0),
    )


def _dropdown(texts: dict[str, str], value: str, elem_id: str) -> gr.Dropdown:
    return gr.Dropdown(
        choices(texts),
        value=value,
        show_label=False,
        container=False,
        filterable=False,
        min_width=110,
        elem_id=elem_id,
    )


def _number(placeholder: str, elem_id: str) -> gr.Textbox:
    """A number field of Gradio shows 0 where nothing was typed; 0 is a score."""
    return gr.Textbox(
        placeholder=placeholder,
        show_label=False,
        container=False,
        min_width=70,
        elem_id=elem_id,
        max_length=8,
    )


class BrowseHandlers:
    """Translate: widget values -> service call -> widget values. Nothing is decided here."""

    def __init__(self, services: Services) -> None:
        self._browsing = services.browsing

    @refusals_shown
    def show(self, page: str, refresh: int, product: str, author: str, *filters: Any) -> tuple[Any, ...]:
        """Return grid, what stands in its place, and the values of the import and export sheets."""
        if page != "browse":
            return (gr.skip(),) * 4
        product_name = chosen(product)
        query = _query(product_name, *filters)
        names = [summary.name for summary in self._browsing.products()]
        grid = GridValue(query, author=author, refresh=refresh, in_address=True)
        imports = {"products": names, "product": product or ""}
        return grid, self._empty(query, bool(names)), imports, {"product": product_name}

    @refusals_shown
    def again(self, page: str, refresh: int, product: str, author: str, *filters: Any) -> tuple[Any, ...]:
        """As `show`, with cards asked for afresh."""
        return *self.show(page, refresh + 1, product, author, *filters), refresh + 1

    def arrive(self, asked: Mapping[str, str]) -> tuple[Any, ...]:
        """Return the filters that an address names, for a page that has just been loaded; others may be set by now."""
        return (
            _known(asked.get("verdict"), messages.VERDICT_CHOICES),
            _known(asked.get("call"), messages.CALL_CHOICES),
            _known(asked.get("kept_for_testing"), messages.TESTING_CHOICES),
            _known(asked.get("painted"), messages.PAINTED_CHOICES),
            asked.get("min_score", gr.skip()),
            asked.get("max_score", gr.skip()),
            asked.get("text", gr.skip()),
            _known(asked.get("order"), messages.ORDER_CHOICES),
        )

    @refusals_shown
    def act(self, event: gr.EventData) -> tuple[Any, ...]:
        """Clear the filters."""
        if event.action != "clear":
            return (gr.skip(),) * 8
        return "any", "any", "any", "any", "", "", "", "name"

    def imported(self, event: gr.EventData) -> None:
        inform(messages.imported(event.added, event.refused))

    def _empty(self, query: dict[str, Any], has_images: bool) -> Html | None:
        if not has_images:
            go = pressable("tw-button tw-primary", "key", "Import images", key="import")
            return empty_state(messages.NO_IMAGES, messages.NO_IMAGES_NEXT, go)
        wanted = ImageFilter(**{name: value for name, value in query.items() if value is not None})
        if self._browsing.find(wanted, limit=1):
            return None
        clear = pressable("tw-button", "clear", messages.CLEAR_FILTERS)
        return empty_state(messages.NOTHING_MATCHES, messages.NOTHING_MATCHES_NEXT, clear)


def _query(
    product: str | None,
    verdict: str,
    call: str,
    testing: str,
    painted: str,
    score_from: str,
    score_to: str,
    text: str,
    order: str,
) -> dict[str, Any]:
    return {
        "product": product,
        "verdict": None if verdict == "any" else verdict,
        "call": None if call == "any" else call,
        "kept_for_testing": None if testing == "any" else testing == "true",
        "painted": None if painted == "any" else painted == "true",
        "min_score": _score(score_from),
        "max_score": _score(score_to),
        "text": (text or "").strip() or None,
        "order": None if order == "name" else order,
    }


def _known(value: str | None, among: Mapping[str, str]) -> Any:
    return value if value in among else gr.skip()


def _score(typed: str) -> float | None:
    """Half-typed numbers do not filter."""
    try:
        return float((typed or "").replace(",", "."))
    except ValueError:
        return None


def show_target(view: BrowseView, frame: Frame, handlers: BrowseHandlers) -> Target:
    asked = (frame.page, view.refresh, frame.product, frame.author, *view.filters())
    return Target(handlers.show, asked, (view.grid, view.empty, view.imports, view.exports))


def wire(view: BrowseView, frame: Frame, handlers: BrowseHandlers, opener: Target) -> None:
    target = show_target(view, frame, handlers)
    asked, outputs = list(target.inputs), list(target.outputs)
    filtering = [item.input for item in view.filters()]
    on_each(
        [*filtering, frame.product.change, frame.author.change],
        handlers.show,
        asked,
        outputs,
        trigger_mode="always_last",
        **IN_ORDER,
    )
    fresh = [*outputs, view.refresh]
    on_each([frame.strip.ended, view.imports.imported], handlers.again, asked, fresh, **IN_ORDER)
    frame.tab["browse"].select(
        lambda _page, *values: handlers.again("browse", *values), asked, fresh, **IN_ORDER
    )
    view.imports.imported(handlers.imported, None, None, **QUIET)
    view.empty.act(handlers.act, None, view.filters(), **QUIET).then(
        handlers.show, asked, outputs, **IN_ORDER
    )
    view.grid.name_needed(None, None, None, js=_ASK_NAME)

    def opening(event: gr.EventData, *values: Any) -> tuple[Any, ...]:
        return opener.handler(event.image_id, "browse", *values)

    view.grid.open(opening, list(opener.inputs), list(opener.outputs), **QUIET)
