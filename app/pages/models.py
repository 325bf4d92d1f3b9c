"""Models: every version, what it was taught, and which one judges which product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app import messages
from app.pages import version_cards
from app.pages.components import Written
from app.pages.shared import Frame, Target, in_order, inform, on_each, on_press, put_into_use, refusals_shown
from app.services import Services
from app.services.views import VersionComparison, VersionView

IN_ORDER = in_order("models")


@dataclass(frozen=True)
class ModelsView:
    in_use: Written
    versions: Written
    details: Written
    current: gr.State  # id of the version shown, or None


def build(_services: Services) -> ModelsView:
    with gr.Row(elem_id="tw-models", equal_height=False):
        with gr.Column(scale=0, min_width=380, elem_id="tw-models-left"):
            in_use = Written(elem_id="tw-in-use")
            versions = Written(elem_id="tw-versions")
        with gr.Column(scale=1, elem_id="tw-models-right"):
            details = Written(elem_id="tw-version")
    return ModelsView(in_use, versions, details, gr.State(None))


class ModelsHandlers:
    """Translate: widget values -> service call -> widget values. Nothing is decided here."""

    def __init__(self, services: Services) -> None:
        self._versions = services.versions
        self._browsing = services.browsing

    @refusals_shown
    def show(self, page: str, current: int | None) -> tuple[Any, ...]:
        if page != "models":
            return (gr.skip(),) * 4
        return self._showing(current)

    @refusals_shown
    def act(self, current: int | None, author: str, event: gr.EventData) -> tuple[Any, ...]:
        if event.action == "show":
            return self._showing(int(event.id))
        if event.action == "put_into_use":
            wanted = [event.choice] if event.choice else None
            put_into_use(self._versions, int(event.id), wanted, author)
            return self._showing(current)
        if event.action == "roll_back":
            version_id = self._versions.roll_back(event.product, author)
            inform(messages.rolled_back(event.product, version_id))
            return self._showing(current)
        return (gr.skip(),) * 4

    def _showing(self, current: int | None) -> tuple[Any, ...]:
        """Return in use, versions, details, current."""
        versions = self._versions.all()
        shown = next((version for version in versions if version.id == current), None)
        shown = shown or next(iter(versions), None)
        details = version_cards.details(shown, self._comparison(shown, versions)) if shown else None
        return (
            version_cards.in_use_card(self._browsing.products(), versions) if versions else None,
            version_cards.version_list(versions, shown.id if shown else None),
            details,
            shown.id if shown else None,
        )

    def _comparison(self, shown: VersionView, versions: Sequence[VersionView]) -> VersionComparison | None:
        """Compare with the newest other version in use, or with the parent when it is in use itself."""
        others = [version.id for version in versions if version.in_use_for and version.id != shown.id]
        other = max(others, default=shown.parent_id)
        return self._versions.compare(shown.id, other) if other is not None else None


def wire(view: ModelsView, frame: Frame, handlers: ModelsHandlers, opener: Target) -> None:
    outputs = [view.in_use, view.versions, view.details, view.current]
    frame.tab["models"].select(
        lambda current: handlers.show("models", current), view.current, outputs, **IN_ORDER
    )
    on_each([frame.strip.ended], handlers.show, [frame.page, view.current], outputs, **IN_ORDER)
    pressed = [view.in_use, view.versions, view.details]
    on_press(pressed, handlers.act, [view.current, frame.author], outputs, opener, "models")
