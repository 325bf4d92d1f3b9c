"""Teach: what is waiting, the running lesson, and what the last one did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from app import messages
from app.pages.badges import empty_state, notice, pressable, thumbnail
from app.pages.components import JobPanel, Written
from app.pages.lesson import changes_grid, figures_table
from app.pages.markup import Html, button, div, join, span, tag
from app.pages.shared import QUIET, Frame, Target, on_each, open_pressed, refusals_shown
from app.services import Services
from app.services.views import JobView, LessonResult, Waiting

THUMBNAILS = 12
_LOOK_NOW = "() => { document.dispatchEvent(new Event('twinbank:look-at-jobs')); }"


@dataclass(frozen=True)
class TeachView:
    waiting: Written
    job: JobPanel
    result: Written


def build(_services: Services) -> TeachView:
    with gr.Row(elem_id="tw-teach", equal_height=False):
        with gr.Column(scale=0, min_width=380, elem_id="tw-teach-left"):
            waiting = Written(elem_id="tw-waiting")
            job = JobPanel(elem_id="tw-job")
        with gr.Column(scale=1, elem_id="tw-teach-right"):
            result = Written(elem_id="tw-result")
    return TeachView(waiting, job, result)


class TeachHandlers:
    """Translate: widget values -> service call -> widget values. Nothing is decided here."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._teaching = services.teaching

    @refusals_shown
    def show(self, page: str) -> tuple[Any, ...]:
        if page != "teach":
            return (gr.skip(),) * 3
        return self._showing()

    @refusals_shown
    def start(self, author: str) -> tuple[Any, ...]:
        """Start a lesson and show it; without a model, show what is missing."""
        if not self._teaching.waiting().has_model:
            gr.Info(messages.FIRST_MODEL_NEXT, title=messages.BUILD_FIRST)
        else:
            self._teaching.start_teach(author)
        return gr.Tabs(selected="teach"), "teach", *self._showing()

    @refusals_shown
    def act(self, author: str, event: gr.EventData) -> tuple[Any, ...]:
        if event.action == "fit":
            self._teaching.start_fit(author)
        elif event.action == "put_into_use":
            version_id = int(event.id)
            products = self._services.versions.put_into_use(version_id, None, author)
            gr.Info(messages.put_into_use_done(version_id, products), title=messages.PUT_INTO_USE)
        elif event.action == "open":
            return (gr.skip(),) * 3
        return self._showing()

    def _showing(self) -> tuple[Any, ...]:
        """Return waiting, job, result."""
        latest = self._teaching.latest()
        job = {"job_id": latest.id if latest else None}
        return _waiting(self._teaching.waiting(), latest), job, self._result(latest)

    def _result(self, latest: JobView | None) -> Html:
        if latest is None:
            return div("tw-card tw-tall", empty_state(messages.NO_RESULT, messages.NO_RESULT_NEXT))
        failed = (
            notice(latest.error or messages.JOB_FAILED, kind="warn") if latest.state == "failed" else None
        )
        result = self._last_result(latest)
        if result is None:
            return join(
                failed, div("tw-card tw-tall", empty_state(messages.NO_RESULT, messages.NO_RESULT_NEXT))
            )
        in_use = {
            version.id: version.in_use_for for version in self._services.versions.all() if version.in_use_for
        }
        return join(failed, _result_card(result, in_use))

    def _last_result(self, latest: JobView) -> LessonResult | None:
        return self._teaching.result(latest.id) if latest.state == "done" else None


def _waiting(waiting: Waiting, latest: JobView | None) -> Html:
    is_busy = latest is not None and latest.is_active
    if not waiting.has_model:
        return _first_model(waiting, is_busy)
    has_work = bool(waiting.to_teach or waiting.to_forget or waiting.new_good)
    line = messages.waiting_line(len(waiting.to_teach), len(waiting.kept_for_testing))
    start = pressable(
        "tw-button tw-primary tw-big",
        "key",
        messages.TEACH_NOW,
        tag("kbd", "T"),
        title=messages.TEACH_TIP,
        key="teach",
        disabled=is_busy or not has_work,
    )
    rest = (
        None
        if has_work
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
    pictures = [
        pressable("tw-next", "open", thumbnail(image_id), title="Open on Label", id=image_id)
        for image_id in image_ids[:THUMBNAILS]
    ]
    more = len(image_ids) - THUMBNAILS
    return div("tw-next-list", *pictures, span("tw-quiet", f"+{more}") if more > 0 else None)


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
    return tag("ul", *(tag("li", text) for text in found), class_="tw-plain-list") if found else None


def _result_card(result: LessonResult, in_use: dict[int, tuple[str, ...]]) -> Html:
    is_fit = result.parent_id is None
    others = [change for change in result.changes if not change.is_taught]
    return div(
        "tw-card tw-result",
        div(
            "tw-result-head",
            div(
                "",
                tag("h2", messages.RESULT_FIT if is_fit else messages.RESULT),
                tag("p", _sentence(result), class_="tw-big-line", data_lesson=result.version_id),
            ),
            _use(result, in_use),
        ),
        tag("h3", messages.FIGURES),
        figures_table(result.figures_before, result.figures_after),
        None if is_fit else tag("h3", f"{messages.CHANGED}: {messages.plural(len(others), 'other image')}"),
        None if is_fit else changes_grid(result.changes, result.version_id, result.parent_id),
    )


def _sentence(result: LessonResult) -> str:
    sentence = result.sentence[:1].upper() + result.sentence[1:]
    return f"{sentence}. Version {result.version_id}, {messages.seconds(result.seconds)}."


def _use(result: LessonResult, in_use: dict[int, tuple[str, ...]]) -> Html:
    used = in_use.get(result.version_id, ())
    if used:
        return span("tw-badge tw-in-use", f"{messages.IN_USE} for {', '.join(used)}")
    return button(
        messages.PUT_INTO_USE,
        "put_into_use",
        kind="tw-primary",
        id=result.version_id,
        title="For every product it was built for",
    )


def start_target(view: TeachView, frame: Frame, handlers: TeachHandlers) -> Target:
    outputs = (frame.tabs, frame.page, view.waiting, view.job, view.result)
    return Target(handlers.start, (frame.author,), outputs)


def wire(view: TeachView, frame: Frame, handlers: TeachHandlers, opener: Target) -> None:
    outputs = [view.waiting, view.job, view.result]
    frame.tab["teach"].select(lambda: handlers.show("teach"), None, outputs, **QUIET)
    changes = [frame.strip.started, frame.strip.ended]
    on_each(changes, handlers.show, frame.page, outputs, **QUIET)
    for written in (view.waiting, view.result):
        written.act(handlers.act, frame.author, outputs, **QUIET).then(None, None, None, js=_LOOK_NOW)
        written.act(open_pressed(opener, "review"), list(opener.inputs), list(opener.outputs), **QUIET)
