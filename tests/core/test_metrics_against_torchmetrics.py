"""Ranking metrics against torchmetrics on random data: a second opinion beside scikit-learn's."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import (
    binary_auroc,
    binary_average_precision,
    binary_precision_recall_curve,
)

from core.metrics import auroc, average_precision, f1_max
from core.pixel_metrics import PixelMetrics

TOLERANCE = 2e-5  # torchmetrics adds up in float32


def sample(seed: int, count: int, levels: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores in 0..1 with ties (torchmetrics takes others for logits), and labels of both kinds."""
    rng = np.random.default_rng(seed)
    labels = rng.random(count) < rng.uniform(0.05, 0.6)
    labels[:2] = True, False
    scores = rng.integers(0, levels, count) / (2 * levels) + 0.3 * labels * rng.random(count)
    return np.round(scores, 2), labels


def torchmetrics_f1_max(scores: torch.Tensor, labels: torch.Tensor) -> float:
    precision, recall, _ = binary_precision_recall_curve(scores, labels)
    return float((2 * precision * recall / (precision + recall).clamp(min=1e-12)).max())


@pytest.mark.parametrize("seed", range(12))
def test_ranking_metrics_agree_with_torchmetrics(seed: int) -> None:
    scores, labels = sample(seed, count=300 + 50 * seed, levels=5 + 10 * seed)
    theirs = torch.from_numpy(scores).double(), torch.from_numpy(labels).long()
    assert auroc(scores, labels) == pytest.approx(float(binary_auroc(*theirs)), abs=TOLERANCE)
    assert average_precision(scores, labels) == pytest.approx(
        float(binary_average_precision(*theirs)), abs=TOLERANCE
    )
    assert f1_max(scores, labels) == pytest.approx(torchmetrics_f1_max(*theirs), abs=TOLERANCE)


@pytest.mark.parametrize("exact_pixels", [10**9, 4096], ids=["exact", "binned"])
def test_pixel_metrics_agree_with_torchmetrics(exact_pixels: int) -> None:
    metrics = PixelMetrics(exact_pixels=exact_pixels)
    pairs = []
    for seed in range(12):
        scores, labels = sample(seed, count=64 * 64, levels=60)
        pairs.append((scores.reshape(64, 64).astype(np.float32), labels.reshape(64, 64)))
        metrics.add(*pairs[-1])
    scores_of = torch.from_numpy(np.concatenate([s.ravel() for s, _ in pairs])).double()
    labels_of = torch.from_numpy(np.concatenate([m.ravel() for _, m in pairs])).long()
    figures = metrics.result()
    for figure, theirs in (
        (figures.auroc, float(binary_auroc(scores_of, labels_of))),
        (figures.average_precision, float(binary_average_precision(scores_of, labels_of))),
        (figures.f1_max, torchmetrics_f1_max(scores_of, labels_of)),
    ):
        assert figure.value == pytest.approx(theirs, abs=figure.error + TOLERANCE)
