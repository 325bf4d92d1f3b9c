"""Ranking metrics against toy numbers and scikit-learn; confidence figures against textbook values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from core.confidence import (
    OverkillNotShownError,
    Paired,
    paired_bootstrap,
    recall_at_overkill,
    smallest_overkill,
    wilson,
)
from core.metrics import (
    Curve,
    MetricInputError,
    OneClassError,
    auroc,
    average_precision,
    curve_auroc,
    curve_average_precision,
    curve_f1_max,
    curve_of,
    f1_max,
)

TOY_SCORES, TOY_LABELS = [0.9, 0.8, 0.3, 0.1], [True, False, True, False]


@st.composite
def ranked(draw: st.DrawFn, levels: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Scores with many ties and labels of both kinds."""
    size = draw(st.integers(2, 40))
    scores = draw(arrays(np.int64, size, elements=st.integers(0, levels)))
    labels = draw(arrays(np.bool_, size))
    labels[0], labels[1] = True, False
    return scores / 4, labels


def sklearn_f1_max(labels: np.ndarray, scores: np.ndarray) -> float:
    precision, recall, _ = precision_recall_curve(labels, scores)
    return float(np.max(2 * precision * recall / np.maximum(precision + recall, 1e-12)))


def test_auroc_counts_the_pairs_in_which_the_defect_scores_higher() -> None:
    assert auroc(TOY_SCORES, TOY_LABELS) == 0.75  # 0.9 beats both, 0.3 beats one of two


def test_auroc_counts_a_tie_half() -> None:
    assert auroc([1.0, 1.0], [True, False]) == 0.5


def test_average_precision_averages_over_defects() -> None:
    assert average_precision(TOY_SCORES, TOY_LABELS) == pytest.approx((1 / 1 + 2 / 3) / 2)


def test_f1_max_takes_the_best_threshold() -> None:
    assert f1_max(TOY_SCORES, TOY_LABELS) == pytest.approx(0.8)  # all above 0.3: 2 hits, 1 alarm, 0 misses


@settings(deadline=None)  # a busy machine is no failure
@given(ranked())
def test_ranking_metrics_agree_with_scikit_learn(case: tuple[np.ndarray, np.ndarray]) -> None:
    scores, labels = case
    assert auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert average_precision(scores, labels) == pytest.approx(
        average_precision_score(labels, scores), abs=1e-12
    )
    assert f1_max(scores, labels) == pytest.approx(sklearn_f1_max(labels, scores), abs=1e-12)


@settings(deadline=None)  # a busy machine is no failure
@given(ranked(levels=30), st.integers(1, 12))
def test_exact_figure_lies_within_the_stated_error_of_a_coarser_curve(
    case: tuple[np.ndarray, np.ndarray], together: int
) -> None:
    scores, labels = case
    exact = curve_of(scores, labels)
    starts = np.arange(0, exact.good.size, together)
    coarse = Curve(np.add.reduceat(exact.defective, starts), np.add.reduceat(exact.good, starts))
    for metric in (curve_auroc, curve_average_precision, curve_f1_max):
        assert abs(metric(coarse).value - metric(exact).value) <= metric(coarse).error + 1e-12


@settings(deadline=None)  # a busy machine is no failure
@given(ranked())
def test_ranking_metrics_ignore_a_monotone_change_of_scores(case: tuple[np.ndarray, np.ndarray]) -> None:
    scores, labels = case
    for metric in (auroc, average_precision, f1_max):
        assert metric(scores, labels) == metric(np.exp(scores) - 3, labels)


@pytest.mark.parametrize("labels", [[True, True], [False, False]])
def test_one_kind_alone_is_refused_with_both_numbers(labels: list[bool]) -> None:
    with pytest.raises(OneClassError, match=r"2 good, 0 defective|0 good, 2 defective"):
        auroc([1.0, 2.0], labels)


def test_scores_that_are_not_finite_are_refused() -> None:
    with pytest.raises(MetricInputError, match="1 of 2"):
        auroc([1.0, float("nan")], [True, False])


def test_lengths_that_differ_are_refused_with_both_numbers() -> None:
    with pytest.raises(MetricInputError, match="2 scores, but 3 labels"):
        auroc([1.0, 2.0], [True, False, True])


def test_wilson_interval_has_textbook_values() -> None:
    share = wilson(8, 10)  # Newcombe 1998's formula by hand
    assert (share.low, share.high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(1, 500), st.data())
def test_wilson_interval_holds_the_share_and_mirrors(total: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, total))
    share, mirrored = wilson(count, total), wilson(total - count, total)
    assert 0 <= share.low <= share.value <= share.high <= 1
    assert share.low == pytest.approx(1 - mirrored.high)


def test_wilson_refuses_more_than_all() -> None:
    with pytest.raises(MetricInputError, match="4 of 3"):
        wilson(4, 3)


def test_smallest_overkill_follows_the_rule_of_three() -> None:
    assert smallest_overkill(60) == 0.05
    assert smallest_overkill(2) == 1.0


def test_recall_is_taken_above_every_good_score_when_no_overkill_is_named() -> None:
    good, defective = np.linspace(0, 1, 30), np.array([0.5, 1.0, 1.1, 2.0])
    result = recall_at_overkill(good, defective)
    assert (result.threshold, result.overkill) == (1.0, 0.1)
    assert (result.rejected_good.count, result.caught.count) == (0, 2)


def test_recall_at_a_named_overkill_rejects_no_more_good_parts_than_that() -> None:
    good, defective = np.arange(100.0), np.array([94.5, 95.5, 200.0])
    result = recall_at_overkill(good, defective, 0.05)
    assert (result.rejected_good.count, result.caught.count) == (5, 3)


def test_an_overkill_that_the_good_images_cannot_show_is_refused() -> None:
    with pytest.raises(OverkillNotShownError, match=r"10 good images .* 0\.3 .* 0\.05"):
        recall_at_overkill(np.arange(10.0), np.arange(3.0), 0.05)


@settings(deadline=None)  # a busy machine is no failure
@given(arrays(np.float64, st.integers(3, 60), elements=st.integers(0, 9)), st.floats(0, 1))
def test_overkill_is_never_exceeded(good: np.ndarray, overkill: float) -> None:
    asked = max(overkill, smallest_overkill(good.size))
    assert recall_at_overkill(good, np.ones(1), asked).rejected_good.value <= asked + 1e-9


def paired_case(gain: float) -> Paired:
    rng = np.random.default_rng(1)
    labels = np.arange(60) < 30
    before = rng.normal(0, 1, 60) + labels
    return Paired(labels, before, before + gain * labels)


def test_bootstrap_of_equal_scores_is_exactly_zero() -> None:
    difference = paired_bootstrap([[paired_case(0.0)]], auroc, resamples=50)
    assert (difference.value, difference.low, difference.high) == (0.0, 0.0, 0.0)


def test_bootstrap_of_a_real_gain_stays_above_zero() -> None:
    difference = paired_bootstrap([[paired_case(1.5)]], auroc, resamples=200)
    assert 0 < difference.low <= difference.value <= difference.high


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000))
def test_bootstrap_repeats_with_its_seed(seed: int) -> None:
    runs = [[paired_case(0.3)], [paired_case(0.2)]]
    assert paired_bootstrap(runs, auroc, resamples=20, seed=seed) == paired_bootstrap(
        runs, auroc, resamples=20, seed=seed
    )
