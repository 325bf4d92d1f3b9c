"""What stands beside the painter: what is known of the image, what to do about it, what comes next."""

from __future__ import annotations

from app import messages
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
from app.services.views import ImageDetails, Standing, Waiting

NEXT_SHOWN = 6


def panel(details: ImageDetails, standing: Standing, waiting: Waiting) -> Html:
    """Return everything beside the painter; `standing` is the image's place in the queue."""
    return div(
        "tw-side",
        _queue(details, standing),
        _image(details),
        _notices(details),
        _teach(waiting),
    )


def banner(why: str, details: ImageDetails, waiting: Waiting) -> Html | None:
    """Return the line above a part that the demo opens with."""
    if why != "demo":
        return None
    if not details.card.painted:
        return notice(messages.DEMO_OPENING, kind="demo")
    return notice(messages.DEMO_PAINTED, kind="done") if details.card.id in waiting.to_teach else None


def nothing_open(has_images: bool) -> Html:
    if not has_images:
        return div("tw-side", empty_state(messages.NO_IMAGES, messages.NO_IMAGES_NEXT))
    return div("tw-side", empty_state(messages.QUEUE_DONE, messages.QUEUE_DONE_NEXT))


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


def _queue(details: ImageDetails, standing: Standing) -> Html:
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
