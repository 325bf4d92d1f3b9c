"""Teach: what is waiting, the running lesson, and what the last one did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from app import messages
from app.pages.badges import empty_state
from app.pages.components import JobPanel, Written
from app.pages.lesson import changed_images, figures_table
from app.pages.markup import Html, button, div, span, tag
from app.pages.shared import Frame, Target, in_order, inform, on_each, on_press, put_into_use, refusals_shown
from app.pages.waiting_card import has_work, waiting_card
from app.services import Services
from app.services.views import JobView, LessonResult

IN_ORDER = in_order("teach")
STARTS_ON = ("label", "teach")  # pages that say what is waiting


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
    def press(self, page: str, author: str) -> tuple[Any, ...]:
        """Do what the key means on the page that is open: start a lesson on Label and Teach, elsewhere go to Teach."""
        if page not in STARTS_ON:
            return gr.Tabs(selected="teach"), "teach", *self._showing()
        return self.start(author)

    @refusals_shown
    def start(self, author: str) -> tuple[Any, ...]:
        """Start a lesson and show it; without a model, show what is missing."""
        waiting = self._teaching.waiting()
        if waiting.has_model and not has_work(waiting):
            inform(f"{messages.NOTHING_WAITS}. {messages.NOTHING_WAITS_NEXT}")
            return (gr.skip(),) * 5
        if not waiting.has_model:
            inform(messages.FIRST_MODEL_NEXT)
        else:
            self._teaching.start_teach(author)
        return gr.Tabs(selected="teach"), "teach", *self._showing()

    @refusals_shown
    def act(self, author: str, event: gr.EventData) -> tuple[Any, ...]:
        if event.action == "fit":
            self._teaching.start_fit(author)
        elif event.action == "put_into_use":
            put_into_use(self._services.versions, int(event.id), None, author)
        elif event.action == "open":
            return (gr.skip(),) * 3
        return self._showing()

    def _showing(self) -> tuple[Any, ...]:
        """Return waiting, job, result."""
        latest = self._teaching.latest()
        job = {"job_id": latest.id, "is_active": latest.is_active} if latest else {}
        return waiting_card(self._teaching.waiting(), latest), job, self._result(latest)

    def _result(self, latest: JobView | None) -> Html:
        if latest is None:
            return _nothing(messages.NO_RESULT, messages.NO_RESULT_NEXT)
        if latest.is_active:
            return _nothing(messages.LESSON_RUNS, messages.LESSON_RUNS_NEXT)
        if latest.state != "done":
            return _nothing(messages.LESSON_ENDED[latest.state], latest.error or messages.JOB_FAILED)
        result = self._teaching.result(latest.id)
        versions = {version.id: version for version in self._services.versions.all()}
        return _result_card(result, versions[result.version_id].in_use_for)


def _nothing(title: str, text: str) -> Html:
    return div("tw-card tw-tall", empty_state(title, text))


def _result_card(result: LessonResult, in_use_for: tuple[str, ...]) -> Html:
    is_fit = result.parent_id is None
    return div(
        "tw-card tw-result",
        div(
            "tw-result-head",
            div(
                "",
                tag("h2", messages.RESULT_FIT if is_fit else messages.RESULT),
                tag("p", _sentence(result), class_="tw-big-line", data_lesson=result.version_id),
                None if result.is_complete else tag("p", messages.judged_so_far(result.judged, result.of)),
            ),
            _use(result, in_use_for),
        ),
        tag("h3", messages.FIGURES),
        figures_table(result.figures_before, result.figures_after, messages.FIGURES_THEN),
        None if is_fit else changed_images(result.changes, result.version_id, result.parent_id),
    )


def _sentence(result: LessonResult) -> str:
    sentence = result.sentence[:1].upper() + result.sentence[1:]
    return f"{sentence}. Version {result.version_id}, {messages.seconds(result.seconds)}."


def _use(result: LessonResult, used: tuple[str, ...]) -> Html:
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
    return Target(handlers.press, (frame.page, frame.author), outputs)


def wire(view: TeachView, frame: Frame, handlers: TeachHandlers, opener: Target) -> None:
    outputs = [view.waiting, view.job, view.result]
    frame.tab["teach"].select(lambda: handlers.show("teach"), None, outputs, **IN_ORDER)
    changes = [frame.strip.started, frame.strip.ended]
    on_each(changes, handlers.show, frame.page, outputs, **IN_ORDER)
    on_press([view.waiting, view.result], handlers.act, frame.author, outputs, opener, "teach")
