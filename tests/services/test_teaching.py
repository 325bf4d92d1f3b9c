"""The whole loop with the real detector and the real training process, on tiny parts."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services import Services, open_services
from app.services.errors import (
    NoModelError,
    NotEnoughGoodImagesError,
    NothingToRollBackError,
    NothingToTeachError,
    VersionLacksProductError,
)
from app.services.views import ImageFilter, IncomingFile, JobView, PaintedLayer, PaintingDraft
from tests.services.parts import SIDE, part
from tests.small import open_small

pytestmark = pytest.mark.slow

PRODUCTS = {"plate": False, "disc": True}  # product -> striped
MINUTES = 300  # seconds a job may take on a busy machine


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Two products of twelve good and two defective images each, with a first model in use."""
    opened = open_small(tmp_path_factory.mktemp("teaching") / "workspace")
    for product, striped in PRODUCTS.items():
        good = [IncomingFile(f"good-{s}.png", part(s, stripes=striped).png) for s in range(12)]
        opened.importing.import_files(good, product, "Ada", "good")
        bad = [IncomingFile(f"bad-{s}.png", part(100 + s, spot=6, stripes=striped).png) for s in range(2)]
        for image in opened.importing.import_files(bad, product, "Ada").image_ids:
            opened.labelling.teach_instead(image, "Ada")
    job = opened.jobs.wait(opened.teaching.start_fit("Ada"), MINUTES)
    assert job.state == "done", opened.teaching.log(job.id)
    yield opened
    opened.close()


def images(services: Services, product: str, text: str) -> list[int]:
    return [card.id for card in services.browsing.find(ImageFilter(product=product, text=text))]


def paint(services: Services, image: int, seed: int) -> None:
    base = services.labelling.painting(image).revision
    layer = PaintedLayer("spot", part(seed, spot=6).mask)
    services.labelling.save_painting(image, PaintingDraft(base, (layer,), None, True), "Ada")


def teach(services: Services) -> JobView:
    job = services.jobs.wait(services.teaching.start_teach("Ada"), MINUTES)
    assert job.state == "done", services.teaching.log(job.id)
    return job


def calls(services: Services, product: str) -> dict[int, tuple[float | None, str | None, bytes]]:
    cards = services.browsing.find(ImageFilter(product=product))
    return {card.id: (card.score, card.call, services.review.heatmap_png(card.id)) for card in cards}


def test_first_model_is_in_use_and_judges_every_image(services: Services) -> None:
    first = services.versions.all()[-1]

    assert set(first.products) == set(PRODUCTS) and first.kind == "fit" and first.parent_id is None
    cards = services.browsing.find(ImageFilter())
    assert len(cards) == 28 and all(card.score is not None and card.call for card in cards)
    assert services.teaching.result(1).sentence.startswith("built from 23 good images of 2 products")


def test_defects_score_above_good_parts_and_their_heatmaps_peak_on_them(services: Services) -> None:
    ranked = [entry.card for entry in services.review.ranked("plate")]
    assert {card.name for card in ranked[:2]} == {"bad-0.png", "bad-1.png"}
    (bad,) = images(services, "plate", "bad-0")

    evidence = services.review.evidence(bad)

    left, top, right, bottom = evidence.box
    assert part(100, spot=6).mask[top:bottom, left:right].any()
    assert evidence.nearest_good is not None and evidence.nearest_good.product == "plate"
    assert "good patch" in evidence.sentence
    assert services.review.limit_contour(bad)


def test_histogram_counts_every_scored_image_once(services: Services) -> None:
    histogram = services.review.histogram("plate")

    counted = sum(histogram.good) + sum(histogram.defect) + sum(histogram.unjudged)
    assert counted == len(services.browsing.find(ImageFilter(product="plate")))
    assert len(histogram.bin_edges) == len(histogram.good) + 1
    assert histogram.limit == 1.0


def test_lesson_waits_until_it_is_put_into_use_for_one_product_and_rolls_back(services: Services) -> None:
    (bad,) = images(services, "plate", "bad-0")
    before, other_before = calls(services, "plate"), calls(services, "disc")
    paint(services, bad, 100)
    assert services.teaching.waiting().to_teach == (bad,)

    result = services.teaching.result(teach(services).id)

    assert result.learnt_patches > 0 and result.sentence
    assert calls(services, "plate") == before  # nothing changes before somebody decides
    assert services.versions.all()[0].is_waiting
    assert services.versions.all()[0].lesson_images == (bad,)
    assert services.teaching.waiting().to_teach == ()

    services.versions.put_into_use(result.version_id, ["plate"], "Ada")

    card = services.browsing.card(bad)
    assert card.call == "reject"
    assert calls(services, "disc") == other_before  # bit-identical
    assert services.versions.compare(result.version_id, 1).changes == tuple(
        change for change in result.changes if change.product in PRODUCTS
    )

    assert services.versions.roll_back("plate", "Ada") == 1
    assert calls(services, "plate") == before
    with pytest.raises(NothingToRollBackError):
        services.versions.roll_back("plate", "Ada")


def test_a_lesson_stands_before_all_images_are_judged_and_the_rest_gives_way(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bad,) = images(services, "plate", "bad-0")
    left: list[int] = []
    monkeypatch.setattr("app.services.teaching.JUDGED_WITH_THE_LESSON", 6)
    monkeypatch.setattr("app.services.scoring.IMAGES_AT_ONCE", 5)
    monkeypatch.setattr(services.teaching, "_judge_after", lambda _author, images: left.append(images))
    paint(services, bad, 100)

    job = teach(services).id
    first = services.teaching.result(job)

    assert left == [22] and (first.judged, first.of, first.is_complete) == (6, 28, False)
    with services._workspace.reading() as work:
        kept = {label.id for label in work.listing.labels() if label.held_out and label.verdict}
        assert kept and {bad, *kept} <= work.scores.summaries(first.version_id).keys()
    a_person_waits = iter([True])
    monkeypatch.setattr(services.jobs, "is_wanted", lambda: next(a_person_waits, False))
    begun = services.scoring.score_missing("Ada")
    assert begun is not None
    assert services.jobs.wait(begun, MINUTES).result == {"scored": 5}
    while (rest := services.jobs.current()) is not None:
        services.jobs.wait(rest.id, MINUTES)

    result = services.teaching.result(job)
    assert (result.judged, result.is_complete) == (28, True) and "so far" not in result.sentence
    assert result.changes == services.versions.compare(first.version_id, 1).changes


def test_emptied_painting_is_forgotten_by_the_next_lesson(services: Services) -> None:
    (bad,) = images(services, "plate", "bad-0")
    services.labelling.judge([bad], "good", "Ada")
    assert services.teaching.waiting().to_forget == (bad,)

    result = services.teaching.result(teach(services).id)
    services.labelling.judge([bad], None, "Ada")

    # The lesson starts from the first version, which is in use again and never learnt the painting. Judged good, but
    # painted, the image is not learnt as good either.
    assert result.sentence.startswith("nothing was new to version 1")
    version = next(version for version in services.versions.all() if version.id == result.version_id)
    assert version.lesson_images == ()


def test_new_image_is_judged_by_the_version_in_use(services: Services) -> None:
    file = IncomingFile("late.png", part(900, spot=6).png)
    (late,) = services.importing.import_files([file], "disc", "Ada").image_ids
    while (job := services.teaching.current()) is not None:
        services.jobs.wait(job.id, MINUTES)

    assert services.browsing.card(late).score is not None


def test_files_are_scored_without_being_stored(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(part(901, spot=6, stripes=True).png)
    (tmp_path / "y.png").write_bytes(b"no image")
    files = [IncomingFile("x.png", path=path), IncomingFile("y.png", path=tmp_path / "y.png")]

    scored, refused = services.scoring.score_files(files, None, lambda *_: None, with_heatmaps=True)

    assert scored.product == "disc" and scored.score is not None and scored.heatmap_png is not None
    assert refused.error is not None and refused.score is None
    assert images(services, "disc", "x.png") == []


def test_killed_training_process_fails_the_job_and_leaves_the_version_in_use(services: Services) -> None:
    (bad,) = images(services, "disc", "bad-1")
    paint(services, bad, 101)
    before, versions = calls(services, "disc"), len(services.versions.all())
    job_id = services.teaching.start_teach("Ada")
    while services.teaching.job(job_id).stage in ("", "Starting"):
        time.sleep(0.02)
    assert services.worker.pid is not None
    os.kill(services.worker.pid, signal.SIGKILL)

    job = services.jobs.wait(job_id, MINUTES)

    assert job.state == "failed" and job.error is not None and "SIGKILL" in job.error
    assert calls(services, "disc") == before and len(services.versions.all()) == versions
    assert services.teaching.result(teach(services).id).learnt_patches > 0  # a new process takes over


def test_cancelled_lesson_leaves_no_version(services: Services) -> None:
    (bad,) = images(services, "plate", "bad-1")
    paint(services, bad, 101)
    versions = len(services.versions.all())
    job_id = services.teaching.start_teach("Ada")
    while services.teaching.job(job_id).stage in ("", "Starting"):
        time.sleep(0.02)

    services.teaching.cancel(job_id)

    assert services.jobs.wait(job_id, MINUTES).state == "cancelled"
    assert len(services.versions.all()) == versions
    assert list((services.path / "models" / "staging").glob("[0-9]*")) == []


def test_version_can_not_serve_a_product_it_was_built_without(services: Services) -> None:
    services.importing.import_files([IncomingFile("a.png", part(7).png)], "lid", "Ada", "good")
    with pytest.raises(VersionLacksProductError, match="lid"):
        services.versions.put_into_use(1, ["lid"], "Ada")


def test_training_needs_a_reason(tmp_path: Path) -> None:
    fresh = open_small(tmp_path / "workspace")
    try:
        with pytest.raises(NoModelError):
            fresh.teaching.start_teach("Ada")
        with pytest.raises(NotEnoughGoodImagesError):
            fresh.teaching.start_fit("Ada")
    finally:
        fresh.close()


def test_nothing_new_is_nothing_to_teach(services: Services) -> None:
    waiting = services.teaching.waiting()
    if waiting.to_teach or waiting.to_forget or waiting.new_good:
        teach(services)
    with pytest.raises(NothingToTeachError):
        services.teaching.start_teach("Ada")


def test_side_of_a_spot_is_within_the_part() -> None:
    assert part(100, spot=6).mask.shape == (SIDE, SIDE) and 90 < part(100, spot=6).mask.sum() < 130


def test_device_that_is_not_there_fails_the_job_with_a_sentence(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has the GPU that the test takes for missing")
    opened = open_services(tmp_path / "workspace", device="cuda")
    try:
        files = [IncomingFile(f"{seed}.png", part(seed).png) for seed in range(9)]
        opened.importing.import_files(files, "plate", "Ada", "good")
        job = opened.jobs.wait(opened.teaching.start_fit("Ada"), MINUTES)
    finally:
        opened.close()
    assert job.state == "failed" and job.error is not None and "GPU can't be used" in job.error
