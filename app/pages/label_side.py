"""What stands beside the painter: what is known of the image, what to do about it, what comes next."""

from __future__ import annotations

from collections.abc import Sequence

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
from app.services.views import ImageDetails, Waiting

NEXT_SHOWN = 6


def panel(details: ImageDetails, order: Sequence[int], waiting: Waiting) -> Html:
    """Return everything beside the painter; `order` is the queue the image may stand in."""
    return div(
        "tw-side", _image(details), _notices(details), _teach(waiting), _up_next(details.card.id, order)
    )


def banner(why: str, details: ImageDetails, waiting: Waiting) -> Html | None:
    """Return the line above a part that the demo opens with."""
    if why != "demo":
        return None
    if not details.card.painted:
        return notice(messages.DEMO_OPENING, kind="demo")
    return notice(messages.DEMO_PAINTED, kind="done") if details.card.id in waiting.to_teach else None


def coming(image_id: int, order: Sequence[int]) -> list[int]:
    """Return the queue from behind the image, and from its start again."""
    start = order.index(image_id) + 1 if image_id in order else 0
    return [found for found in (*order[start:], *order[:start]) if found != image_id]


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


def _up_next(image_id: int, order: Sequence[int]) -> Html:
    place = order.index(image_id) + 1 if image_id in order else None
    pictures = [
        pressable("tw-next", "open", thumbnail(found), title="Open this one", id=found)
        for found in coming(image_id, order)[:NEXT_SHOWN]
    ]
    heading = tag("h4", messages.UP_NEXT)
    return div(
        "tw-card tw-tight tw-up-next",
        div("tw-card-line", heading, span("tw-quiet", messages.queue_place(place, len(order)))),
        div("tw-next-list", *pictures),
    )
