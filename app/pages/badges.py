"""Small pieces of markup that several pages show: badges, scores, thumbnails, empty states."""

from __future__ import annotations

from collections.abc import Sequence

from app import messages
from app.pages.markup import Attribute, Child, Html, button, div, join, span, tag
from app.services.views import ImageCard

SCALE_END = 2.0  # scores are drawn from 0 over the limit to twice the limit, like the heatmap's colours


def verdict_badge(verdict: str | None) -> Html:
    text = messages.VERDICTS.get(verdict or "", messages.NOT_JUDGED)
    return span(f"tw-badge tw-verdict-{verdict or 'none'}", text)


def call_badge(call: str | None) -> Html:
    text = messages.CALLS.get(call or "", messages.NOT_SCORED)
    return span(f"tw-badge tw-call-{call or 'none'}", text)


def score_text(score: float, limit: float) -> str:
    return f"{score:.2f} (reject limit {limit:.2f})"


def score_meter(score: float | None, limit: float | None) -> Html | None:
    """Return a bar from 0 to twice the limit, with a tick at the limit."""
    if score is None or not limit:
        return None
    share = max(0.0, min(1.0, score / (SCALE_END * limit)))
    kind = "is-over" if score >= limit else "is-under"
    fill = span(f"tw-meter-fill {kind}", style=f"width:{100 * share:.1f}%")
    return div("tw-meter", fill, span("tw-meter-limit"), title=score_text(score, limit), role="img")


def thumbnail(image_id: int, text: str = "", *, version_id: int | None = None) -> Html:
    """Return the small picture; with a version, its heatmap laid over it."""
    picture = tag(
        "img",
        src=f"media/thumbnails/{image_id}",
        alt=text,
        loading="lazy",
        decoding="async",
        draggable="false",
    )
    if version_id is None:
        return span("tw-thumb", picture)
    heat = tag(
        "img",
        src=f"media/heatmaps/{image_id}.png?version={version_id}",
        alt="",
        class_="tw-thumb-heat",
        loading="lazy",
        decoding="async",
        draggable="false",
    )
    return span("tw-thumb", picture, heat)


def pressable(
    class_: str, action: str, *children: Child, title: str = "", disabled: bool = False, **data: Attribute
) -> Html:
    """Return a button around any markup; its press arrives in Python as the event `act` with these data."""
    attributes: dict[str, Attribute] = {f"data_{key}": value for key, value in data.items()}
    attributes |= {"title": title or None, "disabled": disabled, "data_action": action}
    return tag("button", *children, type="button", class_=class_, **attributes)


def empty_state(title: str, next_step: str, *actions: Html) -> Html:
    foot = div("tw-empty-actions", *actions) if actions else None
    return div("tw-empty", tag("h3", title), tag("p", next_step), foot)


def notice(text: str, *actions: Html, kind: str = "info") -> Html:
    return div(f"tw-notice tw-notice-{kind}", tag("p", text), *actions)


def facts_list(*pairs: tuple[str, Child]) -> Html:
    """Return a two-column list of what is known; pairs without a value are left out."""
    lines = [join(tag("dt", name), tag("dd", value)) for name, value in pairs if value not in (None, "")]
    return tag("dl", *lines, class_="tw-facts")


def marks(card: ImageCard) -> Html:
    found = [messages.KEPT_FOR_TESTING] * card.kept_for_testing + [messages.TAUGHT] * card.taught
    return join(*(span("tw-tag", text) for text in found))


def to_open(image_ids: Sequence[int], there: int) -> Html:
    """Return small pictures that open their image on Label, and how many more there are."""
    pictures = [
        pressable("tw-next", "open", thumbnail(image_id), title="Open on Label", id=image_id)
        for image_id in image_ids
    ]
    more = there - len(image_ids)
    return join(*pictures, span("tw-quiet", f"+{more}") if more > 0 else None)


def open_button(image_id: int, text: str) -> Html:
    return button(text, "open", id=image_id)
