"""Questions between persons, and blind second looks."""

import pytest

from app.services import Services
from app.services.agreement import FORGOTTEN, RECHECK, due, kappa
from app.services.authorship import now
from app.services.errors import InvalidRequestError
from app.services.views import IncomingFile
from tests.services.parts import part


def test_a_question_goes_to_the_others_and_the_answer_back_to_who_asked(
    services: Services, plates: tuple[int, ...]
) -> None:
    queue, judge, inbox = services.queue, services.labelling.judge, services.questions.inbox
    judge([plates[0], plates[1]], "unsure", "Ada")
    services.questions.remark(plates[0], "A shadow,\n or a dent?", "Ada")

    assert queue.order("plate", "questions", "Ada") == ()
    assert set(queue.order("plate", "questions", "Bo")) == {plates[0], plates[1]}
    assert (inbox("Bo").questions, inbox("Ada").questions) == (2, 0)
    assert queue.standing(plates[0], "plate", "questions", "Bo").why == "question"

    judge([plates[0]], "defect", "Bo", "question")
    services.questions.remark(plates[0], "A dent.", "Bo")

    assert queue.order("plate", "answers", "Ada") == (plates[0],)
    assert (inbox("Ada").answers, inbox("Bo").answers) == (1, 0)
    said = services.questions.conversation(plates[0])
    assert [(one.author, one.verdict, one.text) for one in said] == [
        ("Ada", "unsure", None), ("Ada", None, "A shadow, or a dent?"), ("Bo", "defect", None), ("Bo", None, "A dent."),
    ]  # fmt: skip

    queue.leave(plates[0], "plate", "answers", "Ada")  # read
    assert (queue.order("plate", "answers", "Ada"), inbox("Ada").answers) == ((), 0)
    judge([plates[0]], "good", "Cy")  # decided anew
    assert inbox("Ada").answers == 1


def test_who_settles_the_own_question_is_not_told_of_it(services: Services, plates: tuple[int, ...]) -> None:
    services.labelling.judge([plates[0]], "unsure", "Ada")
    services.labelling.judge([plates[0]], "good", "Ada")
    services.labelling.judge([plates[0]], "defect", "Bo")

    assert services.questions.inbox("Ada").answers == 0


def test_a_question_that_was_undone_has_no_answer(services: Services, plates: tuple[int, ...]) -> None:
    services.labelling.judge([plates[0]], "defect", "Bo")
    asked = services.labelling.judge_many([plates[0]], "unsure", "Ada")

    services.labelling.take_back(asked, "Ada")

    assert services.questions.inbox("Ada").answers == 0


def test_a_deleted_image_is_neither_an_answer_nor_judged_again(
    services: Services, plates: tuple[int, ...], sixty: tuple[int, ...]
) -> None:
    services.labelling.judge([plates[0]], "unsure", "Ada")
    services.labelling.judge([plates[0]], "defect", "Bo", "question")
    with services._workspace.reading() as work:
        again = due(work, "Bo")
    assert again and services.questions.inbox("Ada").answers == 1
    for image in (plates[0], again[0]):
        services.browsing.delete(image, "Bo")
    assert services.questions.inbox("Ada").answers == 0
    with services._workspace.reading() as work:
        assert due(work, "Bo") == again[1:]


def test_an_empty_remark_is_refused(services: Services, plates: tuple[int, ...]) -> None:
    with pytest.raises(InvalidRequestError, match="1 to 500"):
        services.questions.remark(plates[0], "  ", "Ada")
    assert services.questions.conversation(plates[0]) == ()


@pytest.fixture
def sixty(services: Services) -> tuple[int, ...]:
    """Judged good by Ada."""
    files = [IncomingFile(f"{seed}.png", part(seed).png) for seed in range(60)]
    return services.importing.import_files(files, "plate", "Ada", "good").image_ids


def test_a_share_of_the_decided_images_is_judged_again_and_no_verdict_changes(
    services: Services, sixty: tuple[int, ...]
) -> None:
    with services._workspace.reading() as work:
        assert due(work, "Ada") == ()  # her own verdicts are too young to be forgotten
        drawn = {name: due(work, name, now() + 2 * FORGOTTEN) for name in ("Ada", "Bo", "Cy", "Di", "Ed")}
    count = sum(len(found) for found in drawn.values())
    assert 3 < count < 32  # 5 % of 300: 15, within four standard deviations
    person, (image, *rest) = next((name, found) for name, found in drawn.items() if found and name != "Ada")

    assert services.queue.order("plate", RECHECK, person) != ()
    services.labelling.judge([image], "defect", person, RECHECK)

    assert services.browsing.card(image).verdict == "good"
    assert set(services.queue.order("plate", RECHECK, person)) == set(rest)
    assert services.queue.order("plate", "differing", "Ada") == (image,)
    (found,) = services.agreement.all("plate")
    assert (found.first, found.second, found.images, found.same) == ("Ada", person, 1, 0)
    assert found.kappa is None  # one image says nothing

    services.labelling.judge([image], "good", "Ada", "differing")  # settled: said again, knowing of it
    assert services.queue.order("plate", "differing", "Ada") == ()


def test_kappa_is_that_of_cohens_example() -> None:
    counts = {("good", "good"): 20, ("good", "defect"): 5, ("defect", "good"): 10, ("defect", "defect"): 15}

    assert kappa(counts) == pytest.approx(0.4)  # 0.7 observed, 0.5 by chance
    assert kappa({("good", "good"): 3, ("defect", "defect"): 4}) == 1
    assert kappa({("good", "defect"): 5, ("defect", "good"): 5}) == -1
    assert kappa({("good", "good"): 9}) is None
    assert kappa({}) is None
