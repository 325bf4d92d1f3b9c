"""What stands beside the painter: what is known of the image, what to do about it, what comes next."""

from __future__ import annotations

from dataclasses import dataclass

from app import messages
from app.pages import book_panel
from app.pages.badges import (
    call_badge,
    empty_state,
    facts_list,
    notice,
    pressable,
    score_meter,
    thumbnail,
    verdict_badge,
)
from app.pages.markup import Html, button, div, join, span, tag
from app.pages.waiting_card import has_work
from app.services.agreement import RECHECK
from app.services.views import BookPage, ImageDetails, Inbox, Said, Standing, Waiting

NEXT_SHOWN = 6


@dataclass(frozen=True)
class Beside:
    """What the panel says."""

    details: ImageDetails
    standing: Standing
    waiting: Waiting
    said: tuple[Said, ...]
    inbox: Inbox
    person: str
    book: tuple[BookPage, ...]


def panel(beside: Beside) -> Html:
    """Return everything beside the painter; in a blind second look nothing that was said of the image."""
    if is_blind(beside.standing):
        return div("tw-side", _queue(beside))
    details = beside.details
    return div(
        "tw-side",
        _queue(beside),
        _conversation(beside.said, beside.person),
        _image(details),
        book_panel.in_short(beside.book, details.card.product),
        _notices(details),
        _teach(beside.waiting),
    )


def is_blind(standing: Standing) -> bool:
    return standing.why == RECHECK


def banner(why: str, details: ImageDetails, waiting: Waiting) -> Html | None:
    """Return the line above a part that the demo opens with."""
    if why != "demo":
        return None
    if not details.card.painted:
        return notice(messages.DEMO_OPENING, kind="demo")
    return notice(messages.DEMO_PAINTED, kind="done") if details.card.id in waiting.to_teach else None


def nothing_open(has_images: bool, inbox: Inbox | None = None) -> Html:
    if not has_images:
        return div("tw-side", empty_state(messages.NO_IMAGES, messages.NO_IMAGES_NEXT))
    rest = _inbox(inbox) if inbox else None
    return div("tw-side", empty_state(messages.QUEUE_DONE, messages.QUEUE_DONE_NEXT), rest)


def _image(details: ImageDetails) -> Html:
    card = details.card
    known = facts_list(
        (messages.YOU_SAID, verdict_badge(card.verdict)),
        ("Painted", ", ".join(card.defect_types) or None),
        ("Product", card.product),
        ("Lot", details.lot),
        ("Part", details.part),
        ("Shot", details.shot),
        ("Station", details.station),
        ("Taken", f"{details.captured_at:%Y-%m-%d %H:%M}" if details.captured_at else None),
    )
    says = div(
        "tw-says",
        div("tw-says-line", span("tw-quiet", messages.MODEL_SAYS), call_badge(card.call)),
        score_meter(card.score, card.limit),
        div("tw-score", details.score_sentence),
    )
    return div("tw-card tw-tight", tag("h3", card.name, title=card.name), says, known)


def _notices(details: ImageDetails) -> Html | None:
    card = details.card
    found: list[Html] = []
    if card.kept_for_testing:
        move = button(messages.TEACH_INSTEAD, "teach_instead", title=messages.TEACH_INSTEAD_TIP, id=card.id)
        text = messages.PAINTED_KEPT if card.painted else messages.KEPT
        found.append(notice(text, move, kind="testing") if card.painted else notice(text, kind="testing"))
    if details.filed_as:
        found.append(notice(messages.misfiled(details.filed_as), kind="warn"))
    return join(*found) if found else None


def _teach(waiting: Waiting) -> Html:
    line = messages.waiting_line(len(waiting.to_teach), len(waiting.kept_for_testing))
    text = messages.TEACH if waiting.has_model else messages.BUILD_FIRST
    start = pressable(
        "tw-button tw-primary tw-wide" if has_work(waiting) or not waiting.has_model else "tw-button tw-wide",
        "key",
        text,
        tag("kbd", "T"),
        title=messages.TEACH_TIP,
        key="teach",
    )
    return div("tw-card tw-tight tw-teach-box", div("tw-waiting-line", line), start)


def _conversation(said: tuple[Said, ...], person: str) -> Html | None:
    if not said:
        return None
    # The newest first, and drawn from below: so the list stands at its newest line without a script.
    lines = [_said(one, messages.YOU if one.author == person else one.author) for one in reversed(said)]
    heading = tag("h4", messages.CONVERSATION)
    return div("tw-card tw-tight tw-conversation", heading, div("tw-said-list", *lines))


def _said(one: Said, author: str) -> Html:
    when = span("tw-quiet", f"{one.at.astimezone():%d %b, %H:%M}")
    verdict = verdict_badge(one.verdict) if one.verdict else None
    words = tag("p", one.text) if one.text else None
    return div("tw-said", div("tw-card-line", tag("b", author), verdict, when), words)


def _inbox(inbox: Inbox) -> Html | None:
    waits = messages.waiting_for_you(inbox.answers, inbox.questions)
    links = [button(words, "queue", kind="tw-link", queue=queue) for queue, words in waits]
    return div("tw-inbox", *links) if links else None


def _queue(beside: Beside) -> Html:
    details, standing = beside.details, beside.standing
    pictures = [
        pressable("tw-next", "open", thumbnail(found), title="Open this one", id=found)
        for found in standing.coming[:NEXT_SHOWN]
    ]
    count = span("tw-quiet", messages.queue_count(standing.remaining, standing.left))
    heading = tag("h4", messages.WHY_THIS if standing.why else messages.UP_NEXT)
    return div(
        "tw-card tw-tight tw-up-next",
        div("tw-card-line", heading, count),
        _why(details, standing) if standing.why else None,
        div("tw-next-list", *pictures) if pictures else None,
        _inbox(beside.inbox),
    )


def _why(details: ImageDetails, standing: Standing) -> Html:
    card = details.card
    sentence = messages.WHY[standing.why or ""].format(
        score=f"{card.score or 0:.2f}", limit=f"{card.limit or 0:.2f}", verdict=card.verdict, call=card.call
    )
    left = f" {messages.LEFT_AT.format(at=standing.left_at.astimezone())}" if standing.left_at else ""
    twin = None
    if standing.alike is not None:
        twin = pressable("tw-next", "open", thumbnail(standing.alike), title="Open it", id=standing.alike)
    return div("tw-why", tag("p", sentence + left, data_why=standing.why), twin)
