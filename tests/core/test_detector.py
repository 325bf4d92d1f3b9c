"""The detector as a whole, on a toy world: own images never matched, lessons learnt and taken back, saved and loaded."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.banks import NOBODY, BankNeighbours, Met, Segment
from core.bundle import BundleError, load_detector, save_detector
from core.config import ConfigError, DmadConfig
from core.detector import LIMIT, DualMemoryDetector, UnknownProductError
from core.feature_store import RunMemory
from core.neighbours import Neighbours
from core.progress import Cancelled, Progress
from core.teaching import NothingToLearnError, fit, forget, teach
from tests.core.toy import GRID, TOY, defect_features, fitted, good_features, good_images, lesson, outliers


@pytest.fixture(scope="module")
def bolt() -> DualMemoryDetector:
    return fitted(always_train=True).detector


@pytest.fixture(scope="module")
def taught(bolt: DualMemoryDetector) -> DualMemoryDetector:
    return teach(bolt, good_images(), [lesson(1), lesson(2), lesson(3)])


def same_scores(one: DualMemoryDetector, other: DualMemoryDetector) -> float:
    """Largest difference of any patch score on defects and good images."""
    differences = []
    for seed in range(50, 60):
        for features in (good_features(seed), defect_features(seed, (5,))):
            a, b = one.score(features, "bolt", with_head=True), other.score(features, "bolt", with_head=True)
            assert a.head is not None and b.head is not None
            differences += [abs(a.combined - b.combined).max(), abs(a.head - b.head).max()]
    return float(max(differences))


def test_with_nothing_painted_the_heatmap_is_the_distance_where_nothing_is_rejected(
    bolt: DualMemoryDetector,
) -> None:
    result = bolt.score(defect_features(70, (5,)), "bolt")
    passed = result.combined <= LIMIT
    assert result.head_weight == 0
    assert passed.sum() >= 12
    assert (result.combined[passed] == result.distance[passed]).all()
    assert (result.combined >= result.distance).all()


@pytest.mark.parametrize(("scaling", "keeps"), [("overall", True), ("none", True), ("channel", False)])
def test_scaling_keeps_the_ratios_of_distances_unless_each_channel_has_its_own(
    scaling: str, keeps: bool
) -> None:
    detector = fitted(config=replace(TOY, scaling=scaling)).detector
    features = defect_features(70, (5,)) * torch.linspace(0.5, 2, detector.mean.shape[0])
    ratios = torch.pdist(detector.standardise(features)) / torch.pdist(features)
    assert bool((ratios.std() < 1e-4 * ratios.mean()).all()) == keeps


@pytest.mark.parametrize(("standardise", "scaling"), [(True, "channel"), (False, "none")])
def test_settings_from_before_scaling_had_three_kinds_are_read(standardise: bool, scaling: str) -> None:
    stored = json.loads(DmadConfig().to_json())
    del stored["scaling"]
    read = DmadConfig.from_json(json.dumps(stored | {"standardise": standardise}))
    assert read == replace(DmadConfig(), scaling=scaling)


def test_without_the_usual_distance_the_score_is_the_distance_exactly() -> None:
    plain = fitted(config=replace(TOY, usual_share=0.0)).detector
    result = plain.score(defect_features(70, (5,)), "bolt")
    assert (result.combined == result.distance).all()
    assert result.score == result.distance_score


def test_a_distance_that_is_usual_for_its_row_counts_less(bolt: DualMemoryDetector) -> None:
    far_row = int(bolt.usual.argmax())
    loud, quiet = (
        BankNeighbours(torch.tensor([1.0]), torch.tensor([row]))
        for row in (far_row, int(bolt.usual.argmin()))
    )
    assert float(bolt.surprise(loud)) < float(bolt.surprise(quiet))


def test_one_painted_defect_raises_the_score_of_its_like_and_of_nothing_else(
    bolt: DualMemoryDetector,
) -> None:
    once = teach(bolt, good_images(), [lesson(1, (5, 6))])
    same, other = defect_features(60, (9,)), defect_features(61, (9,), shift=-4.0)
    assert once.score(same, "bolt").score > bolt.score(same, "bolt").score + 0.5
    assert once.score(other, "bolt").score == pytest.approx(bolt.score(other, "bolt").score)


def test_a_painted_image_does_not_resemble_itself(bolt: DualMemoryDetector) -> None:
    mine = lesson(1)
    once = teach(bolt, good_images(), [mine])
    own = once.score(mine.features(), "bolt", own=mine.own_id, image_id=mine.image_id)
    assert own.score == pytest.approx(bolt.score(mine.features(), "bolt").score)


def test_a_shifted_patch_is_the_peak_and_good_images_pass(bolt: DualMemoryDetector) -> None:
    defect = bolt.score(defect_features(70, (9,)), "bolt")
    assert defect.is_reject
    assert defect.combined.argmax() == 9
    passed = [not bolt.score(good_features(seed), "bolt").is_reject for seed in range(80, 100)]
    assert sum(passed) >= 15  # the limit is drawn from 12 good images: about 1 in 20 lies above


def test_a_training_image_never_matches_its_own_rows(bolt: DualMemoryDetector) -> None:
    image = good_images()[0]
    q = bolt.standardise(image.features())
    with_own = bolt.normal.nearest(q).distances
    without = bolt.normal.nearest(q, own=image.own_id)
    rows = bolt.normal.owners[without.rows]
    assert bool((rows != image.own_id).all())
    assert float(with_own.min()) == 0 and float(without.distances.min()) > 0


def test_all_shots_of_a_part_count_as_one_image() -> None:
    shots = [replace(image, own_id=1) if image.image_id in (1, 2) else image for image in good_images()]
    detector = fitted(shots).detector
    found = detector.normal.nearest(detector.standardise(shots[1].features()), own=1)
    images = detector.normal.segments[0].provenance.images[found.rows]
    assert not set(images.tolist()) & {1, 2}


def test_painted_rows_and_centre_samples_never_match_their_own_image(taught: DualMemoryDetector) -> None:
    mine = lesson(1)
    found = taught.abnormal.nearest(taught.standardise(mine.features()), own=mine.own_id)
    assert not bool((taught.abnormal.owners[found.rows] == mine.own_id).any())
    own = {int(owner) for part in taught.abnormal.lessons for owner in part.centres.provenance.owners}
    assert own == {1001, 1002, 1003}


def test_what_was_painted_once_is_caught_from_then_on(bolt: DualMemoryDetector) -> None:
    faint = replace(lesson(9), features=lambda: defect_features(5009, (5, 6), shift=0.05))
    learnt = teach(bolt, good_images(), [faint])

    shown = learnt.score(faint.features(), "bolt", own=1009, image_id=1009, allow_taught=True)
    measured = learnt.score(faint.features(), "bolt", own=1009, image_id=1009)

    assert shown.is_reject and shown.taught
    assert not measured.taught


def test_teaching_raises_the_score_of_another_image_with_the_same_defect(
    bolt: DualMemoryDetector, taught: DualMemoryDetector
) -> None:
    for seed in range(60, 65):
        other = defect_features(seed, (5, 6))
        after = taught.score(other, "bolt", with_head=True).head_score
        before = bolt.score(other, "bolt", with_head=True).head_score
        assert after is not None and before is not None and after > before


def test_one_lesson_gives_the_head_no_say(bolt: DualMemoryDetector) -> None:
    assert teach(bolt, good_images(), [lesson(1)]).calibration("bolt").head_weight == 0


def test_teach_two_and_forget_one_equals_teaching_the_other(bolt: DualMemoryDetector) -> None:
    good = good_images()
    only_b = teach(bolt, good, [lesson(2)])
    after_a = teach(bolt, good, [lesson(1)])
    both = teach(after_a, good, [lesson(1), lesson(2)])

    forgotten = forget(both, good, [lesson(1), lesson(2)], {1})

    assert torch.equal(forgotten.abnormal.features, only_b.abnormal.features)
    assert torch.equal(forgotten.normal.features, only_b.normal.features)
    assert same_scores(forgotten, only_b) <= 1e-6


def test_the_order_of_lessons_does_not_matter(bolt: DualMemoryDetector) -> None:
    good = good_images()
    assert (
        same_scores(teach(bolt, good, [lesson(1), lesson(2)]), teach(bolt, good, [lesson(2), lesson(1)]))
        <= 1e-6
    )


def test_the_same_seed_gives_the_same_scores(bolt: DualMemoryDetector) -> None:
    assert same_scores(bolt, fitted(always_train=True).detector) == 0


def test_new_good_images_extend_the_rows_and_leave_old_ones_in_place(bolt: DualMemoryDetector) -> None:
    more = good_images(15)
    learnt = teach(bolt, more, [])
    before, after = bolt.normal.segments[0], learnt.normal.segments[0]
    assert torch.equal(after.features[: len(before)], before.features)
    assert after.provenance.ids.tolist()[: len(before)] == before.provenance.ids.tolist()
    assert set(after.provenance.images[len(before) :].tolist()) <= {13, 14, 15}
    assert len(after) > len(before)


def test_an_image_that_is_no_longer_good_leaves_no_row_and_renumbers_nothing(
    bolt: DualMemoryDetector,
) -> None:
    fewer = [image for image in good_images() if image.image_id != 3]
    segment = teach(bolt, fewer, []).normal.segments[0]
    before = bolt.normal.segments[0].provenance
    assert 3 not in segment.provenance.images
    assert segment.provenance.ids.tolist() == before.ids[before.images != 3].tolist()


def test_a_product_comes_in_without_touching_the_rows_of_another(bolt: DualMemoryDetector) -> None:
    both = good_images() + good_images(10, "nut", 1, first_id=200)
    learnt = teach(bolt, both, [])
    assert learnt.products == ("bolt", "nut")
    assert learnt.normal.segments[0] is bolt.normal.segments[0]
    assert learnt.guess_product(good_features(300, 1)) == "nut"
    assert learnt.guess_product(good_features(300, 0)) == "bolt"


def test_every_score_shows_what_it_was_compared_with(taught: DualMemoryDetector) -> None:
    result = taught.score(defect_features(70, (5, 6)), "bolt")
    assert result.evidence.cell in (5, 6)
    assert 1 <= result.evidence.good.image_id <= 12
    assert result.evidence.painted is not None
    assert result.evidence.painted.defect_type == "dent"
    assert result.evidence.painted.image_id in (1001, 1002, 1003)


def test_saved_and_loaded_gives_identical_scores(taught: DualMemoryDetector, tmp_path: Path) -> None:
    manifest = save_detector(taught, tmp_path)
    loaded = load_detector(manifest, tmp_path / "segments")
    assert same_scores(taught, loaded) == 0
    assert loaded.calibrations == taught.calibrations


def test_two_versions_share_the_segments_that_did_not_change(
    bolt: DualMemoryDetector, taught: DualMemoryDetector, tmp_path: Path
) -> None:
    save_detector(bolt, tmp_path)
    before = {path.name for path in (tmp_path / "segments").iterdir()}
    save_detector(taught, tmp_path)
    added = {path.name for path in (tmp_path / "segments").iterdir()} - before
    # three lessons of three files each (two equal-sized radii may coincide) and two new heads
    assert len(added) <= 3 * 3 + TOY.folds


def test_a_damaged_segment_is_named(bolt: DualMemoryDetector, tmp_path: Path) -> None:
    manifest = save_detector(bolt, tmp_path)
    victim = next((tmp_path / "segments").iterdir())
    victim.write_bytes(victim.read_bytes()[:-1] + b"\x00")
    with pytest.raises(BundleError, match=victim.name):
        load_detector(manifest, tmp_path / "segments")


def test_what_a_search_found_is_never_searched_again(bolt: DualMemoryDetector) -> None:
    class Memory(RunMemory):
        hits = hits_met = 0

        def get(self, image_id: int, segment: Segment) -> Neighbours | None:
            found = super().get(image_id, segment)
            self.hits += found is not None
            return found

        def get_met(self, image_id: int, painted: Segment) -> Met | None:
            found = super().get_met(image_id, painted)
            self.hits_met += found is not None
            return found

    memory = Memory()
    plain = teach(bolt, good_images(), [lesson(1), lesson(2)])
    teach(bolt, good_images(), [lesson(1)], memory=memory)
    remembered = teach(bolt, good_images(), [lesson(1), lesson(2)], memory=memory)
    assert memory.hits > 0
    assert memory.hits_met == len(good_images())  # of the first lesson; the second was new
    assert same_scores(plain, remembered) == 0


def test_a_memory_without_room_keeps_what_was_put_last_and_changes_no_score(bolt: DualMemoryDetector) -> None:
    segment = bolt.normal.segments[0]
    found = [Neighbours(torch.full((8,), float(n)), torch.arange(8)) for n in range(3)]  # 96 bytes each
    small = RunMemory(budget=200)
    for number, one in enumerate(found):
        small.put(number, segment, one)
    assert [small.get(number, segment) for number in range(3)] == [None, found[1], found[2]]

    plain = teach(bolt, good_images(), [lesson(1), lesson(2)])
    forgetful = teach(bolt, good_images(), [lesson(1), lesson(2)], memory=small)
    assert same_scores(plain, forgetful) == 0


def test_cancelling_stops_training_and_leaves_the_parent_as_it_was(bolt: DualMemoryDetector) -> None:
    before = bolt.score(good_features(70), "bolt").score

    def stop(progress: Progress) -> None:
        if progress.stage.startswith("Training"):
            raise Cancelled

    with pytest.raises(Cancelled):
        teach(bolt, good_images(), [lesson(1), lesson(2)], report=stop)
    assert bolt.score(good_features(70), "bolt").score == before


def test_one_good_part_is_too_little_and_the_message_says_so() -> None:
    with pytest.raises(NothingToLearnError, match="bolt has 1 good part"):
        fit(good_images(1), outliers, TOY, fingerprint="toy", grid=GRID)


def test_an_unknown_product_lists_the_known_ones(bolt: DualMemoryDetector) -> None:
    with pytest.raises(UnknownProductError, match=r"'nut'.*bolt"):
        bolt.score(good_features(1), "nut")


def test_outlier_rows_belong_to_nobody(bolt: DualMemoryDetector) -> None:
    assert set(bolt.abnormal.outliers.provenance.owners.tolist()) == {NOBODY}


@pytest.mark.parametrize("attention", ["unsupervised", "always"])
def test_the_papers_attention_and_whole_image_batches_train_and_score(attention: str) -> None:
    config = replace(
        TOY, attention=attention, balanced=False, epochs=2, batch_images=4, combine="head", folds=1
    )
    detector = fitted(config=config, lessons=(lesson(1), lesson(2))).detector
    score = detector.score(defect_features(70, (5,)), "bolt")
    assert score.head_weight == float("inf")
    assert score.head is not None and np.isfinite(score.head).all()


def test_paper_settings_are_valid_and_round_trip() -> None:
    paper = DmadConfig.paper()
    assert DmadConfig.from_json(paper.to_json()) == paper
    assert (paper.backbone, paper.aggregation, paper.hinge_seen) == ("wide_resnet50_2", "patchcore", 15.0)


def test_a_setting_out_of_range_names_its_value() -> None:
    with pytest.raises(ConfigError, match="coverage_threshold=2"):
        DmadConfig(coverage_threshold=2)
    with pytest.raises(ConfigError, match="whole images"):
        DmadConfig(attention="always")
