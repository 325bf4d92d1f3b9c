import hashlib
from dataclasses import replace

import numpy as np
import pytest

from app.services import Services
from app.services.errors import (
    AuthorMissingError,
    InvalidRequestError,
    MaskSizeError,
    StalePaintingError,
    UnknownImageError,
    UnknownVerdictError,
)
from app.services.held_out import draw
from app.services.views import ImageFacts, IncomingFile, PaintedLayer, PaintingDraft
from tests.services.parts import SIDE, part


def mask(top: int, left: int, size: int = 5) -> np.ndarray:
    painted = np.zeros((SIDE, SIDE), bool)
    painted[top : top + size, left : left + size] = True
    return painted


def draft(base: int, *layers: tuple[str, np.ndarray], ignore: np.ndarray | None = None) -> PaintingDraft:
    return PaintingDraft(base, tuple(PaintedLayer(name, painted) for name, painted in layers), ignore, True)


def test_painting_comes_back_exactly(services: Services, plates: tuple[int, ...]) -> None:
    image = plates[0]
    services.labelling.save_painting(
        image, draft(0, ("spot", mask(3, 4)), ("scratch", mask(5, 6)), ignore=mask(50, 50)), "Ada"
    )

    painting = services.labelling.painting(image)

    assert (painting.revision, painting.author, painting.complete) == (1, "Ada", True)
    assert {layer.defect_type for layer in painting.layers} == {"spot", "scratch"}
    spot = next(layer for layer in painting.layers if layer.defect_type == "spot")
    assert np.array_equal(spot.mask, mask(3, 4))
    assert painting.ignore is not None and np.array_equal(painting.ignore, mask(50, 50))
    assert services.browsing.card(image).painted
    assert [found.name for found in services.labelling.defect_types()] == ["spot", "scratch"]


def test_empty_layers_are_dropped_and_an_emptied_painting_is_no_painting(
    services: Services, plates: tuple[int, ...]
) -> None:
    image = plates[0]
    services.labelling.save_painting(image, draft(0, ("spot", mask(3, 4))), "Ada")

    services.labelling.save_painting(image, draft(1, ("spot", mask(0, 0, 0))), "Ada")

    assert services.labelling.painting(image).layers == ()
    assert not services.browsing.card(image).painted


def test_stale_painting_is_refused_with_what_is_saved_now(
    services: Services, plates: tuple[int, ...]
) -> None:
    image = plates[0]
    services.labelling.save_painting(image, draft(0, ("spot", mask(3, 4))), "Ada")

    with pytest.raises(StalePaintingError, match="Ada") as refused:
        services.labelling.save_painting(image, draft(0, ("spot", mask(9, 9))), "Bo")

    assert refused.value.painting.revision == 1
    assert np.array_equal(services.labelling.painting(image).layers[0].mask, mask(3, 4))


def test_a_save_that_is_sent_again_is_stored_once(services: Services, plates: tuple[int, ...]) -> None:
    image = plates[0]
    sent = replace(draft(0, ("spot", mask(3, 4))), save_id="first")
    saved = services.labelling.save_painting(image, sent, "Ada")
    services.labelling.save_painting(image, draft(1, ("spot", mask(9, 9))), "Bo")

    assert services.labelling.save_painting(image, sent, "Ada") == saved

    painting = services.labelling.painting(image)
    assert (painting.revision, painting.author) == (2, "Bo")
    elsewhere = services.labelling.save_painting(
        plates[1], sent, "Ada"
    )  # the same name on another image is another
    assert elsewhere.revision == 1 and services.labelling.painting(plates[1]).layers


def test_a_merged_save_keeps_both_versions(services: Services, plates: tuple[int, ...]) -> None:
    image, mine, theirs = plates[0], mask(3, 4), mask(9, 9)
    services.labelling.save_painting(image, draft(0, ("spot", theirs)), "Bo")
    merged = replace(draft(1, ("spot", mine | theirs)), save_id="m", beside=draft(0, ("spot", mine)))

    saved = services.labelling.save_painting(image, merged, "Ada")
    again = services.labelling.save_painting(image, merged, "Ada")

    assert saved == again and saved.revision == 3
    with services._workspace.reading() as work:
        history = work.revisions.history(image)
    assert [(r.number, r.author, r.layers[0].pixel_count) for r in history] == [
        (1, "Bo", int(theirs.sum())), (2, "Ada", int(mine.sum())), (3, "Ada", int((mine | theirs).sum())),
    ]  # fmt: skip


def test_painting_that_does_not_fit_changes_nothing(services: Services, plates: tuple[int, ...]) -> None:
    image = plates[0]
    with pytest.raises(MaskSizeError, match=f"9 x 8.*{SIDE} x {SIDE}"):
        services.labelling.save_painting(image, draft(0, ("spot", np.ones((8, 9), bool))), "Ada")
    with pytest.raises(InvalidRequestError, match="one layer"):
        services.labelling.save_painting(image, draft(0, ("spot", mask(1, 1)), ("spot ", mask(2, 2))), "Ada")
    with pytest.raises(AuthorMissingError):
        services.labelling.save_painting(image, draft(0, ("spot", mask(1, 1))), "")
    with pytest.raises(UnknownImageError):
        services.labelling.save_painting(999, draft(0, ("spot", mask(1, 1))), "Ada")
    assert services.labelling.painting(image).revision == 0


def test_judging_counts_what_changed_and_can_be_withdrawn(
    services: Services, plates: tuple[int, ...]
) -> None:
    judge = services.labelling.judge
    assert judge(plates[:3], "good", "Ada") == 3
    assert judge(plates, "good", "Ada") == 1
    assert judge([plates[0]], None, "Bo") == 1
    assert services.browsing.card(plates[0]).verdict is None
    assert services.browsing.card(plates[1]).verdict == "good"


def test_judging_refuses_what_it_does_not_know_and_changes_nothing(
    services: Services, plates: tuple[int, ...]
) -> None:
    with pytest.raises(UnknownVerdictError):
        services.labelling.judge(plates, "fine", "Ada")
    with pytest.raises(InvalidRequestError, match="shown_because"):
        services.labelling.judge(plates, "good", "Ada", "whim")
    with pytest.raises(UnknownImageError):
        services.labelling.judge([*plates, 999], "good", "Ada")
    assert all(services.browsing.card(image).verdict is None for image in plates)


def image_with_draw(services: Services, low: float, high: float, part_name: str | None = None) -> int:
    """Import undecided images until one's draw lies between `low` and `high`."""
    for seed in range(1000):
        data = part(seed).png
        name = f"{part_name}-{seed}" if part_name else None
        if low <= draw("plate", name, hashlib.sha256(data).hexdigest()) < high:
            facts = ImageFacts(part=name)
            file = IncomingFile("x.png", data)
            return services.importing.import_files([file], "plate", "Ada", None, facts).image_ids[0]
    raise AssertionError("no seed gives such a draw")


@pytest.mark.parametrize(
    ("low", "high", "verdict", "kept"),
    [
        (0.0, 0.2, "good", True),
        (0.0, 0.2, "defect", True),
        (0.2, 0.3, "good", False),
        (0.2, 0.3, "defect", True),
        (0.3, 1.0, "defect", False),
    ],
)
def test_first_verdict_settles_the_side(
    services: Services, low: float, high: float, verdict: str, kept: bool
) -> None:
    image = image_with_draw(services, low, high)

    services.labelling.judge([image], verdict, "Ada")

    assert services.browsing.card(image).kept_for_testing is kept


def test_later_verdicts_never_move_an_image(services: Services) -> None:
    image = image_with_draw(services, 0.2, 0.3)
    services.labelling.judge([image], "good", "Ada")

    services.labelling.judge([image], "defect", "Ada")

    assert not services.browsing.card(image).kept_for_testing


def test_teach_instead_moves_the_image_for_good(services: Services) -> None:
    image = image_with_draw(services, 0.0, 0.2)

    assert not services.labelling.teach_instead(image, "Ada").kept_for_testing
    services.labelling.judge([image], "defect", "Ada")

    assert not services.browsing.card(image).kept_for_testing


def test_what_a_person_chose_to_teach_stays_out_of_the_test_images_when_judged(services: Services) -> None:
    image = image_with_draw(services, 0.2, 0.3)  # a defect with this draw would join the test images
    services.labelling.teach_instead(image, "Ada")

    services.labelling.judge([image], "defect", "Ada")

    assert not services.browsing.card(image).kept_for_testing


def test_a_part_moves_as_a_whole(services: Services) -> None:
    first = image_with_draw(services, 0.2, 0.3, "p")
    name = services.browsing.details(first).part
    second = services.importing.import_files(
        [IncomingFile("y.png", part(5000).png)], "plate", "Ada", None, ImageFacts(part=name)
    ).image_ids[0]

    services.labelling.judge([first], "defect", "Ada")

    assert services.browsing.card(first).kept_for_testing and services.browsing.card(second).kept_for_testing


def test_deleted_image_leaves_the_lists_and_comes_back_with_its_labels(
    services: Services, plates: tuple[int, ...]
) -> None:
    image = plates[0]
    services.labelling.judge([image], "unsure", "Ada")
    services.browsing.delete(image, "Ada")
    with pytest.raises(UnknownImageError):
        services.browsing.card(image)

    assert services.browsing.restore(image, "Ada").verdict == "unsure"


def test_hundreds_of_verdicts_are_taken_back_at_once_but_not_those_given_since(
    services: Services, plates: tuple[int, ...]
) -> None:
    labelling = services.labelling
    labelling.judge([plates[0]], "unsure", "Bo")
    entries = labelling.judge_many(plates, "defect", "Ada")
    labelling.judge([plates[1]], "good", "Bo")

    done = labelling.take_back(entries, "Ada")

    assert (done.verdicts, done.kept) == ({plates[0]: "unsure", plates[2]: None, plates[3]: None}, 1)
    assert [services.browsing.card(image).verdict for image in plates] == ["unsure", "good", None, None]
    with services._workspace.reading() as work:
        restored = work.verdicts.current([plates[0]])[plates[0]]
    assert restored.author == "Bo"  # it is that person's again
