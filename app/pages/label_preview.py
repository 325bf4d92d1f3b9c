"""What stands under the painter: which images the painting would change, before it is taught."""

from __future__ import annotations

from app import messages
from app.pages.badges import call_badge, pressable, thumbnail
from app.pages.markup import Html, button, div, span, tag
from app.services.views import ChangedImage, PaintingPreview

SHOWN = 12


def preview_panel(found: PaintingPreview) -> Html | None:
    """Return the panel; None where there is nothing to say."""
    if found.state == "nothing":
        return None
    heading = div(
        "tw-card-line",
        tag("h4", messages.PREVIEW),
        span("tw-tag", messages.PREVIEW_ESTIMATE, title=messages.PREVIEW_ESTIMATE_TIP),
        span("tw-quiet", _line(found)),
        button(messages.PREVIEW_AGAIN, "preview", kind="tw-link", id=found.image_id)
        if found.state == "busy"
        else None,
    )
    pictures = [_change(change) for change in found.changes[:SHOWN]]
    more = len(found.changes) - SHOWN
    rest = span("tw-quiet", f"+{more}") if more > 0 else None
    return div(
        "tw-card tw-tight tw-preview",
        heading,
        div("tw-preview-list", *pictures, rest) if pictures else None,
        data_state=found.state,
        data_image_id=found.image_id,
    )


def _line(found: PaintingPreview) -> str:
    if found.state == "busy":
        return messages.PREVIEW_BUSY
    return messages.preview_line(len(found.changes), found.looked_at, found.of)


def _change(change: ChangedImage) -> Html:
    return pressable(
        "tw-next tw-preview-image",
        "open",
        thumbnail(change.image_id),
        div(
            "tw-preview-score",
            call_badge(change.call_after),
            span("tw-number", f"{change.score_before:.2f} → {change.score_after:.2f}"),
        ),
        title=f"Open {change.name}",
        id=change.image_id,
    )
