"""Pixels counted in bins add up over images, and their figures lie within the stated error of the exact ones."""

import numpy as np
import pytest

from core.pixel_metrics import BinnedPixels, PixelMetrics, bin_pixels, binned_figures


def test_four_pixels_land_in_their_bins() -> None:
    scores = np.array([[0.1, 0.5], [0.9, 0.9]], dtype=np.float32)
    mask = np.array([[False, False], [True, False]])
    found = bin_pixels(scores, mask, np.array([0.4, 0.6], dtype=np.float32))
    assert found.good.tolist() == [1, 1, 1]
    assert found.defective.tolist() == [0, 0, 1]
    assert found.region_share.tolist() == [0, 0, 1]
    assert found.region_count == 1


def test_region_counts_by_its_share_whatever_its_size() -> None:
    mask = np.zeros((4, 4), dtype=bool)
    mask[0, :2] = True
    found = bin_pixels(np.zeros((4, 4), dtype=np.float32), mask, np.array([1.0], dtype=np.float32))
    assert found.region_share.tolist() == [1, 0] and found.defective.tolist() == [2, 0]


def test_sums_over_images_have_the_figures_of_all_pixels() -> None:
    rng = np.random.default_rng(0)
    exact, images = PixelMetrics(), []
    edges = np.linspace(0, 2, 400, dtype=np.float32)
    for number in range(5):
        mask = np.zeros((32, 32), dtype=bool)
        mask[4 : 6 + number, 4:9] = number > 1
        scores = (rng.random((32, 32)) + 0.7 * mask).astype(np.float32)
        exact.add(scores, mask)
        images.append(bin_pixels(scores, mask, edges))
    total = BinnedPixels(*(sum(getattr(i, name) for i in images) for name in vars(images[0])))  # type: ignore[arg-type]
    wanted, found = exact.result(), binned_figures(total)
    assert found.region_count == wanted.region_count == 3
    for name in ("auroc", "average_precision", "f1_max", "pro"):
        figure = getattr(found, name)
        assert abs(figure.value - getattr(wanted, name).value) <= figure.error
        assert figure.error == pytest.approx(0, abs=0.05)
