"""What a painting would change is known before it is taught, and asking never waits for a job."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from app.services import Services, open_services
from app.services.views import ImageFilter, IncomingFile, PaintedLayer, PaintingDraft
from app.worker.preview import preview
from app.worker_specs import ImageTask
from core.feature_store import RunMemory
from core.teaching import Lesson, teach
from tests.core.toy import defect_features, fitted, good_features, good_images, lesson
from tests.services.parts import part
from tests.small import SMALL

MINUTES = 300
GOOD = [ImageTask(image.image_id, image.own_id, "bolt", str(image.image_id)) for image in good_images()]
OTHERS = [ImageTask(2000 + n, 2000 + n, "bolt", "") for n in range(4)]


def features_of(image: ImageTask) -> torch.Tensor:
    if image.image_id < 2000:
        return good_features(image.image_id)
    return defect_features(image.image_id, (5, 6) if image.image_id % 2 else (), 1.0 + image.image_id % 4)


def previewed(of: Lesson, images: list[ImageTask], seconds: float = 60.0) -> dict[int, float]:
    found = preview(fitted().detector, of, GOOD, images, features_of, RunMemory(), seconds)
    return {score.image_id: score.score for score in found}


def test_estimate_is_the_score_after_teaching_but_for_the_reject_limit() -> None:
    parent, painted = fitted().detector, lesson(1)
    taught = teach(parent, good_images(), [painted])
    taught = replace(taught, calibrations=parent.calibrations)  # which the estimate leaves as they are

    found = previewed(painted, OTHERS)

    for image in OTHERS:
        expected = taught.score(features_of(image), "bolt", own=image.own_id, image_id=image.image_id)
        assert found[image.image_id] == pytest.approx(expected.score, abs=1e-6)
    before = parent.score(features_of(OTHERS[3]), "bolt", own=OTHERS[3].own_id, image_id=OTHERS[3].image_id)
    assert found[OTHERS[3].image_id] > before.score + 0.1  # the same defect on another part


def test_time_that_is_up_leaves_images_out() -> None:
    assert previewed(lesson(1), OTHERS, seconds=-1.0) == {}


def test_painting_too_small_for_a_patch_changes_nothing() -> None:
    empty = lesson(1)
    nothing = replace(empty, layers=tuple((name, mask & False) for name, mask in empty.layers))
    assert previewed(nothing, OTHERS) == {}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A first model of discs, and three defective ones."""
    opened = open_services(tmp_path_factory.mktemp("w") / "w", device="cpu", config=SMALL.to_json())
    good = [IncomingFile(f"good-{seed}.png", part(seed).png) for seed in range(10)]
    bad = [IncomingFile(f"bad-{seed}.png", part(50 + seed, spot=6).png) for seed in range(3)]
    opened.importing.import_files(good, "disc", "Ada", "good")
    opened.importing.import_files(bad, "disc", "Ada")
    opened.jobs.wait(opened.teaching.start_fit("Ada"), MINUTES)
    while (job := opened.teaching.current()) is not None:
        opened.jobs.wait(job.id, MINUTES)
    yield opened
    opened.close()


def bad_ones(services: Services) -> list[int]:
    return sorted(card.id for card in services.browsing.find(ImageFilter(text="bad-")))


@pytest.mark.slow
def test_asking_changes_nothing_and_never_waits_for_a_job(services: Services) -> None:
    painted, *others = bad_ones(services)
    assert services.preview.of(painted).state == "nothing"  # not painted yet
    layer = PaintedLayer("spot", part(50, spot=6).mask)
    services.labelling.save_painting(painted, PaintingDraft(0, (layer,), None, True), "Ada")
    before = {other: services.browsing.card(other) for other in others}

    found = services.preview.of(painted)

    assert found.state == "done"
    assert found.looked_at == found.of == 12
    assert painted not in [change.image_id for change in found.changes]
    for change in found.changes:
        assert change.call_before == services.browsing.card(change.image_id).call != change.call_after
    assert {other: services.browsing.card(other) for other in others} == before
    assert len(services.versions.all()) == 1

    job = services.teaching.start_fit("Ada")
    while not services.worker.is_busy:
        pass
    assert services.preview.of(painted).state == "busy"
    assert services.jobs.wait(job, MINUTES).state == "done"
