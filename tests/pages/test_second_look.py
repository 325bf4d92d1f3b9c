"""A second look stays blind, also for who goes back in it."""

from typing import Any

import gradio as gr
import pytest

from app import messages
from app.canvas.mask_canvas import CanvasValue
from app.pages.label import LabelHandlers
from app.services import Services
from app.services.agreement import RECHECK, due
from app.services.views import IncomingFile
from tests.services.parts import part


@pytest.fixture
def person(services: Services, plates: tuple[int, ...]) -> str:
    """Who has two images or more to judge again, and has brought in one that nobody has judged blind."""
    files = [IncomingFile(f"more-{seed}.png", part(100 + seed).png) for seed in range(20)]
    images = (*plates, *services.importing.import_files(files, "plate", "Ada").image_ids)
    services.labelling.judge(images, "good", "Ada")
    with services._workspace.reading() as work:
        name = next(name for name in map(str, range(2000)) if len(due(work, name)) > 1)
    own = [IncomingFile("own.png", part(300).png)]
    services.importing.import_files(own, "plate", name, "good")
    return name


def go(services: Services, person: str, direction: str, image: int) -> CanvasValue:
    data: dict[str, Any] = {"direction": direction, "image_id": image, "reason": "key", "opened": None}
    canvas = LabelHandlers(services).move("", person, RECHECK, True, gr.EventData(None, data))[0]
    assert isinstance(canvas, CanvasValue)
    return canvas


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(gr, "Info", found.append)
    return found


def test_who_goes_back_sees_the_image_that_was_left_blind(
    services: Services, person: str, said: list[str]
) -> None:
    first = services.queue.order(None, RECHECK, person)[0]
    second = go(services, person, "next", first).image_id
    assert second not in (None, first)

    back = go(services, person, "previous", second)

    assert (back.image_id, back.blind, said) == (first, True, [])


def test_what_was_judged_or_imported_does_not_come_back(
    services: Services, person: str, said: list[str]
) -> None:
    first, second, *_ = services.queue.order(None, RECHECK, person)
    services.labelling.judge([first], "defect", person, RECHECK)

    stays = go(services, person, "previous", second)
    from_judged = go(services, person, "previous", first)

    assert (stays.image_id, stays.blind) == (second, True)
    assert (from_judged.image_id, from_judged.blind) == (second, True)
    assert said == [messages.NO_BLIND_WAY_BACK] * 2
