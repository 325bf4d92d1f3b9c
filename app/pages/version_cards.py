"""The page Models as markup: what is in use, and every version with what it was taught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app import messages
from app.pages.badges import empty_state, pressable, to_open
from app.pages.lesson import changed_images, figures_table
from app.pages.markup import Html, button, div, join, span, tag
from app.services.views import ProductSummary, VersionComparison, VersionView

TAUGHT_SHOWN = 10
CHANGES_SHOWN = 12
SETTINGS_SHOWN = 40


def in_use_card(products: Sequence[ProductSummary], versions: Sequence[VersionView]) -> Html:
    by_id = {version.id: version for version in versions}
    oldest = min(by_id, default=0)
    rows = [
        tag(
            "tr",
            tag("th", product.name, scope="row"),
            tag("td", _in_use(product.version_in_use)),
            tag("td", _roll_back(product, oldest), class_="tw-right"),
        )
        for product in products
    ]
    body = tag("table", tag("tbody", *rows), class_="tw-table") if rows else None
    return div("tw-card", tag("h2", messages.IN_USE_NOW), body)


def _in_use(version_id: int | None) -> Html:
    if version_id is None:
        return span("tw-quiet", messages.NO_VERSION)
    return span("tw-number", messages.version_name(version_id))


def _roll_back(product: ProductSummary, oldest: int) -> Html | None:
    if product.version_in_use is None or product.version_in_use <= oldest:
        return None
    return button(
        messages.ROLL_BACK,
        "roll_back",
        kind="tw-small-button",
        title=messages.ROLL_BACK_TIP,
        product=product.name,
    )


def version_list(versions: Sequence[VersionView], current: int | None) -> Html:
    if not versions:
        return div("tw-card tw-tall", empty_state(messages.NO_VERSION, messages.NO_VERSION_NEXT))
    return div("tw-versions", *(_row(version, version.id == current) for version in versions))


def _row(version: VersionView, is_current: bool) -> Html:
    origin = messages.KIND[version.kind]
    if version.parent_id is not None:
        origin = f"{origin} on version {version.parent_id}"
    return pressable(
        "tw-version is-current" if is_current else "tw-version",
        "show",
        div(
            "tw-version-head",
            span("tw-version-name", messages.version_name(version.id)),
            state_badge(version),
        ),
        div("tw-quiet", origin),
        div("tw-quiet", f"{version.author} · {version.created_at.astimezone():%Y-%m-%d %H:%M}"),
        id=version.id,
    )


def state_badge(version: VersionView) -> Html | None:
    if version.in_use_for:
        is_everywhere = set(version.in_use_for) >= set(version.products)
        where = messages.EVERY_PRODUCT if is_everywhere else ", ".join(version.in_use_for)
        return span("tw-badge tw-in-use", f"{messages.IN_USE} for {where}")
    return span("tw-badge tw-waits", messages.WAITING_VERSION) if version.is_waiting else None


def details(version: VersionView, comparison: VersionComparison | None) -> Html:
    return div(
        "tw-card",
        div(
            "tw-result-head",
            div(
                "",
                tag("h2", messages.version_name(version.id)),
                div("tw-says-line", state_badge(version), span("tw-quiet", _made(version))),
            ),
            _use(version),
        ),
        _taught(version),
        tag("h3", messages.FIGURES),
        _figures(version, comparison),
        _changes(comparison),
        _limits(version.report),
        _settings(version),
    )


def _made(version: VersionView) -> str:
    seconds = version.report.get("seconds")
    took = f", made in {messages.seconds(seconds)}" if isinstance(seconds, int | float) else ""
    return f"{messages.KIND[version.kind]} by {version.author}{took}"


def _use(version: VersionView) -> Html | None:
    left = [product for product in version.products if product not in version.in_use_for]
    if not left:
        return None
    everywhere = tag("option", f"for {messages.EVERY_PRODUCT}", value="")
    options = [everywhere, *(tag("option", f"for {product}", value=product) for product in left)]
    return div(
        "tw-use",
        tag("select", *options, aria_label="For which product"),
        button(messages.PUT_INTO_USE, "put_into_use", kind="tw-primary", id=version.id),
        data_with_choice=True,
    )


def _taught(version: VersionView) -> Html:
    learnt = f"{messages.plural(version.good_images, 'good image')}, {messages.plural(len(version.lesson_images), 'painted image')}"
    pictures = to_open(version.lesson_images[-TAUGHT_SHOWN:], len(version.lesson_images))
    return join(tag("h3", f"{messages.TAUGHT_IMAGES}: {learnt}"), div("tw-next-list tw-taught", pictures))


def _figures(version: VersionView, comparison: VersionComparison | None) -> Html:
    if comparison is None:
        return figures_table((), version.figures)
    note = tag("p", messages.against(comparison.other_id), class_="tw-quiet tw-small")
    return join(figures_table(comparison.other_figures, comparison.figures), note)


def _changes(comparison: VersionComparison | None) -> Html | None:
    if comparison is None:
        return None
    return changed_images(comparison.changes, comparison.version_id, comparison.other_id, shown=CHANGES_SHOWN)


def _limits(report: Mapping[str, Any]) -> Html | None:
    """Return how each product's reject limit was found, and what painting adds there."""
    products = report.get("products", {})
    if not products:
        return None
    head = tag("tr", *(tag("th", text, scope="col") for text in messages.LIMIT_HEADS))
    rows = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            tag("td", str(found.get("limit_rule", ""))),
            tag("td", str(found.get("why", ""))),
        )
        for name, found in sorted(products.items())
    ]
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="tw-table tw-settings")
    return join(tag("h3", messages.LIMITS), table)


def _settings(version: VersionView) -> Html:
    known = {"computed": version.report.get("device"), **version.settings}
    lines = [
        tag("tr", tag("th", name.replace("_", " "), scope="row"), tag("td", str(value)))
        for name, value in sorted(known.items())
        if value is not None and not isinstance(value, dict | list)
    ][:SETTINGS_SHOWN]
    table = tag("table", tag("tbody", *lines), class_="tw-table tw-settings")
    return tag("details", tag("summary", messages.SETTINGS), table, class_="tw-job-details")
