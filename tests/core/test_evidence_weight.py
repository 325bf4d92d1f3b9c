"""What painted parts earn, how limits are found, and what is usual at a row."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from core.banks import BankNeighbours, NormalBank, Provenance, Segment
from core.evidence_weight import (
    ASKED_IMAGES,
    _asked,
    _scales,
    _Signals,
    _uncalibrated,
    _with_weight,
    earned_weight,
)
from core.known_defects import resemblance
from core.teaching import GoodImage, teach
from core.usual_distance import PRIOR_PATCHES, usual_distances
from tests.core.toy import TOY, defect_features, fitted, good_features, good_images, lesson


@pytest.mark.parametrize(("parts", "weight"), [(0, 0), (1, 0), (2, 0.25), (3, 0.5), (5, 1), (50, 1)])
def test_the_weight_grows_with_the_painted_parts(parts: int, weight: float) -> None:
    assert earned_weight(parts) == weight


def signals(number: int, distance: float, head: float) -> _Signals:
    """An image of 16 patches, the last of them as given."""
    flat = 0.01 * torch.rand(16, generator=torch.Generator().manual_seed(number))
    far = torch.cat([flat[1:], torch.tensor([distance])])
    said = torch.cat([flat[1:], torch.tensor([head])]).expand(2, -1)
    return _Signals(far, far, torch.zeros(16), said, fold=number % 2, own_id=number)


@pytest.mark.parametrize(("head", "weight"), [(3.0, 1.0), (-3.0, 0.0)])
def test_a_head_that_ranks_kept_out_painted_parts_worse_loses_its_say(head: float, weight: float) -> None:
    config = replace(TOY, top_patches=1)
    good = [signals(i, 0.5 + 0.01 * i, 0.5 + 0.01 * (i * 7 % 40)) for i in range(40)]
    painted = [signals(100 + i, 0.7 + 0.02 * i, head) for i in range(5)]
    scales = _scales({"bolt": good}, {"bolt"}, config)["bolt"]
    chosen = _with_weight(_uncalibrated("bolt", 40, scales, config), good, painted, config)
    assert chosen.head_weight == weight


def test_no_more_good_images_are_rejected_than_asked_for_and_defects_are() -> None:
    good = good_images(60)
    taught = teach(
        fitted(good, config=replace(TOY, overkill=0.1)).detector, good, [lesson(n) for n in range(1, 6)]
    )
    assert taught.calibration("bolt").head_weight == 1
    rejected = sum(taught.score(good_features(9000 + i), "bolt").is_reject for i in range(100))
    assert rejected <= 20  # asked: 10 of 100
    assert all(taught.score(defect_features(8000 + i, (5, 6)), "bolt").is_reject for i in range(20))


def test_heads_are_asked_about_a_bounded_number_of_images() -> None:
    many = [GoodImage(i, i, "bolt", lambda: good_features(0)) for i in range(1, 1001)]
    asked = _asked(many)
    assert len(asked) == ASKED_IMAGES
    assert asked - {1, 2} <= _asked(many[2:])  # two images gone: the others stay


def _bank(*rows: float) -> NormalBank:
    features = torch.tensor([[row, 0.0] for row in rows])
    return NormalBank([Segment("normal/bolt", features, Provenance.made_up(len(rows)), "bolt")])


def test_usual_distance_is_the_mean_of_the_nearest_good_patches() -> None:
    distances = torch.tensor([1.0] * 1000 + [3.0] * 1000)
    rows = torch.tensor([0] * 1000 + [1] * 1000)
    usual = usual_distances(_bank(0.0, 1.0), [BankNeighbours(distances, rows)])
    assert usual.tolist() == pytest.approx([1.0, 3.0], abs=0.02)


def test_a_row_that_nothing_is_nearest_to_has_its_products_mean() -> None:
    found = BankNeighbours(torch.tensor([2.0, 4.0, 9.0]), torch.tensor([0, 0, -1]))
    usual = usual_distances(_bank(0.0, 1.0), [found])
    assert usual[1] == pytest.approx(3.0)
    assert usual[0] == pytest.approx((6 + PRIOR_PATCHES * 3) / (2 + PRIOR_PATCHES))


def test_resemblance_needs_a_patch_to_be_nearer_to_painted_ones() -> None:
    to_good, to_painted = torch.tensor([1.0, 1.0, 1.0, 1.0]), torch.tensor([0.0, 1.0, 1.5, torch.inf])
    assert resemblance(to_good, to_painted, 0.8).tolist() == pytest.approx([1.0, 0.2, 0.0, 0.0])


def test_the_image_score_is_at_the_limit_what_the_limit_says() -> None:
    """With nothing painted, the second highest of 40 good training images lies at 1: 5 % may lie above."""
    good = good_images(40)
    detector = fitted(good).detector
    scores = [detector.score(i.features(), "bolt", own=i.own_id, image_id=i.image_id).score for i in good]
    assert sorted(scores)[-2] == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(("borrowed", "weight"), [(0.0, 0.0), (0.25, 0.25)])
def test_other_products_painted_defects_count_only_where_it_is_asked_for(
    borrowed: float, weight: float
) -> None:
    good = [*good_images(), *good_images(product="nut", number=1, first_id=101)]
    config = replace(TOY, borrowed_weight=borrowed)
    nothing_painted = fitted(good, config=config).detector
    taught = teach(nothing_painted, good, [lesson(n) for n in range(1, 4)])
    nut = defect_features(8000, (5, 6), product=1)
    assert nothing_painted.calibration("nut").head_weight == 0
    assert taught.calibration("nut").head_weight == weight
    changed = taught.score(nut, "nut").score != nothing_painted.score(nut, "nut").score
    assert changed == bool(borrowed)
