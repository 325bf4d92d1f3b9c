"""The defect book as markup: beside the painter in short, on its own page in full, and who agrees with whom."""

from __future__ import annotations

from collections.abc import Sequence

from app import messages
from app.pages.badges import empty_state, pressable
from app.pages.markup import Html, button, div, join, span, tag
from app.services.views import Agreement, BookPage, Cut

VERDICTS = ("good", "defect", "unsure")


def in_short(pages: Sequence[BookPage], product: str) -> Html | None:
    """Return a product's book beside the painter; None: it says nothing yet."""
    if not pages:
        return None
    heading = div(
        "tw-card-line",
        tag("h4", messages.BOOK),
        button(messages.BOOK_OPEN, "book", kind="tw-link", product=product),
    )
    return div("tw-card tw-tight tw-book", heading, *(_short(page) for page in pages))


def type_list(pages: Sequence[BookPage], current: str | None, product: str) -> Html:
    """Return the defect types of a product, to choose from and to put in order."""
    if not pages:
        return empty_state(messages.BOOK_EMPTY, messages.BOOK_EMPTY_NEXT)
    last = len(pages) - 1
    lines = [_line(page, page.name == current, at == 0, at == last) for at, page in enumerate(pages)]
    return div("tw-card tw-tight tw-book-list", tag("h3", messages.book_types(product)), *lines)


def page_head(page: BookPage, colours: Sequence[str]) -> Html:
    """Return name and key of a defect type, and the colours it may have."""
    swatches = [
        pressable(
            "tw-swatch is-chosen" if colour == page.colour else "tw-swatch",
            "colour",
            span("tw-dot", style=f"background:{colour}"),
            title=f"Paint {page.name} in {messages.COLOUR_NAMES[colour]}",
            colour=colour,
        )
        for colour in colours
    ]
    out = None if page.is_painted else button(messages.BOOK_TAKE_OUT, "take_out", kind="tw-link")
    heading = div("tw-card-head", _dot(page), tag("h2", page.name), _key(page), out)
    return div("tw-card tw-tight", heading, div("tw-swatches", *swatches))


def pieces(page: BookPage, examples: Sequence[Cut], counters: Sequence[Cut]) -> Html:
    """Return what shows the defect and what only looks like it; a press shows a piece in the book, or no longer."""
    return join(
        _choice(messages.BOOK_EXAMPLES, messages.BOOK_EXAMPLES_NOTE, examples, False),
        _choice(messages.BOOK_COUNTERS, messages.BOOK_COUNTERS_NOTE, counters, True),
        tag("p", messages.book_author(page.author), class_="tw-quiet tw-small") if page.author else None,
    )


def agreement(found: Sequence[Agreement]) -> Html:
    """Return how far persons agree with themselves and with each other."""
    heading = tag("h3", messages.AGREEMENT)
    note = tag("p", messages.AGREEMENT_NOTE, class_="tw-quiet tw-small")
    if not found:
        return div("tw-card tw-tight", heading, note, tag("p", messages.AGREEMENT_NONE))
    head = tag("tr", *(tag("th", text) for text in messages.AGREEMENT_HEADS))
    table = tag("table", tag("thead", head), tag("tbody", *map(_pair, found)), class_="tw-table")
    return div("tw-card tw-tight tw-agreement", heading, note, table)


def _pair(one: Agreement) -> Html:
    kappa = messages.TOO_FEW if one.kappa is None else f"{one.kappa:.2f}"
    differs = [
        messages.differs(value, again, one.counts[value, again])
        for value in VERDICTS
        for again in VERDICTS
        if value != again and one.counts.get((value, again))
    ]
    return tag(
        "tr",
        tag("td", messages.pair(one.first, one.second)),
        tag("td", f"{one.same:,} of {one.images:,}", class_="tw-number"),
        tag("td", kappa, class_="tw-number"),
        tag("td", ", ".join(differs) or messages.NO_DIFFERENCE),
    )


def _short(page: BookPage) -> Html:
    crops = [_picture(cut, False) for cut in page.examples] + [_picture(cut, True) for cut in page.counters]
    return div(
        "tw-book-entry",
        div("tw-book-name", _dot(page), tag("b", page.name), _key(page)),
        tag("p", page.rule, title=page.rule) if page.rule else None,
        div("tw-cuts", *crops) if crops else None,
        data_type=page.name,
    )


def _line(page: BookPage, is_current: bool, is_first: bool, is_last: bool) -> Html:
    return div(
        "tw-book-line is-current" if is_current else "tw-book-line",
        pressable(
            "tw-book-pick", "pick", _dot(page), span("tw-book-title", page.name), _key(page), name=page.name
        ),
        pressable("tw-icon-button", "up", "↑", title="Earlier key", disabled=is_first, name=page.name),
        pressable("tw-icon-button", "down", "↓", title="Later key", disabled=is_last, name=page.name),
    )


def _choice(title: str, note: str, cuts: Sequence[Cut], is_counter: bool) -> Html:
    found = [
        pressable(
            "tw-cut-choice is-chosen" if cut.is_chosen else "tw-cut-choice",
            "cut",
            _picture(cut, is_counter),
            title=messages.CUT_CHOSEN if cut.is_chosen else messages.CUT_PROPOSED,
            id=cut.image_id,
            box="-".join(map(str, cut.box)),
            counter=str(is_counter).lower(),
            chosen=str(cut.is_chosen).lower(),
        )
        for cut in cuts
    ]
    shown = div("tw-cuts tw-cuts-large", *found) if found else tag("p", messages.NO_PIECES, class_="tw-quiet")
    return div("tw-card tw-tight", tag("h3", title), tag("p", note, class_="tw-quiet tw-small"), shown)


def _picture(cut: Cut, is_counter: bool) -> Html:
    address = f"media/cuts/{cut.image_id}/{'-'.join(map(str, cut.box))}.jpg"
    kind = "tw-cut is-counter" if is_counter else "tw-cut"
    text = messages.LOOKS_LIKE if is_counter else messages.IS_ONE
    return tag("img", src=address, alt=text, title=text, class_=kind, loading="lazy", draggable="false")


def _dot(page: BookPage) -> Html:
    return span("tw-dot", style=f"background:{page.colour}")


def _key(page: BookPage) -> Html | None:
    return tag("kbd", str(page.key)) if page.key else None
