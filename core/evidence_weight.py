"""Calibrate a detector: each product's limit, and how much its head may say, by evidence the head was not trained on.

Shapes in this file
    N  patches of an image      K  cross-fitted heads      P  painted images of a product
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from core.banks import NeighbourMemory
from core.calibration import (
    NO_SCALE,
    ProductCalibration,
    Scale,
    fit_scales,
    image_score,
    limit_of,
    limit_rule,
    mixed,
)
from core.comparison import Comparison
from core.config import DmadConfig
from core.progress import Progress, Report
from core.replay import fold_of, lesson_folds
from core.side_by_side import side_by_side
from core.usual_distance import usual_distances

if TYPE_CHECKING:
    from core.detector import DualMemoryDetector
    from core.teaching import GoodImage, Lesson

WEIGHTS = (0.0, 0.25, 0.5, 1.0)  # w of distance + w * head
EARNED_BY = 25.0  # w grows with the square of the painted parts: five of them earn a weight of 1
MIN_LESSONS = 2  # painted parts of a product before its head may say anything
ASKED_IMAGES = 60  # good images of a product that heads are asked about; cost must not grow with the archive
IN_A_TURN = 16  # images: most take a fraction of a millisecond
LIMIT_FLOOR = 0.25  # of the sum of the shares: a limit below it would amplify noise


@dataclass(frozen=True, eq=False)
class _Signals:
    """One training image, its own rows left out of every comparison."""

    distance: Tensor  # (N,) raw
    surprise: Tensor  # (N,) raw, the distance beyond the usual one
    resembles: Tensor  # (N,) raw resemblance to painted patches
    heads: Tensor | None  # (K, N) raw; None: not asked
    fold: int  # number of the head that never met the image
    own_id: int

    @property
    def kept_out(self) -> Tensor:
        """(N,) raw, of the head that never met the image."""
        assert self.heads is not None, "heads are asked before their scores are read"
        return self.heads[self.fold]


def may_have_a_say(lessons: Sequence[Lesson], config: DmadConfig) -> bool:
    """Whether trained heads may count for any product; training is skipped otherwise."""
    return config.combine == "head" or bool(_with_enough_lessons(lessons))


def _with_enough_lessons(lessons: Sequence[Lesson]) -> set[str]:
    """Names of the products whose head may say anything."""
    parts: dict[str, set[int]] = {}
    for lesson in lessons:
        parts.setdefault(lesson.product, set()).add(lesson.own_id)
    return {product for product, owners in parts.items() if len(owners) >= MIN_LESSONS}


def _with_a_say(products: set[str], lessons: Sequence[Lesson], config: DmadConfig) -> set[str]:
    """Names of the products whose head counts, or may."""
    if config.combine == "head":
        return products
    own = _with_enough_lessons(lessons)
    if not own or not config.borrowed_weight:
        return own & products
    return (own | (products - {lesson.product for lesson in lessons})) & products


def calibrate(
    detector: DualMemoryDetector,
    good: Sequence[GoodImage],
    lessons: Sequence[Lesson],
    comparison: Comparison,
    report: Report,
    *,
    trained: bool,
    asks_all: bool = False,
    memory: NeighbourMemory | None = None,
) -> DualMemoryDetector:
    """Return the detector with calibrations: scales and limits from good images, weights from painted ones as well.

    Args:
        comparison: of the same images.
        trained: whether the heads are; blank ones are not asked.
        asks_all: ask them about products for which they can have no say too, in order to measure them there.
    """
    config = detector.config
    products = {image.product for image in good}
    with_a_say = _with_a_say(products, lessons, config)
    heads_for = (products if asks_all else with_a_say) if trained else set()
    usual = usual_distances(detector.normal, (comparison.normal[image.image_id] for image in good))
    detector = replace(detector, usual=usual)
    asked = _asked([image for image in good if image.product in heads_for])
    good_signals: dict[str, list[_Signals]] = {}

    def signals_of_good(image: GoodImage) -> _Signals:
        fold = fold_of(image.own_id, config.folds)
        return _signals(detector, image, fold, comparison, memory, asked=image.image_id in asked)

    for number, signals in enumerate(
        side_by_side(signals_of_good, good, detector.mean.device, in_a_turn=IN_A_TURN)
    ):
        report(Progress("Setting the reject limit", number, len(good)))
        good_signals.setdefault(good[number].product, []).append(signals)
    painted: dict[str, list[_Signals]] = {}
    folds = lesson_folds(lessons, config.folds)

    def signals_of_painted(lesson: Lesson) -> _Signals:
        fold, asked = folds[lesson.lesson_id], lesson.product in heads_for
        return _signals(detector, lesson, fold, comparison, memory, asked=asked)

    for lesson, signals in zip(
        lessons, side_by_side(signals_of_painted, lessons, detector.mean.device), strict=True
    ):
        painted.setdefault(lesson.product, []).append(signals)
    scales = _scales(good_signals, with_a_say, config)
    calibrations = {}
    for product, signals_of in good_signals.items():
        blank = _uncalibrated(product, len(signals_of), scales[product], config)
        weighted = _with_weight(blank, signals_of, painted.get(product, []), config)
        calibrations[product] = _with_limits(weighted, signals_of, config)
    return replace(detector, calibrations=calibrations)


def _asked(good: Sequence[GoodImage]) -> frozenset[int]:
    """Ids of the good images that heads are asked about: a fixed scatter of each product's, whoever comes or goes."""
    scattered = sorted(good, key=lambda image: (image.image_id * 2654435761 % 2**32, image.image_id))
    products: dict[str, list[int]] = {}
    for image in scattered:
        products.setdefault(image.product, []).append(image.image_id)
    return frozenset(number for ids in products.values() for number in ids[:ASKED_IMAGES])


def _signals(
    detector: DualMemoryDetector,
    image: GoodImage | Lesson,
    fold: int,
    comparison: Comparison,
    memory: NeighbourMemory | None,
    *,
    asked: bool,
) -> _Signals:
    found = comparison.normal[image.image_id]
    heads = None
    if asked:
        q = detector.standardise(image.features())
        abnormal = detector.nearest_abnormal(q, own=image.own_id, image_id=image.image_id, memory=memory)
        heads = detector.ask_heads(q, found, abnormal).cpu()
    return _Signals(
        distance=found.distances.cpu(),
        surprise=detector.surprise(found).cpu(),
        resembles=detector.resemblance(found, comparison.to_painted[image.image_id]).cpu(),
        heads=heads,
        fold=fold,
        own_id=image.own_id,
    )


@dataclass(frozen=True)
class _Scales:
    distance: Scale
    surprise: Scale
    head: Scale


def _scales(good: dict[str, list[_Signals]], with_a_say: set[str], config: DmadConfig) -> dict[str, _Scales]:
    """Scale each signal of each product; heads that only are measured have no part in the scales of those that count."""

    def fitted(maps: dict[str, list[Tensor]]) -> dict[str, Scale]:
        return fit_scales(maps, config.top_patches, config.overkill) if maps else {}

    distances = fitted({product: [s.distance for s in signals] for product, signals in good.items()})
    surprises = fitted({product: [s.surprise for s in signals] for product, signals in good.items()})
    asked = {product: [s for s in signals if s.heads is not None] for product, signals in good.items()}
    kept_out = {product: [s.kept_out for s in signals] for product, signals in asked.items() if signals}
    heads = {
        **fitted({product: maps for product, maps in kept_out.items() if product in with_a_say}),
        **fitted({product: maps for product, maps in kept_out.items() if product not in with_a_say}),
    }
    return {p: _Scales(distances[p], surprises[p], heads.get(p, NO_SCALE)) for p in good}


def _uncalibrated(product: str, images: int, scales: _Scales, config: DmadConfig) -> ProductCalibration:
    """Return scales without weight or limits."""
    return ProductCalibration(
        product=product,
        distance=scales.distance,
        surprise=scales.surprise,
        head=scales.head,
        resemblance=config.resemblance,
        distance_share=1.0,
        head_share=0.0,
        map_limit=1.0,
        score_limit=1.0,
        images=images,
        rule=limit_rule(images, config.overkill),
        evidence="",
    )


def earned_weight(painted_parts: int) -> float:
    """Return how much so many painted parts let a head say, unless their own evidence speaks against it.

    A few painted parts can't tell good weights from bad ones (the standard error of their ranking is larger than what
    there is to gain), so the weight follows from their number: docs/adr/0008.
    """
    if painted_parts < MIN_LESSONS:
        return 0.0
    earned = painted_parts**2 / EARNED_BY
    return min(WEIGHTS[1:], key=lambda weight: abs(math.log(weight / earned)))


def _with_weight(
    blank: ProductCalibration, good: Sequence[_Signals], painted: Sequence[_Signals], config: DmadConfig
) -> ProductCalibration:
    """Take the weight that the painted parts have earned, or less where, kept out, they rank worse with it."""
    if config.combine == "head":
        return replace(blank, distance_share=0.0, head_share=1.0, evidence="set to the trained part alone")
    count = len({signals.own_id for signals in painted})
    if count == 0:
        return _with_borrowed_weight(blank, good, config)
    if count < MIN_LESSONS:
        return replace(
            blank,
            evidence=f"{count} painted defect: the score is the distance to good parts and the likeness to it; "
            "it takes two for training",
        )
    asked = [signals for signals in good if signals.heads is not None]
    before = _placements(asked, painted, blank, config.top_patches)
    for weight in reversed(WEIGHTS[1 : WEIGHTS.index(earned_weight(count)) + 1]):
        weighted = replace(blank, head_share=weight)
        after = _placements(asked, painted, weighted, config.top_patches)
        gained = after - before  # (P,)
        if float(gained.mean()) >= -float(gained.std(ddof=1)) / math.sqrt(len(gained)):
            return replace(
                weighted,
                evidence=f"{count} painted defects; each kept out in turn, they lie above "
                f"{100 * before.mean():.0f} % of good images without training and above "
                f"{100 * after.mean():.0f} % with it",
            )
    return replace(
        blank, evidence=f"on {count} painted defects, each kept out in turn, training did not help"
    )


def _with_borrowed_weight(
    blank: ProductCalibration, good: Sequence[_Signals], config: DmadConfig
) -> ProductCalibration:
    """Where nothing of the product is painted: the distance, and what other products' painted defects add if asked."""
    if not config.borrowed_weight or all(signals.heads is None for signals in good):
        return replace(blank, evidence="nothing is painted: the score is the distance to good parts")
    return replace(
        blank,
        head_share=config.borrowed_weight,
        evidence="nothing is painted of this product: the score is the distance to good parts and, as set, what "
        "was learnt from other products' painted defects",
    )


def _placements(
    good: Sequence[_Signals], painted: Sequence[_Signals], calibration: ProductCalibration, top: int
) -> NDArray[np.float64]:
    """(P,) share of good images that each painted one lies above, kept out; their mean is the image AUROC."""
    of_good, of_painted = (
        np.array([_judged(s, calibration, s.kept_out, s.surprise, top) for s in images])
        for images in (good, painted)
    )
    below = (of_good[None, :] < of_painted[:, None]).mean(axis=1)
    equal = (of_good[None, :] == of_painted[:, None]).mean(axis=1)
    placements: NDArray[np.float64] = below + 0.5 * equal
    return placements


def _judged(
    signals: _Signals,
    calibration: ProductCalibration,
    head: Tensor | None,
    distance: Tensor,
    top: int,
) -> float:
    """Image score before division by the limit; `head` raw, `distance` raw distance or surprise."""
    scale = calibration.surprise if distance is signals.surprise else calibration.distance
    said = None if head is None else calibration.head(head)
    return image_score(mixed(calibration, scale(distance), signals.resembles, said), top)


def _with_limits(
    calibration: ProductCalibration, good: Sequence[_Signals], config: DmadConfig
) -> ProductCalibration:
    asked = [signals for signals in good if signals.heads is not None] if calibration.head_share else good
    return replace(
        calibration,
        map_limit=_limit(asked, calibration, lambda s: s.distance, config),
        score_limit=_limit(asked, calibration, lambda s: s.surprise, config),
        images=len(asked),
        rule=limit_rule(len(asked), config.overkill),
    )


def _limit(
    good: Sequence[_Signals],
    calibration: ProductCalibration,
    distance: Callable[[_Signals], Tensor],
    config: DmadConfig,
) -> float:
    """Find the limit for the mean of the heads, as it scores new images.

    All heads but one were trained on a good training image. What that gains them is measured as the difference
    between the head that never met an image and those that did, and added for their share in the mean.
    """
    top, has_say = config.top_patches, calibration.head_share > 0
    if not has_say and not any(bool((signals.resembles > 0).any()) for signals in good):
        return 1.0  # the distance alone: its own scale says where the limit is

    def judged(signals: _Signals, heads: Tensor | None) -> float:
        head = None if heads is None else heads.mean(0)
        return _judged(signals, calibration, head, distance(signals), top)

    scores = [judged(signals, signals.heads if has_say else None) for signals in good]
    limit = limit_of(scores, config.overkill)
    if not has_say:
        return max(limit, 1.0)  # what resembles painted patches only adds to the distance
    if config.folds > 1:
        gains = []
        for signals in good:
            assert signals.heads is not None
            met = [k for k in range(config.folds) if k != signals.fold]
            kept_out = judged(signals, signals.heads[signals.fold : signals.fold + 1])
            gains.append(kept_out - float(np.mean([judged(signals, signals.heads[k : k + 1]) for k in met])))
        limit += max(float(np.mean(gains)), 0.0) * (config.folds - 1) / config.folds
    return max(limit, LIMIT_FLOOR * (calibration.distance_share + calibration.head_share))
