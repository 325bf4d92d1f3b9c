"""What the next lesson would use, and the one big button."""

from __future__ import annotations

from app import messages
from app.pages.badges import pressable, to_open
from app.pages.markup import Html, button, div, tag
from app.services.views import JobView, Waiting

THUMBNAILS = 12


def has_work(waiting: Waiting) -> bool:
    return bool(waiting.to_teach or waiting.to_forget or waiting.new_good)


def waiting_card(waiting: Waiting, latest: JobView | None) -> Html:
    is_busy = latest is not None and latest.is_active
    if not waiting.has_model:
        return _first_model(waiting, is_busy)
    line = messages.waiting_line(len(waiting.to_teach), len(waiting.kept_for_testing))
    start = pressable(
        "tw-button tw-primary tw-big",
        "key",
        messages.TEACH_NOW,
        tag("kbd", "T"),
        title=messages.TEACH_TIP,
        key="teach",
        disabled=is_busy or not has_work(waiting),
    )
    rest = (
        None
        if has_work(waiting)
        else tag("p", f"{messages.NOTHING_WAITS}. {messages.NOTHING_WAITS_NEXT}", class_="tw-quiet")
    )
    again = button(messages.BUILD_AGAIN, "fit", kind="tw-link", title=messages.BUILD_AGAIN_TIP)
    return div(
        "tw-card",
        div("tw-card-line", tag("h2", messages.WAITING), None if is_busy else again),
        tag("p", line, class_="tw-big-line"),
        _thumbnails(waiting.to_teach),
        _also(waiting),
        rest,
        start,
    )


def _first_model(waiting: Waiting, is_busy: bool) -> Html:
    counts = sorted(waiting.good_images_per_product.items())
    can_start = any(count >= 2 for _, count in counts)
    lines = [
        tag("tr", tag("th", name, scope="row"), tag("td", messages.plural(count, "good part")))
        for name, count in counts
    ]
    start = pressable(
        "tw-button tw-primary tw-big", "fit", messages.BUILD_FIRST, disabled=is_busy or not can_start
    )
    return div(
        "tw-card",
        tag("h2", messages.BUILD_FIRST),
        tag("p", messages.FIRST_MODEL_NEXT if can_start else messages.NEEDS_GOOD),
        tag("table", tag("tbody", *lines), class_="tw-table") if lines else None,
        start,
    )


def _thumbnails(image_ids: tuple[int, ...]) -> Html | None:
    if not image_ids:
        return None
    return div("tw-next-list", to_open(image_ids[:THUMBNAILS], len(image_ids)))


def _also(waiting: Waiting) -> Html | None:
    found = []
    if waiting.new_good:
        found.append(f"{messages.plural(waiting.new_good, 'more good image')} to look at")
    if waiting.to_forget:
        found.append(
            f"{messages.plural(len(waiting.to_forget), 'image')} to forget: painting or verdict was taken back"
        )
    if waiting.without_mask:
        found.append(
            f"{messages.plural(len(waiting.without_mask), 'defect')} not painted: judged, but not learnt"
        )
    if waiting.painted_good:
        found.append(
            f"{messages.plural(len(waiting.painted_good), 'image')} judged good, but painted: not learnt as either. "
            f"Judge again or clear what is painted: Label, queue “{messages.QUEUES['painted_good']}”"
        )
    return tag("ul", *(tag("li", text) for text in found), class_="tw-plain-list") if found else None
