"""Pixel metrics against scikit-learn and a brute-force PRO; bins against exact figures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from core.metrics import Figure, MetricInputError, OneClassError
from core.pixel_metrics import PixelFigures, PixelMetrics, resize_mask

Pairs = list[tuple[np.ndarray, np.ndarray]]
EIGHT = np.ones((3, 3))


def measured(pairs: Pairs, **settings: int) -> PixelFigures:
    metrics = PixelMetrics(**settings)
    for score_map, mask in pairs:
        metrics.add(score_map, mask)
    return metrics.result()


def brute_force_curve(pairs: Pairs) -> tuple[list[float], list[float]]:
    """False-positive rates and mean region overlaps: one threshold at a time, one region at a time."""
    rates, overlaps = [0.0], [0.0]
    for threshold in sorted({float(v) for scores, _ in pairs for v in scores.ravel()}, reverse=True):
        alarms = sum(int(((scores >= threshold) & ~mask).sum()) for scores, mask in pairs)
        goods = sum(int((~mask).sum()) for _, mask in pairs)
        per_region = []
        for scores, mask in pairs:
            regions, count = ndimage.label(mask, structure=EIGHT)
            per_region += [(scores >= threshold)[regions == region].mean() for region in range(1, count + 1)]
        rates.append(alarms / goods)
        overlaps.append(float(np.mean(per_region)))
    return rates, overlaps


def brute_force_pro(pairs: Pairs, limit: float = 0.3) -> float:
    """As the definition reads."""
    rates, overlaps = brute_force_curve(pairs)
    area = 0.0
    for x0, x1, y0, y1 in zip(rates, rates[1:], overlaps, overlaps[1:], strict=False):
        if x0 >= limit:
            break
        if x1 > limit:
            x1, y1 = limit, y0 + (y1 - y0) * (limit - x0) / (x1 - x0)
        area += (x1 - x0) * (y0 + y1) / 2
    return area / limit


@st.composite
def images(draw: st.DrawFn, levels: int = 9) -> Pairs:
    """One to four maps of 6 x 7 with ties, at least one painted pixel and one good one."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    density = draw(st.sampled_from([0.05, 0.2, 0.5]))
    pairs = []
    for _ in range(draw(st.integers(1, 4))):
        mask = rng.random((6, 7)) < density
        mask[0, 0], mask[5, 6] = True, False
        pairs.append((rng.integers(0, levels, (6, 7)).astype(np.float32) + mask, mask))
    return pairs


def test_a_map_equal_to_its_mask_is_perfect() -> None:
    mask = np.zeros((8, 8), dtype=bool)
    mask[2:4, 2:4] = True
    figures = measured([(mask.astype(np.float32), mask)])
    assert figures.auroc == figures.average_precision == figures.f1_max == figures.pro == Figure(1.0)


def test_pro_counts_a_small_region_as_much_as_a_large_one() -> None:
    mask = np.zeros((10, 10), dtype=bool)
    mask[0, 0] = True  # one pixel, found first
    mask[5:9, 5:9] = True  # sixteen pixels, scored like the background
    scores = np.zeros((10, 10), dtype=np.float32)
    scores[0, 0] = 1
    # Overlap 0.5 at no false alarm, then straight to 1 at a rate of 1: at 0.3 it is 0.65.
    assert measured([(scores, mask)]).pro.value == pytest.approx((0.5 + 0.65) / 2)


def test_regions_that_touch_at_a_corner_are_one() -> None:
    mask = np.eye(4, dtype=bool)
    assert measured([(mask.astype(np.float32), mask)]).region_count == 1


@settings(max_examples=60, deadline=None)
@given(images())
def test_pro_agrees_with_brute_force(pairs: Pairs) -> None:
    assert measured(pairs).pro.value == pytest.approx(brute_force_pro(pairs), abs=1e-6)  # float32 shares


@settings(max_examples=60, deadline=None)
@given(images())
def test_pixel_metrics_agree_with_scikit_learn(pairs: Pairs) -> None:
    figures = measured(pairs)
    scores = np.concatenate([s.ravel() for s, _ in pairs])
    labels = np.concatenate([m.ravel() for _, m in pairs])
    precision, recall, _ = precision_recall_curve(labels, scores)
    assert figures.auroc.value == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert figures.average_precision.value == pytest.approx(
        average_precision_score(labels, scores), abs=1e-12
    )
    assert figures.f1_max.value == pytest.approx(
        np.max(2 * precision * recall / (precision + recall + 1e-300))
    )


@settings(max_examples=60, deadline=None)
@given(images(levels=1000), st.integers(8, 64), st.integers(1, 120))
def test_exact_figures_lie_within_the_stated_error_of_the_bins(pairs: Pairs, bins: int, kept: int) -> None:
    exact, binned = measured(pairs), measured(pairs, bins=bins, exact_pixels=kept)
    for name in ("auroc", "average_precision", "f1_max", "pro"):
        true, shown = getattr(exact, name), getattr(binned, name)
        assert true.error == 0
        assert abs(true.value - shown.value) <= shown.error + 1e-6


def test_bins_err_by_less_than_a_tenth_of_a_point_when_every_defect_comes_last_and_out_of_range() -> None:
    rng = np.random.default_rng(0)
    pairs = []
    for index in range(12):  # all good images first, and those with defects out of their range
        mask = np.zeros((64, 64), dtype=bool)
        if index >= 8:
            mask[10:20, 10 : 20 + index] = True
        pairs.append((ndimage.gaussian_filter(rng.random((64, 64)), 1).astype(np.float32) + 0.1 * mask, mask))
    exact, binned = measured(pairs), measured(pairs, exact_pixels=4 * 64 * 64)
    for name in ("auroc", "average_precision", "f1_max", "pro"):
        assert getattr(binned, name).error < 2e-3  # a bound; few painted pixels make AP's the loosest
        assert getattr(binned, name).value == pytest.approx(getattr(exact, name).value, abs=1e-3)


def test_memory_does_not_grow_with_images_once_the_bins_are_chosen() -> None:
    metrics = PixelMetrics(bins=1024, exact_pixels=2 * 16 * 16)
    scores, mask = np.random.default_rng(0).random((16, 16)).astype(np.float32), np.eye(16, dtype=bool)
    for _ in range(50):
        metrics.add(scores, mask)
    held = [value for value in vars(metrics).values() if isinstance(value, np.ndarray)]
    assert sum(array.nbytes for array in held) < 4 * 1024 * 8
    assert metrics._kept == []


def test_negative_and_huge_scores_are_told_apart() -> None:
    mask = np.array([[True, False], [False, False]])
    metrics = PixelMetrics(exact_pixels=1)
    metrics.add(np.array([[-1.0, -2.0], [-3.0, -4.0]], dtype=np.float32), mask)
    metrics.add(np.array([[3e38, 2e30], [1e20, -3e38]], dtype=np.float32), mask)
    assert metrics.result().region_count == 2
    assert 0 < metrics.result().auroc.value < 1


def test_a_score_map_of_another_size_is_refused_with_both_sizes() -> None:
    with pytest.raises(MetricInputError, match=r"\(2, 2\).*\(3, 3\)"):
        PixelMetrics().add(np.zeros((2, 2), dtype=np.float32), np.zeros((3, 3), dtype=bool))


def test_scores_that_are_not_finite_are_refused() -> None:
    with pytest.raises(MetricInputError, match="1 of 4"):
        PixelMetrics().add(np.array([[0, 1], [np.inf, 2]], dtype=np.float32), np.eye(2, dtype=bool))


@pytest.mark.parametrize("exact_pixels", [1, 100])
def test_good_images_alone_have_no_pixel_figures(exact_pixels: int) -> None:
    metrics = PixelMetrics(exact_pixels=exact_pixels)
    metrics.add(np.zeros((3, 3), dtype=np.float32), np.zeros((3, 3), dtype=bool))
    with pytest.raises(OneClassError, match="9 good, 0 defective"):
        metrics.result()


def test_no_images_have_no_pixel_figures() -> None:
    with pytest.raises(OneClassError):
        PixelMetrics().result()


def test_resized_mask_keeps_pixels_that_are_half_covered() -> None:
    mask = np.zeros((4, 4), dtype=bool)
    mask[0, 0:2] = True  # half of the first 2 x 2 block
    mask[2, 2] = True  # a quarter of the last one
    assert resize_mask(mask, 2).tolist() == [[True, False], [False, False]]


def test_mask_of_its_own_size_is_left_alone() -> None:
    mask = np.random.default_rng(0).random((256, 256)) < 0.3
    assert np.array_equal(resize_mask(mask), mask)


def test_enlarged_mask_keeps_its_shape() -> None:
    mask = np.eye(2, dtype=bool)
    assert np.array_equal(resize_mask(mask, 6), np.kron(mask, np.ones((3, 3), dtype=bool)))


@settings(max_examples=30, deadline=None)
@given(images())
def test_the_pro_curve_gives_the_overlap_that_each_rate_allows(pairs: Pairs) -> None:
    metrics = PixelMetrics()
    for score_map, mask in pairs:
        metrics.add(score_map, mask)
    rates, overlaps = brute_force_curve(pairs)
    points = metrics.pro_curve(9)
    assert (points[0][0], points[-1][0]) == (0.0, 0.3)
    for number, (_, overlap) in enumerate(points):
        allowed = 0.3 * (number / 8) ** 2  # before rounding
        most = max(o for rate, o in zip(rates, overlaps, strict=True) if rate <= allowed + 1e-12)
        assert overlap == pytest.approx(most, abs=2e-5)
