"""What would this painting change? The images of a product judged as if it had been taught, without any training."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from torch import Tensor

from app.worker_specs import ImageTask, PreviewScore
from core.banks import AbnormalBank, Met, NeighbourMemory, PaintedLesson
from core.detector import DualMemoryDetector
from core.known_defects import ClosestGood
from core.remembering import remember_lesson
from core.teaching import Lesson

Cached = Callable[[ImageTask], Tensor | None]  # -> (N, C), or None where nothing is at hand


def preview(
    detector: DualMemoryDetector,
    lesson: Lesson,
    good: Sequence[ImageTask],
    images: Sequence[ImageTask],
    cached: Cached,
    memory: NeighbourMemory,
    seconds: float,
) -> tuple[PreviewScore, ...]:
    """Score `images` with the painting as a lesson beside those the detector has.

    The memories, the distances and the match with painted patches are those that teaching would give; the trained part,
    its weight and the reject limit stay as they are: an estimate. An earlier painting of the same image gives way.

    Args:
        good: of the product, that the match is measured by.
        cached: gives features that were computed before; other images are left out.
        seconds: to stop after; the images left then are missing from the result.
    """
    ends = time.monotonic() + seconds
    hypothetical = _with_lesson(detector, lesson, good, cached, memory)
    if hypothetical is None:
        return ()
    found = []
    for image in images:
        if time.monotonic() > ends:
            break
        features = cached(image)
        if features is None:
            continue
        result = hypothetical.score(
            features,
            image.product,
            own=image.own_id,
            image_id=image.image_id,
            memory=memory,
            allow_taught=True,
        )
        found.append(PreviewScore(image.image_id, result.score, result.is_reject))
    return tuple(found)


def _with_lesson(
    detector: DualMemoryDetector,
    lesson: Lesson,
    good: Sequence[ImageTask],
    cached: Cached,
    memory: NeighbourMemory,
) -> DualMemoryDetector | None:
    """Return the detector with the painting in its memory; None: the painting covers no patch."""
    rows = remember_lesson(lesson, detector.standardise, detector.grid, detector.config)
    if not len(rows.painted):
        return None
    closest = ClosestGood([rows])

    def compared(image: ImageTask) -> dict[int, Met]:
        features = cached(image)
        if features is None:
            return {}
        patches = detector.standardise(features)
        own, number = image.own_id, image.image_id
        return closest.compare(lambda: patches, image.product, own, image_id=number, memory=memory)

    for image in good:
        closest.take(compared(image))
    rows = replace(rows, radii=closest.radii(detector.config.match_margin)[rows.lesson_id])
    others: list[PaintedLesson] = [
        earlier for earlier in detector.abnormal.lessons if earlier.image_id != lesson.image_id
    ]
    return replace(detector, abnormal=AbnormalBank(detector.abnormal.outliers, [*others, rows]))
