"""What every page is given: the frame's widgets, and how an event of ours is set up."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, ParamSpec, TypeVar

import gradio as gr

from app import messages
from app.pages.components import JobStrip, Written
from app.services.errors import ServiceError, StorageError
from app.services.versions import VersionsService

P = ParamSpec("P")
R = TypeVar("R")

# No spinner over what a person is reading, no entry in the page's list of programs' calls.
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def in_order(page: str) -> dict[str, Any]:
    """How events are set up that write the same widgets: answered in the order of asking, the last one stays."""
    return {**QUIET, "concurrency_id": page}


@dataclass(frozen=True)
class Frame:
    """The widgets around the pages that pages read or change."""

    tabs: gr.Tabs
    tab: Mapping[str, gr.Tab]
    page: gr.State  # name of the page that is open
    product: gr.Dropdown  # "" is all
    author: gr.Textbox  # never shown; "" until a name was typed
    strip: JobStrip
    book: (
        gr.Textbox
    )  # never shown; whose defect book is shown: the product chosen, or an image's where none is


@dataclass(frozen=True)
class Target:
    """An event handler of one page that others may use: what it reads and what it changes."""

    handler: Callable[..., Any]
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]


def refusals_shown(handler: Callable[P, R]) -> Callable[P, R]:
    """A service's refusal is a sentence for the person at the page."""

    @functools.wraps(handler)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return handler(*args, **kwargs)
        except (ServiceError, StorageError) as error:
            raise gr.Error(escape(str(error)), print_exception=False) from error

    return guarded


def inform(sentence: str) -> None:
    """Show a passing note. Gradio takes its text as markup, and a product's name may look like some."""
    gr.Info(escape(sentence))


def chosen(product: str | None) -> str | None:
    """The product switch's value as the services take it: None for all."""
    return product or None


def choices(texts: dict[str, str]) -> list[tuple[str, str]]:
    return [(text, value) for value, text in texts.items()]


def open_pressed(opener: Target, why: str) -> Any:
    """Return a handler that opens the pressed image on the page Label, and leaves other presses alone."""

    def opening(event: gr.EventData, *values: Any) -> tuple[Any, ...]:
        if event.action != "open":
            return (gr.skip(),) * len(opener.outputs)
        return opener.handler(int(event.id), why, *values)

    return opening


def put_into_use(
    versions: VersionsService, version_id: int, products: Sequence[str] | None, author: str
) -> None:
    """Put a version into use for these products (None: all it was built for) and say so."""
    used = versions.put_into_use(version_id, products, author)
    inform(messages.put_into_use_done(version_id, used))


def on_press(
    written: Sequence[Written],
    handler: Callable[..., Any],
    inputs: Any,
    outputs: Any,
    opener: Target,
    page: str,
) -> None:
    """Let presses in a page's markup go to `handler`, and those on an image open it on Label."""
    for markup in written:
        markup.act(handler, inputs, outputs, **in_order(page))
        markup.act(open_pressed(opener, "review"), list(opener.inputs), list(opener.outputs), **QUIET)


def on_each(
    triggers: Sequence[Callable[..., Any]],
    handler: Callable[..., Any],
    inputs: Any,
    outputs: Any,
    **options: Any,
) -> None:
    """As `gr.on`, which does not know the events of components like ours."""
    for trigger in triggers:
        trigger(handler, inputs, outputs, **options)
