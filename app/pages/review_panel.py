"""What stands beside the image on Review: the score, what it was compared with, the colour scale."""

from __future__ import annotations

from collections.abc import Callable

from app import messages
from app.pages.badges import call_badge, empty_state, marks, notice, open_button, score_meter, verdict_badge
from app.pages.histogram import histogram_svg
from app.pages.markup import Html, div, span, tag
from app.services.views import Box, Evidence, Histogram, ImageCard, NearestPatch, ReviewCard

CardOf = Callable[[int], ImageCard | None]  # None: the image is not there any more
CROP = 92  # CSS pixels
CONTEXT = 3.0  # how much wider than its patch a crop is

# The heatmap's colours at scores 0, 0.25 … 2; a test holds them equal to the overlay's own table.
SCALE_COLOURS = (
    "#0b1d47",
    "#43256d",
    "#861a7f",
    "#c3007c",
    "#ef2c6c",
    "#ff635f",
    "#ff9765",
    "#ffc588",
    "#ffecb4",
)


def panel(
    entry: ReviewCard,
    evidence: Evidence | None,
    histogram: Histogram,
    card_of: CardOf,
    seen_with: str | None = None,
) -> Html:
    """Return everything beside the image; `seen_with` says that another version makes the calls."""
    card = entry.card
    return div(
        "tw-side",
        notice(seen_with) if seen_with else None,
        _score(entry),
        _evidence(card, evidence, card_of),
        div(
            "tw-card tw-tight",
            tag("h4", messages.SCORES, title=messages.SCORES_NOTE),
            histogram_svg(histogram, card.score),
        ),
    )


def nothing_scored(version_id: int | None = None) -> Html:
    next_step = messages.NOTHING_SCORED_NEXT
    if version_id is not None:
        next_step = messages.version_scored_nothing(version_id)
    return div("tw-side", empty_state(messages.NOTHING_SCORED, next_step))


def _score(entry: ReviewCard) -> Html:
    card = entry.card
    return div(
        "tw-card tw-tight",
        tag("h3", card.name, title=card.name),
        div("tw-says-line", call_badge(card.call), verdict_badge(card.verdict), marks(card)),
        score_meter(card.score, card.limit),
        div("tw-score", entry.score_sentence),
        colour_scale(),
        div("tw-says-line", open_button(card.id, messages.PAINT_IT)),
    )


def colour_scale() -> Html:
    """Return the heatmap's colours from 0 over the reject limit to twice the limit."""
    gradient = f"background:linear-gradient(90deg,{','.join(SCALE_COLOURS)})"
    ticks = [
        span("tw-scale-tick", text, style=f"left:{left}%")
        for text, left in (("0", 0), ("1.00 reject limit", 50), ("2+", 100))
    ]
    return div(
        "tw-scale",
        div("tw-scale-bar", style=gradient),
        div("tw-scale-ticks", *ticks),
        title=messages.COLOUR_SCALE,
    )


def _evidence(card: ImageCard, evidence: Evidence | None, card_of: CardOf) -> Html | None:
    if evidence is None:
        return None
    own = _crop(card, evidence.box, messages.THIS_PATCH, f"score {evidence.patch_score:.2f}")
    good = _nearest(evidence.nearest_good, messages.NEAREST_GOOD, card_of)
    defect = _nearest(evidence.nearest_defect, messages.NEAREST_DEFECT, card_of)
    if defect is None:
        defect = div("tw-crop-none", span("tw-quiet", messages.NOTHING_PAINTED))
    return div(
        "tw-card tw-tight",
        tag("h4", messages.COMPARED_WITH),
        div("tw-crops", own, good, defect),
        tag("p", evidence.sentence, class_="tw-small", data_evidence=card.id),
    )


def _nearest(patch: NearestPatch | None, title: str, card_of: CardOf) -> Html | None:
    if patch is None:
        return None
    text = messages.AWAY.format(distance=patch.distance)
    if patch.image_id is None or patch.box is None:
        return _without_picture(title, text, messages.INVENTED)
    card = card_of(patch.image_id)
    if card is None:
        return _without_picture(title, text, messages.IMAGE_GONE)
    name = f"{title}: {patch.defect_type}" if patch.defect_type else title
    return _crop(card, patch.box, name, text, is_pressable=True)


def _without_picture(title: str, text: str, why: str) -> Html:
    return div(
        "tw-crop",
        div("tw-crop-none", span("tw-quiet", why)),
        span("tw-crop-title", title),
        span("tw-quiet", text),
    )


def _crop(card: ImageCard, box: Box, title: str, text: str, *, is_pressable: bool = False) -> Html:
    """Return the box with what is around it, cut out of the whole image by the browser."""
    left, top, right, bottom = box
    side = max(right - left, bottom - top) * CONTEXT
    side = min(side, card.width, card.height)
    x = min(max((left + right - side) / 2, 0), card.width - side)
    y = min(max((top + bottom - side) / 2, 0), card.height - side)
    scale = CROP / side
    picture = (
        f"background-image:url(media/images/{card.id});"
        f"background-size:{card.width * scale:.1f}px {card.height * scale:.1f}px;"
        f"background-position:{-x * scale:.1f}px {-y * scale:.1f}px"
    )
    frame = (
        f"left:{(left - x) * scale:.1f}px;top:{(top - y) * scale:.1f}px;"
        f"width:{(right - left) * scale:.1f}px;height:{(bottom - top) * scale:.1f}px"
    )
    cut = tag(
        "button" if is_pressable else "div",
        span("tw-crop-box", style=frame),
        class_="tw-crop-picture",
        style=picture,
        type="button" if is_pressable else None,
        data_action="look" if is_pressable else None,
        data_id=card.id,
        title=f"{card.product} · {card.name}",
    )
    return div("tw-crop", cut, span("tw-crop-title", title), span("tw-quiet", text))
