"""Handlers over a real workspace without a model: what they hand to the widgets."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import gradio as gr
import numpy as np
import pytest

from app import messages
from app.pages.book import BookHandlers
from app.pages.browse import BrowseHandlers
from app.pages.label import LabelHandlers
from app.pages.models import ModelsHandlers
from app.pages.review import ReviewHandlers
from app.pages.shared import inform
from app.pages.teach import TeachHandlers
from app.services import Services
from app.services.agreement import due
from app.services.defect_book import colours
from app.services.errors import WorkerRefusedError
from app.services.jobs import JobControl
from app.services.views import IncomingFile, PaintedLayer, PaintingDraft
from app.shell import build_app
from storage.records import Call, JobKind, NewScore, VersionKind
from tests.services.parts import SIDE, part

NO_FILTER = ("any", "any", "any", "any", "", "", "", "name")
DESK = ("", "Ada", "unjudged", True)


def event(**data: Any) -> gr.EventData:
    return gr.EventData(None, data)


def is_skipped(values: tuple[Any, ...]) -> bool:
    return all(value == gr.skip() for value in values)


def paint(services: Services, image: int) -> None:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[10:20, 10:20] = True
    draft = PaintingDraft(0, (PaintedLayer("spot", mask),), None, False)
    services.labelling.save_painting(image, draft, "Ada")


def test_browse_asks_the_grid_for_what_the_filters_say(services: Services, plates: tuple[int, ...]) -> None:
    filters = ("none", "any", "true", "any", "0,5", "", " part ", "score")

    grid, _, imports, exports = BrowseHandlers(services).show("browse", 0, "plate", "Ada", *filters)

    assert grid.to_json()["query"] == {
        "product": "plate",
        "verdict": "none",
        "kept_for_testing": "true",
        "min_score": "0.5",
        "text": "part",
        "order": "score",
    }
    assert imports == {"products": ["plate"], "product": "plate"}
    assert exports == {"product": "plate"}


def test_browse_without_images_offers_the_import(services: Services) -> None:
    _, empty, *_ = BrowseHandlers(services).show("browse", 0, "", "Ada", *NO_FILTER)

    assert messages.NO_IMAGES in empty.text


def test_browse_says_when_filters_leave_nothing(services: Services, plates: tuple[int, ...]) -> None:
    wanted = (*NO_FILTER[:6], "no such name", "name")

    _, empty, *_ = BrowseHandlers(services).show("browse", 0, "", "Ada", *wanted)

    assert messages.NOTHING_MATCHES in empty.text


@pytest.mark.parametrize("handlers", [LabelHandlers, TeachHandlers, ReviewHandlers, ModelsHandlers])
def test_a_page_that_is_not_open_does_nothing(
    services: Services, handlers: Callable[[Services], Any]
) -> None:
    some = handlers(services)
    values = {
        LabelHandlers: (None, "queue", *DESK),
        TeachHandlers: (),
        ReviewHandlers: ("", "Ada", "", "all", None),
        ModelsHandlers: (None,),
    }[handlers]

    assert is_skipped(some.show("browse", *values))


def test_label_opens_the_first_of_the_queue(services: Services, plates: tuple[int, ...]) -> None:
    canvas, side, _, image, why = LabelHandlers(services).show("label", None, "queue", *DESK)

    order = services.queue.order(None, "unjudged", "Ada")
    assert canvas.image_id == image == order[0]
    assert canvas.prefetch == order[1:3]
    assert canvas.heatmap_version is None  # nothing has a score yet
    assert (why, canvas.shown_because) == ("queue", "variety")
    assert "4 left" in side.text and messages.WHY["variety"] in side.text


def test_label_follows_the_product_switch(
    services: Services, plates: tuple[int, ...], gears: tuple[int, ...]
) -> None:
    canvas, *_ = LabelHandlers(services).show("label", plates[0], "queue", "gear", "Ada", "unjudged", True)

    assert canvas.image_id == gears[0]


def test_the_image_to_open_at_once_comes_with_the_defect_types_of_its_own_product(
    services: Services, plates: tuple[int, ...], gears: tuple[int, ...]
) -> None:
    named = {"plate": ["dent", "scratch"], "gear": ["chip", "rust"]}
    for product, names in named.items():
        for name in names:
            services.book.write(product, name, "Ada")
    for image in services.queue.order(None, "unjudged", "Ada"):
        at_once = LabelHandlers(services).open(image, "queue", *DESK)[2].at_once
        product = services.browsing.card(at_once.image_id).product
        assert [chip.name for chip in at_once.defect_types] == named[product]


def test_label_moves_on_and_back(services: Services, plates: tuple[int, ...]) -> None:
    handlers = LabelHandlers(services)

    first, second, *_ = services.queue.order(None, "unjudged", "Ada")

    after = handlers.move(*DESK, event=event(direction="next", image_id=first, reason="key"))
    before = handlers.move(*DESK, event=event(direction="previous", image_id=second, reason="key"))

    assert (after[0].image_id, before[0].image_id) == (second, first)
    assert "1 of them for later" in after[1].text


def test_label_stays_where_the_list_begins(services: Services, plates: tuple[int, ...]) -> None:
    moved = LabelHandlers(services).move(*DESK, event=event(direction="previous", image_id=plates[0]))

    assert moved[0].image_id == plates[0]


def test_painted_and_kept_for_testing_is_said_with_the_way_out(services: Services) -> None:
    files = [IncomingFile(f"{seed}.png", part(seed).png) for seed in range(12)]
    images = services.importing.import_files(files, "plate", "Ada", "defect").image_ids
    kept = next(image for image in images if services.browsing.card(image).kept_for_testing)
    paint(services, kept)

    side = LabelHandlers(services).show("label", kept, "queue", *DESK)[1]

    assert messages.PAINTED_KEPT in side.text and 'data-action="teach_instead"' in side.text


def test_an_image_that_is_gone_makes_room_for_the_next(services: Services, plates: tuple[int, ...]) -> None:
    services.browsing.delete(plates[0], "Ada")

    canvas, *_ = LabelHandlers(services).show("label", plates[0], "queue", *DESK)

    assert canvas.image_id == plates[1]


def test_teach_it_instead_moves_the_image(services: Services, plates: tuple[int, ...]) -> None:
    handlers = LabelHandlers(services)
    pressed = event(action="teach_instead", id=str(plates[0]), choice="")

    handlers.act(plates[0], "queue", *DESK, event=pressed)

    assert not services.browsing.card(plates[0]).kept_for_testing


def test_the_demo_line_asks_for_paint_and_then_for_teach(services: Services, plates: tuple[int, ...]) -> None:
    handlers = LabelHandlers(services)
    asks = handlers.show("label", plates[0], "demo", *DESK)[2]
    paint(services, plates[0])

    thanks = handlers.show("label", plates[0], "demo", *DESK)[2]

    assert messages.DEMO_OPENING in asks.text
    assert messages.DEMO_PAINTED in thanks.text


def test_first_model_waits_for_good_parts(services: Services, plates: tuple[int, ...]) -> None:
    waiting, *_ = TeachHandlers(services).show("teach")
    assert messages.NEEDS_GOOD in waiting.text and "disabled" in waiting.text

    services.labelling.judge(plates, "good", "Ada")
    for image in plates:
        services.labelling.teach_instead(image, "Ada")
    waiting, *_ = TeachHandlers(services).show("teach")
    assert messages.FIRST_MODEL_NEXT in waiting.text and "disabled" not in waiting.text


@pytest.mark.parametrize("page", ["browse", "label", "book", "teach", "review", "models"])
def test_the_key_starts_a_lesson_only_where_it_is_said_what_waits(
    services: Services, plates: tuple[int, ...], monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    started: list[str] = []
    monkeypatch.setattr(services.teaching, "start_teach", started.append)
    add_version(services, {})
    services.labelling.judge(plates, "defect", "Ada")
    for image in plates:
        services.labelling.teach_instead(image, "Ada")
        paint(services, image)

    tabs, opened, *_ = TeachHandlers(services).press(page, "Ada")

    assert (tabs.selected, opened) == ("teach", "teach")
    assert started == (["Ada"] if page in ("label", "teach") else [])


def test_a_refusal_is_a_sentence_at_the_page(services: Services, plates: tuple[int, ...]) -> None:
    with pytest.raises(gr.Error, match="a model needs 2"):
        TeachHandlers(services).act("Ada", event(action="fit", choice=""))


def test_review_and_models_name_the_next_step_without_a_model(
    services: Services, plates: tuple[int, ...]
) -> None:
    _, canvas, panel, image, _, _ = ReviewHandlers(services).show("review", "", "Ada", "", "all", None)
    _, versions, _, _ = ModelsHandlers(services).show("models", None)

    assert canvas.image_id is None and image is None
    assert messages.NOTHING_SCORED in panel.text
    assert messages.NO_VERSION in versions.text


def test_a_note_never_becomes_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(gr, "Info", shown.append)

    inform("<b>plate</b> is judged by version 1 again.")

    assert shown == ["&lt;b&gt;plate&lt;/b&gt; is judged by version 1 again."]


def test_a_job_that_was_refused_says_why_on_teach(services: Services) -> None:
    sentence = "There is not enough disk space: this needs about 3.2 GB, and 1.1 GB are free."

    def refused(control: JobControl) -> Mapping[str, object]:
        raise WorkerRefusedError(sentence)

    services.jobs.wait(services.jobs.start(JobKind.FIT, "Ada", {}, refused))

    result = TeachHandlers(services).show("teach")[2]

    assert messages.LESSON_ENDED["failed"] in result.text and sentence in result.text


def add_version(services: Services, scores: Mapping[int, float]) -> int:
    """Store a version that gives these images these scores, without any model behind it."""
    at = datetime(2026, 11, 23, tzinfo=UTC)
    with services._workspace.writing() as work:
        version = work.versions.add(None, VersionKind.FIT, "0" * 64, "Ada", at, {}, {}, [], [], ["plate"]).id
        work.scores.add_many(
            NewScore(
                image, version, score, 1.0, "rule", Call.REJECT if score > 1 else Call.PASS, False, score, None,
                0.0, bytes(2), 1, 1, {"cell": 0}, at,
            )
            for image, score in scores.items()
        )  # fmt: skip
    return version


def test_review_shows_the_waiting_version_when_it_is_chosen(
    services: Services, plates: tuple[int, ...]
) -> None:
    add_version(services, dict.fromkeys(plates, 0.5))
    services.versions.put_into_use(1, None, "Ada")
    add_version(services, {plates[2]: 1.75, plates[0]: 0.25})
    handlers = ReviewHandlers(services)

    usual = handlers.show("review", "", "Ada", "", "all", None)
    listed, canvas, panel, image, order, versions = handlers.show("review", "", "Ada", "2", "all", None)

    assert usual[1].heatmap_version == "in_use" and "Seen with" not in usual[2].text
    assert (order, image, canvas.heatmap_version) == ((plates[2], plates[0]), plates[2], 2)
    assert [card["score"] for card in listed["cards"]] == [1.75, 0.25]
    assert "1.75 (reject limit 1.00)" in panel.text and "Seen with version 2" in panel.text
    assert versions.choices == [
        ("Version in use", ""),
        ("Version 2, waiting", "2"),
        ("Version 1, in use for plate", "1"),
    ]
    assert services.browsing.card(plates[2]).score == 0.5  # looking changes nothing

    moved = handlers.move("", "Ada", "2", order, event=event(direction="next", image_id=plates[2]))
    assert (moved[3], moved[1].heatmap_version) == (plates[0], 2)


def test_version_that_scored_nothing_here_says_so(services: Services, plates: tuple[int, ...]) -> None:
    add_version(services, {plates[0]: 0.25})

    panel = ReviewHandlers(services).show("review", "", "Ada", "1", "reject", None)[2]

    assert messages.version_scored_nothing(1) in panel.text


def test_a_second_look_shows_nothing_that_is_known_of_the_image(
    services: Services, plates: tuple[int, ...]
) -> None:
    services.labelling.judge(plates, "good", "Ada")
    add_version(services, dict.fromkeys(plates, 1.75))
    services.versions.put_into_use(1, None, "Ada")
    with services._workspace.reading() as work:
        person, (image, *_) = next(
            (name, found) for name in map(str, range(100)) if (found := due(work, name))
        )

    canvas, side, _, shown, _ = LabelHandlers(services).first("", person, "recheck", True)

    assert shown == image
    assert (canvas.blind, canvas.read_only, canvas.heatmap_version) == (True, True, None)
    assert canvas.shown_because == "recheck"
    name = services.browsing.card(image).name  # a folder's name may say what it is
    assert not any(known in side.text for known in ("1.75", "Reject", "tw-verdict-good", name))


def test_a_press_on_the_inbox_opens_that_queue(services: Services, plates: tuple[int, ...]) -> None:
    services.labelling.judge([plates[2]], "unsure", "Bo")
    handlers = LabelHandlers(services)
    side = handlers.first("", "Ada", "unjudged", True)[1]
    assert "1 question from others" in side.text

    queue, canvas, *_ = handlers.choose_queue("", "Ada", True, event(action="queue", queue="questions"))
    assert (queue, canvas.image_id) == ("questions", plates[2])
    text, side, _ = handlers.remark("Dust, I think", plates[2], "queue", "", "Ada", "questions", True)
    assert text == "" and "Dust, I think" in side.text


def test_what_is_being_written_as_a_rule_stays(services: Services, plates: tuple[int, ...]) -> None:
    handlers = BookHandlers(services)
    *_, name = handlers.add("plate", "dent", "Ada")

    assert "value" in handlers.show("book", "plate", name)[3]
    for page in (
        handlers.again("book", "plate", name),
        handlers.act("plate", name, "Ada", event(action="colour", colour="#0072b2")),
    ):
        assert "value" not in page[3] and page[3]["visible"]
    assert "value" in handlers.again("book", "plate", None)[3]  # another type than the one shown


@pytest.mark.parametrize("page", ["book", "teach", "review", "models"])
def test_events_that_write_the_same_widgets_share_one_queue(services: Services, page: str) -> None:
    blocks = build_app(services)
    on_page = [child for child in blocks.blocks.values() if getattr(child, "id", None) is not None]
    tab = next(child for child in on_page if getattr(child, "elem_id", None) == f"tw-page-{page}")
    inside = {child._id for child in _below(tab)}
    writing = [
        event
        for event in blocks.fns.values()
        if event.outputs and inside & {output._id for output in event.outputs} and event.fn is not None
    ]

    assert len(writing) > 1
    assert {event.concurrency_id for event in writing} == {page}


def _below(block: Any) -> list[Any]:
    children = getattr(block, "children", [])
    return [*children, *(found for child in children for found in _below(child))]


def test_every_colour_of_the_defect_book_has_a_name_of_its_own() -> None:
    assert set(messages.COLOUR_NAMES) == set(colours())
    assert len(set(messages.COLOUR_NAMES.values())) == len(colours())
