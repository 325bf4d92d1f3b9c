"""Fit from good images; teach painted defects; forget them. The whole teaching path on one screen.

A detector is a function of (fit, set of lessons): teaching always trains from the same seeded heads, with all lessons
that should hold. Order does not matter, versions do not drift, and forgetting a lesson is teaching without it.

Shapes in this file
    N = H0 * W0  patches of an image      C  feature dimension      A  painted patches of a lesson
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.banks import AbnormalBank, NeighbourMemory, PaintedLesson
from core.comparison import compare_training_images
from core.config import DmadConfig
from core.detector import DualMemoryDetector
from core.evidence_weight import calibrate, may_have_a_say
from core.progress import Progress, Report, silent
from core.remembering import extend_normal, remember_lesson, remember_normal, remember_outliers
from core.replay import PoolBuilder, train_heads
from core.score_mapper import Head


class NothingToLearnError(ValueError):
    """There are too few good images; the message says how many there are and how many it takes."""


@dataclass(frozen=True, eq=False)
class GoodImage:
    """An image known to be good."""

    image_id: int
    own_id: int  # "own image": all shots of one part share it
    product: str
    features: Callable[[], Tensor]  # -> (N, C) as the encoder gives them


@dataclass(frozen=True, eq=False)
class Lesson:
    """One painted image, to be remembered."""

    lesson_id: int
    image_id: int
    own_id: int
    product: str
    features: Callable[[], Tensor]  # -> (N, C)
    layers: tuple[tuple[str, NDArray[np.bool_]], ...]  # (defect type, mask (H, W) at the image's own size)
    ignore: NDArray[np.bool_] | None = None
    complete: bool = False


@dataclass(frozen=True, eq=False)
class Fitted:
    """A detector, and the patches of good images that were too far from all others to be trusted."""

    detector: DualMemoryDetector
    suspects: tuple[int, ...] = ()  # image ids


MIN_GOOD = 2  # own-image exclusion leaves nothing to compare the only image with


def fit(
    good: Sequence[GoodImage],
    outliers: Callable[[], Tensor],
    config: DmadConfig,
    *,
    fingerprint: str,
    grid: tuple[int, int],
    lessons: Sequence[Lesson] = (),
    device: torch.device | None = None,
    memory: NeighbourMemory | None = None,
    always_train: bool = False,
    report: Report = silent,
) -> Fitted:
    """Build a detector from good images; with `lessons`, teach them in the same go.

    Args:
        outliers: gives (K, N, C) features of outlier textures, for M_o.
        fingerprint, grid: of the encoder that made the features.
        always_train: train the heads even where they can have no say in any score, in order to measure them.

    Raises:
        NothingToLearnError: a product has fewer than two good parts.
    """
    device = device or torch.device("cpu")
    _require_good(good)
    mean, std = _standardisation(good, config, device, report)
    standardise = lambda features: (features.to(device) - mean) / std  # noqa: E731
    normal, suspects = remember_normal(good, standardise, config, report)  # eq. 3
    abnormal = AbnormalBank(remember_outliers(outliers(), good, standardise, config), ())  # eq. 4
    blank = _blank_heads(mean.shape[0], config, device, has_seen=False)
    detector = DualMemoryDetector(config, fingerprint, grid, mean, std, normal, abnormal, blank)
    if lessons:
        taught = teach(detector, good, lessons, memory=memory, always_train=always_train, report=report)
        return Fitted(taught, suspects)
    trained = always_train or config.combine == "head"
    complete = _complete(
        detector, good, (), memory, config.fit_steps, report, trained=trained, asks_all=always_train
    )
    return Fitted(complete, suspects)


def teach(
    parent: DualMemoryDetector,
    good: Sequence[GoodImage],
    lessons: Sequence[Lesson],
    *,
    memory: NeighbourMemory | None = None,
    always_train: bool = False,
    report: Report = silent,
) -> DualMemoryDetector:
    """Return the detector that remembers exactly `good` and `lessons`; `parent` stays as it is.

    Args:
        good: all good images that should hold. New ones extend their product's rows; rows of missing ones go.
        lessons: all lessons that should hold. New ones are added, missing ones forgotten.
        always_train: as in `fit`.

    Raises:
        NothingToLearnError: a product has fewer than two good parts.
    """
    _require_good(good)
    config, known = parent.config, {lesson.lesson_id: lesson for lesson in parent.abnormal.lessons}
    report(Progress("Remembering what is new", 0, 1))
    normal = extend_normal(parent.normal, good, parent.standardise, config)
    ordered = sorted(lessons, key=lambda lesson: lesson.lesson_id)
    remembered = [
        known.get(lesson.lesson_id) or remember_lesson(lesson, parent.standardise, parent.grid, config)
        for lesson in ordered
    ]  # eq. 5 and anomaly centre sampling
    kept = [(lesson, rows) for lesson, rows in zip(ordered, remembered, strict=True) if len(rows.painted)]
    abnormal = AbnormalBank(parent.abnormal.outliers, [rows for _, rows in kept])
    blank = _blank_heads(parent.mean.shape[0], config, parent.mean.device, has_seen=bool(kept))
    taught = replace(parent, normal=normal, abnormal=abnormal, heads=blank, calibrations={})
    painted = [lesson for lesson, _ in kept]
    trained = bool(painted) and (always_train or may_have_a_say(painted, config))
    return _complete(
        taught, good, painted, memory, config.teach_steps, report, trained=trained, asks_all=always_train
    )


def _complete(
    detector: DualMemoryDetector,
    good: Sequence[GoodImage],
    lessons: Sequence[Lesson],
    memory: NeighbourMemory | None,
    steps: int,
    report: Report,
    *,
    trained: bool,
    asks_all: bool,
) -> DualMemoryDetector:
    """Compare all training images with the detector's memories, train its heads if they can have a say, calibrate."""
    builder = PoolBuilder(detector, good, lessons) if trained else None
    comparison = compare_training_images(detector, good, lessons, memory, report, builder)
    abnormal = detector.abnormal
    detector = replace(
        detector, abnormal=AbnormalBank(abnormal.outliers, _with_radii(abnormal.lessons, comparison.radii))
    )
    if builder is not None:
        heads = train_heads(detector, detector.heads, builder.pools(comparison), steps, report)
        detector = replace(detector, heads=heads)
    return calibrate(
        detector, good, lessons, comparison, report, trained=trained, asks_all=asks_all, memory=memory
    )


def _with_radii(lessons: Sequence[PaintedLesson], radii: dict[int, Tensor]) -> list[PaintedLesson]:
    return [replace(lesson, radii=radii[lesson.lesson_id]) for lesson in lessons]


def _require_good(good: Sequence[GoodImage]) -> None:
    parts: dict[str, set[int]] = {}
    for image in good:
        parts.setdefault(image.product, set()).add(image.own_id)
    if not parts:
        raise NothingToLearnError(f"there are no good images; a product needs at least {MIN_GOOD} good parts")
    for product, owners in parts.items():
        if len(owners) < MIN_GOOD:
            raise NothingToLearnError(
                f"{product} has {len(owners)} good part; it takes at least {MIN_GOOD} to compare them with each other"
            )


def _standardisation(
    good: Sequence[GoodImage], config: DmadConfig, device: torch.device, report: Report
) -> tuple[Tensor, Tensor]:
    """(C,) mean and (C,) spread of the good patches, every product counting alike; the config says what is divided by."""
    sums: dict[str, list[Tensor]] = {}
    for number, image in enumerate(good):
        report(Progress("Reading good images", number, len(good)))
        features = image.features().double()
        sums.setdefault(image.product, []).append(torch.stack([features.mean(0), features.square().mean(0)]))
    moments = torch.stack([torch.stack(values).mean(0) for values in sums.values()]).mean(0)  # (2, C)
    if config.scaling == "none":
        return torch.zeros_like(moments[0]).float().to(device), torch.ones_like(moments[0]).float().to(device)
    variance = (moments[1] - moments[0].square()).clamp(min=0)
    if config.scaling == "overall":
        variance = variance.mean().expand_as(variance)
    std = variance.sqrt()
    return moments[0].float().to(device), std.clamp(min=1e-3 * float(std.median()) + 1e-9).float().to(device)


def _blank_heads(
    channels: int, config: DmadConfig, device: torch.device, *, has_seen: bool
) -> tuple[Head, ...]:
    """Untrained heads, one per fold; the same seed gives the same weights."""
    heads = []
    for number in range(config.folds):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed * 1000 + number)
            head = Head(
                channels,
                config.head_width,
                attention=config.attends(has_seen=has_seen),
                abnormal=config.abnormal_knowledge,
            )
            heads.append(head.eval().to(device))
    return tuple(heads)


def forget(
    parent: DualMemoryDetector,
    good: Sequence[GoodImage],
    lessons: Sequence[Lesson],
    forgotten: set[int],
    *,
    memory: NeighbourMemory | None = None,
    report: Report = silent,
) -> DualMemoryDetector:
    """Return the detector that was never taught the lessons in `forgotten` (lesson ids)."""
    kept = [lesson for lesson in lessons if lesson.lesson_id not in forgotten]
    return teach(parent, good, kept, memory=memory, report=report)
