"""Calibrate a detector: each product's limit, and how much its head may say, by evidence the head was not trained on.

Shapes in this file
    N  patches of an image
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from core.calibration import ProductCalibration, Scale, fit_scales, image_score, limit_of, limit_rule
from core.config import DmadConfig
from core.metrics import auroc, average_precision
from core.progress import Progress, Report
from core.replay import cells_of, fold_of, lesson_folds

if TYPE_CHECKING:
    from core.detector import Compared, DualMemoryDetector
    from core.teaching import GoodImage, Lesson

WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, math.inf)  # w of distance + w * head; infinite: the head alone
MIN_LESSONS = 2  # painted parts of a product before its head may say anything
SHARED_LESSONS = 1  # lessons' worth of belief in what all products together show


@dataclass(frozen=True, eq=False)
class _KeptOut:
    """One training image as the detector would see it had it never met it."""

    distance: Tensor  # (N,) raw
    head: Tensor  # (N,) raw, of a head trained without the image's fold
    anomalous: Tensor | None  # (N,) painted patches; None for a good image
    own_id: int


def may_have_a_say(lessons: Sequence[Lesson], config: DmadConfig) -> bool:
    """Whether any product has enough painted parts for trained heads to count; training is skipped otherwise."""
    parts: dict[str, set[int]] = {}
    for lesson in lessons:
        parts.setdefault(lesson.product, set()).add(lesson.own_id)
    return config.combine == "head" or any(len(owners) >= MIN_LESSONS for owners in parts.values())


def calibrate(
    detector: DualMemoryDetector,
    good: Sequence[GoodImage],
    lessons: Sequence[Lesson],
    compared: Mapping[int, Compared],
    report: Report,
) -> DualMemoryDetector:
    """Return the detector with calibrations: scales and limits from good images, weights from painted ones as well.

    Every score used here leaves the image itself out: its rows in both memories, and (with more than one fold) the
    heads trained on it.

    Args:
        compared: what each image's patches are nearest to, own image excluded, by image id.
    """
    config = detector.config
    good_scores: dict[str, list[_KeptOut]] = {}
    for number, image in enumerate(good):
        report(Progress("Setting the reject limit", number, len(good)))
        fold = fold_of(image.own_id, config.folds)
        good_scores.setdefault(image.product, []).append(_kept_out(detector, image, fold, compared, None))
    painted: dict[str, list[_KeptOut]] = {}
    folds = lesson_folds(lessons, config.folds)
    for lesson in lessons:
        cells = torch.from_numpy(cells_of(lesson, detector.grid, config).anomalous.ravel())
        found = _kept_out(detector, lesson, folds[lesson.lesson_id], compared, cells)
        painted.setdefault(lesson.product, []).append(found)
    top, overkill = config.top_patches, config.overkill
    distances = fit_scales(
        {p: [s.distance for s in scores] for p, scores in good_scores.items()}, top, overkill
    )
    heads = fit_scales({p: [s.head for s in scores] for p, scores in good_scores.items()}, top, overkill)
    evidence = {
        product: _evidence(good_scores[product], defects, distances[product], heads[product], top, overkill)
        for product, defects in painted.items()
        if product in good_scores
    }
    calibrations = {}
    for product, scores in good_scores.items():
        weight, why = _choose(product, evidence, painted, config.combine)
        calibrations[product] = _calibration(
            product, scores, distances[product], heads[product], weight, why, config.folds, top, overkill
        )
    return replace(detector, calibrations=calibrations)


def _kept_out(
    detector: DualMemoryDetector,
    image: GoodImage | Lesson,
    fold: int,
    compared: Mapping[int, Compared],
    anomalous: Tensor | None,
) -> _KeptOut:
    q = detector.standardise(image.features())
    raw = detector.raw(q, image.product, only_heads=(fold,), found=compared[image.image_id])
    return _KeptOut(raw.normal.distances.cpu(), raw.heads[0].cpu(), anomalous, image.own_id)


def _shares(weight: float) -> tuple[float, float]:
    return (0.0, 1.0) if math.isinf(weight) else (1.0, weight)


def _evidence(
    good: list[_KeptOut], painted: list[_KeptOut], distance: Scale, head: Scale, top: int, overkill: float
) -> list[tuple[float, float, float]]:
    """Per weight, on images kept out: image AUROC, average precision of painted patches, share above the limit."""
    results = []
    for weight in WEIGHTS:
        share, head_share = _shares(weight)
        good_maps = [share * distance(s.distance) + head_share * head(s.head) for s in good]
        painted_maps = [share * distance(s.distance) + head_share * head(s.head) for s in painted]
        scores = np.array([image_score(m, top) for m in good_maps + painted_maps])
        truth = np.array([False] * len(good_maps) + [True] * len(painted_maps))
        patches = torch.cat(good_maps + painted_maps).numpy()
        anomalous = [s.anomalous for s in painted if s.anomalous is not None]
        labels = torch.cat([torch.zeros(len(m), dtype=torch.bool) for m in good_maps] + anomalous).numpy()
        limit = limit_of(scores[~truth].tolist(), overkill)
        caught = float((scores[truth] > limit).mean())
        results.append((auroc(scores, truth), average_precision(patches, labels), caught))
    return results


def _choose(
    product: str,
    evidence: dict[str, list[tuple[float, float, float]]],
    painted: dict[str, list[_KeptOut]],
    combine: str,
) -> tuple[float, str]:
    """Pick the weight with the best kept-out evidence; none without enough painted defects of the product's own."""
    if combine == "head":
        return math.inf, "set to the trained part alone"
    count = len({scores.own_id for scores in painted.get(product, ())})
    if count == 0:
        return 0.0, "nothing is painted: the score is the distance to good parts"
    if count < MIN_LESSONS or product not in evidence:
        return 0.0, f"{count} painted defect is too little evidence: the score is the distance to good parts"
    total = sum(len(painted[p]) for p in evidence)
    quality = []
    for index in range(len(WEIGHTS)):
        shared = sum(len(painted[p]) * sum(evidence[p][index]) for p in evidence) / total
        own = sum(evidence[product][index])
        quality.append((count * own + SHARED_LESSONS * shared) / (count + SHARED_LESSONS))
    best = int(np.argmax(quality))
    if best == 0:
        return 0.0, f"on {count} painted defects kept out, training did not beat the distance to good parts"
    before, after = evidence[product][0], evidence[product][best]
    return WEIGHTS[best], (
        f"on {count} painted defects kept out, ranking of images went from {100 * before[0]:.1f} to "
        f"{100 * after[0]:.1f}, of patches from {100 * before[1]:.1f} to {100 * after[1]:.1f}, "
        f"and defects rejected from {100 * before[2]:.0f} % to {100 * after[2]:.0f} %"
    )


def _calibration(
    product: str,
    good: list[_KeptOut],
    distance: Scale,
    head: Scale,
    weight: float,
    why: str,
    folds: int,
    top: int,
    overkill: float,
) -> ProductCalibration:
    share, head_share = _shares(weight)
    combined_limit = 1.0
    if head_share:
        combined = [share * distance(s.distance) + head_share * head(s.head) for s in good]
        combined_limit = max(
            limit_of([image_score(m, top) for m in combined], overkill), 0.25 * (share + head_share)
        )
    return ProductCalibration(
        product=product,
        distance=distance,
        heads=(head,) * folds,
        distance_share=share,
        head_share=head_share,
        combined_limit=combined_limit,
        images=len(good),
        rule=limit_rule(len(good), overkill),
        evidence=why,
    )
