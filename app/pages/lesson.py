"""What a version changed, as markup: the sentence, the figures, and the changed images before and after."""

from __future__ import annotations

from collections.abc import Sequence

from app import messages
from app.pages.badges import call_badge, pressable, thumbnail, verdict_badge
from app.pages.markup import Html, div, join, span, tag
from app.services.views import ChangedImage, ProductFigures

SHOWN = 24


def figures_table(
    before: Sequence[ProductFigures], after: Sequence[ProductFigures], note: str = messages.FIGURES_NOTE
) -> Html:
    """Return counts on the images kept for testing; `before` may be empty."""
    if not any(line.n_good or line.n_defect for line in after):
        return tag("p", messages.NO_FIGURES, class_="tw-quiet")
    earlier = {line.product: line for line in before}
    heads = ("Product", "False rejects", "Missed defects", "Right order (AUROC)")
    head = tag("tr", *(tag("th", text, scope="col") for text in heads))
    rows = [_figures_row(line, earlier.get(line.product)) for line in after]
    return join(
        tag("table", tag("thead", head), tag("tbody", *rows), class_="tw-table"),
        tag("p", note, class_="tw-quiet tw-small"),
    )


def _figures_row(line: ProductFigures, before: ProductFigures | None) -> Html:
    return tag(
        "tr",
        tag("th", line.product, scope="row"),
        tag("td", _count(before and before.false_rejects, line.false_rejects, line.n_good, "good")),
        tag("td", _count(before and before.missed, line.missed, line.n_defect, "defective")),
        tag("td", _order(before, line)),
    )


def _count(before: int | None, after: int, of: int, kind: str) -> Html:
    if not of:
        return span("tw-quiet", f"no {kind} image")
    moved = _moved(before, after, str(before), str(after), is_less_better=True)
    return join(moved, span("tw-quiet", f" of {of} {kind}"))


def _order(before: ProductFigures | None, after: ProductFigures) -> Html:
    if after.image_auroc is None:
        return span("tw-quiet", "needs good and defective images")
    new = f"{100 * after.image_auroc:.1f} %"
    if before is None or before.image_auroc is None:
        return span("tw-number", new)
    old = f"{100 * before.image_auroc:.1f} %"
    return _moved(before.image_auroc, after.image_auroc, old, new, is_less_better=False)


def _moved(before: float | None, after: float, old: str, new: str, *, is_less_better: bool) -> Html:
    if before is None or old == new:
        return span("tw-number", new)
    kind = "is-better" if (after < before) == is_less_better else "is-worse"
    return join(
        span("tw-number tw-quiet", old), span("tw-arrow", " → "), span(f"tw-number tw-moved {kind}", new)
    )


def changed_images(
    changes: Sequence[ChangedImage], version_id: int, other_id: int | None, *, shown: int = SHOWN
) -> Html:
    """Return how many other images changed, and the changed ones before and after."""
    others = sum(not change.is_taught for change in changes)
    heading = tag("h3", f"{messages.CHANGED}: {messages.plural(others, 'other image')}")
    return join(heading, changes_grid(changes, version_id, other_id, shown=shown))


def changes_grid(
    changes: Sequence[ChangedImage], version_id: int, other_id: int | None, *, shown: int = SHOWN
) -> Html:
    """Return the changed images, before and after, with each version's heatmap; the most telling first."""
    ordered = sorted(changes, key=_interest)
    if not ordered:
        return tag("p", messages.NOTHING_CHANGED, class_="tw-quiet")
    more = len(ordered) - shown
    rest = tag("p", f"and {messages.plural(more, 'more image')}.", class_="tw-quiet") if more > 0 else None
    return join(
        div("tw-changes", *(_change(change, version_id, other_id) for change in ordered[:shown])), rest
    )


def _interest(change: ChangedImage) -> tuple[bool, bool, float]:
    """Other images before taught ones, another call before another score, large moves before small ones."""
    return (
        change.is_taught,
        change.call_before == change.call_after,
        -abs(change.score_after - change.score_before),
    )


def _change(change: ChangedImage, version_id: int, other_id: int | None) -> Html:
    flipped = "is-flipped" if change.call_before != change.call_after else ""
    tags = [span("tw-tag", messages.TAUGHT)] * change.is_taught
    return pressable(
        f"tw-change {flipped}".strip(),
        "open",
        div(
            "tw-change-pictures",
            _side(change.image_id, other_id, change.call_before, change.score_before),
            span("tw-arrow", "→"),
            _side(change.image_id, version_id, change.call_after, change.score_after),
        ),
        div(
            "tw-change-text",
            span("tw-change-name", change.name),
            span("tw-quiet", change.product),
            verdict_badge(change.verdict) if change.verdict else None,
            *tags,
        ),
        title=f"Open {change.name} on Label",
        id=change.image_id,
    )


def _side(image_id: int, version_id: int | None, call: str, score: float) -> Html:
    return div(
        "tw-change-side",
        thumbnail(image_id, version_id=version_id),
        div("tw-change-score", call_badge(call), span("tw-number", f"{score:.2f}")),
    )
