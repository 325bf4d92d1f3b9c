"""Defect book: what counts as which defect on a product, and how far persons agree on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from app import messages
from app.pages import book_panel
from app.pages.badges import empty_state
from app.pages.components import Written
from app.pages.markup import div
from app.pages.shared import Frame, in_order, refusals_shown
from app.services import Services
from app.services.defect_book import LONGEST_RULE, colours
from app.services.views import BookPage, Cut

IN_ORDER = in_order("book")


@dataclass(frozen=True)
class BookView:
    types: Written
    new: gr.Textbox
    agreement: Written
    head: Written
    rule: gr.Textbox
    save: gr.Button
    pieces: Written
    name: gr.State  # the defect type that is open, or None


def build(_services: Services) -> BookView:
    with gr.Row(elem_id="tw-book", equal_height=False):
        with gr.Column(scale=0, min_width=440, elem_id="tw-book-left"):
            types = Written(elem_id="tw-book-types")
            new = gr.Textbox(
                placeholder=messages.BOOK_NEW,
                show_label=False,
                container=False,
                max_length=60,
                max_lines=1,
                elem_id="tw-book-new",
            )
            agreement = Written(elem_id="tw-agreement")
        with gr.Column(scale=1, elem_id="tw-book-right"):
            head = Written(elem_id="tw-book-head")
            with gr.Row(elem_id="tw-book-rule-row", equal_height=True):
                rule = gr.Textbox(
                    placeholder=messages.BOOK_RULE,
                    show_label=False,
                    container=False,
                    lines=2,
                    max_lines=4,
                    max_length=LONGEST_RULE,
                    elem_id="tw-book-rule",
                    visible=False,
                )
                save = gr.Button(
                    messages.BOOK_SAVE, scale=0, min_width=110, elem_id="tw-book-save", visible=False
                )
            pieces = Written(elem_id="tw-book-pieces")
    return BookView(types, new, agreement, head, rule, save, pieces, gr.State(None))


class BookHandlers:
    """Translate: widget values -> service call -> widget values. Nothing is decided here."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @refusals_shown
    def show(self, page: str, product: str, name: str | None) -> tuple[Any, ...]:
        """Return types, agreement, head, rule, save, pieces, name."""
        if page != "book":
            return (gr.skip(),) * 7
        return self._showing(product, name)

    @refusals_shown
    def again(self, page: str, product: str, name: str | None) -> tuple[Any, ...]:
        """As `show`, beside a person who may be writing a rule."""
        if page != "book":
            return (gr.skip(),) * 7
        return self._showing(product, name, keeps_rule=True)

    @refusals_shown
    def act(self, product: str, name: str | None, author: str, event: gr.EventData) -> tuple[Any, ...]:
        """Do what was pressed in the markup."""
        book, shown = self._services.book, self._product(product)
        if shown is None or (name is None and event.action != "pick"):
            return (gr.skip(),) * 7
        if event.action == "pick":
            name = event.name
        elif event.action in ("up", "down"):
            book.move(shown, event.name, -1 if event.action == "up" else 1, author)
        elif event.action == "colour":
            book.write(shown, name or "", author, colour=event.colour)
        elif event.action == "take_out":
            book.take_out(shown, name or "", author)
        elif event.action == "cut":
            left, top, right, bottom = map(int, event.box.split("-"))
            cut = Cut(int(event.id), (left, top, right, bottom), event.chosen != "true")
            book.choose(shown, name or "", cut, event.counter == "true", author)
        return self._showing(product, name, keeps_rule=event.action not in ("pick", "take_out"))

    @refusals_shown
    def add(self, product: str, name: str, author: str) -> tuple[Any, ...]:
        """Add a defect type; return the field, empty again, and the page."""
        shown = self._product(product)
        if shown is None:
            gr.Info(messages.BOOK_PRODUCT_NEXT)
        if shown is None or not name.strip():
            return gr.skip(), *(gr.skip(),) * 7
        self._services.book.write(shown, name, author)
        return "", *self._showing(product, name.strip())

    @refusals_shown
    def save(self, product: str, name: str | None, rule: str, author: str) -> tuple[Any, ...]:
        shown = self._product(product)
        if shown is None or name is None:
            return (gr.skip(),) * 7
        self._services.book.write(shown, name, author, rule=rule)
        gr.Info(messages.BOOK_SAVED)
        return self._showing(product, name)

    def _product(self, product: str) -> str | None:
        """Return the product that is chosen, or the only one there is."""
        names = [summary.name for summary in self._services.browsing.products()]
        return product or (names[0] if len(names) == 1 else None)

    def _showing(self, product: str, name: str | None, *, keeps_rule: bool = False) -> tuple[Any, ...]:
        """Return the page; with `keeps_rule` what a person has written in the field so far stays."""
        shown = self._product(product)
        agreement = book_panel.agreement(self._services.agreement.all(shown))
        hidden = gr.update(visible=False)
        if shown is None:
            ask = div("tw-no-product", empty_state(messages.BOOK_PRODUCT, messages.BOOK_PRODUCT_NEXT))
            return ask, agreement, None, hidden, hidden, None, None
        pages = self._services.book.pages(shown)
        page = next((one for one in pages if one.name == name), next(iter(pages), None))
        types = book_panel.type_list(pages, page.name if page else None, shown)
        if page is None:
            return types, agreement, None, hidden, hidden, None, None
        is_written = keeps_rule and page.name == name
        rule = gr.update(visible=True) if is_written else gr.update(visible=True, value=page.rule)
        head = book_panel.page_head(page, colours())
        return (
            types, agreement, head, rule, gr.update(visible=True), self._pieces(shown, page), page.name
        )  # fmt: skip

    def _pieces(self, product: str, page: BookPage) -> Any:
        examples = self._services.book.proposed(product, page.name, False)
        counters = self._services.book.proposed(product, page.name, True)
        return book_panel.pieces(page, examples, counters)


def wire(view: BookView, frame: Frame, handlers: BookHandlers) -> None:
    outputs = [view.types, view.agreement, view.head, view.rule, view.save, view.pieces, view.name]
    frame.tab["book"].select(
        lambda product, name: handlers.show("book", product, name),
        [frame.book, view.name],
        outputs,
        **IN_ORDER,
    )
    frame.product.change(None, frame.product, frame.book, js="(product) => product")
    frame.book.change(handlers.show, [frame.page, frame.book, view.name], outputs, **IN_ORDER)
    frame.strip.ended(handlers.again, [frame.page, frame.book, view.name], outputs, **IN_ORDER)
    pressed = [frame.book, view.name, frame.author]
    for markup in (view.types, view.head, view.pieces):
        markup.act(handlers.act, pressed, outputs, **IN_ORDER)
    view.new.submit(handlers.add, [frame.book, view.new, frame.author], [view.new, *outputs], **IN_ORDER)
    saving = [frame.book, view.name, view.rule, frame.author]
    view.save.click(handlers.save, saving, outputs, **IN_ORDER)
