"""What a painting says of each patch, as it is painted: the filter's answer before anything is taught."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.services.review import ReviewService
from app.services.views import Mask, PaintedLayer
from core.config import DmadConfig
from core.mask_filter import FilteredCells, cell_coverage, filter_mask
from storage.records import Image, VerdictValue
from storage.workspace import Workspace

# Of a patch; from ANOMALOUS on, it is the place of the defect type among the layers that is added.
UNSAID, IGNORED, NORMAL, ANOMALOUS = range(4)

NOTHING = "Nothing is painted: nothing would be learnt from this image."
IS_GOOD = "This image is judged good, but painted: nothing of it is learnt. Judge it as defect, or clear what is painted."
IS_UNSURE = "This image is unsure: its painting is not learnt before it is judged as defect."
IS_KEPT = "This image is kept for testing: its painting checks the model and does not teach it."


@dataclass(frozen=True)
class LessonPatches:
    """What would be learnt from each patch of an image."""

    rows: int
    columns: int
    patches: tuple[int, ...]  # row by row: UNSAID, IGNORED, NORMAL or from ANOMALOUS on
    sentence: str


class LessonPatchesService:
    """Asks the filter; changes nothing."""

    def __init__(self, workspace: Workspace, review: ReviewService) -> None:
        self._workspace = workspace
        self._review = review

    def of(
        self, image_id: int, layers: Sequence[PaintedLayer], ignore: Mask | None, complete: bool
    ) -> LessonPatches:
        """Return what the version in use would learn from this painting of the image, saved or not.

        Raises:
            UnknownImageError
            NotScoredError: without a model there are no patches.
        """
        image, score = self._review.score(image_id)
        with self._workspace.reading() as work:
            verdict = work.verdicts.current([image_id]).get(image_id)
            version = work.versions.get(score.version_id)
        config = DmadConfig.from_json(json.dumps(version.settings if version else {}))
        mask = np.zeros((image.height, image.width), dtype=np.bool_)
        for layer in layers:
            mask |= layer.mask
        grid = (score.grid_height, score.grid_width)
        cells = filter_mask(
            mask,
            grid,
            ignore=ignore,
            complete=complete and bool(mask.any()),
            threshold=config.coverage_threshold,
            mode=config.mask_filter,
        )
        patches = _patches(cells, layers, ignore)
        obstacle = _obstacle(image, verdict.value if verdict else None, bool(mask.any()))
        sentence = obstacle or _sentence(patches, [layer.defect_type for layer in layers])
        return LessonPatches(*grid, tuple(int(patch) for patch in patches.ravel()), sentence)


def _patches(cells: FilteredCells, layers: Sequence[PaintedLayer], ignore: Mask | None) -> NDArray[np.int64]:
    """(H0, W0)"""
    grid = cells.anomalous.shape
    touched = cells.coverage > 0
    if ignore is not None:
        touched |= cell_coverage(ignore, grid) > 0
    patches = np.where(cells.normal, NORMAL, np.where(touched, IGNORED, UNSAID))
    if layers:
        most = np.argmax([cell_coverage(layer.mask, grid) for layer in layers], axis=0)
        patches = np.where(cells.anomalous, ANOMALOUS + most, patches)
    return patches


def _obstacle(image: Image, verdict: VerdictValue | None, is_painted: bool) -> str | None:
    """Why nothing would be learnt, if so."""
    if not is_painted:
        return NOTHING
    if verdict is VerdictValue.GOOD:
        return IS_GOOD
    if verdict is VerdictValue.UNSURE:
        return IS_UNSURE
    return IS_KEPT if image.held_out else None


def _sentence(patches: NDArray[np.int64], types: Sequence[str]) -> str:
    counts = Counter(int(patch) for patch in patches.ravel())
    learnt = [
        f"{counts[ANOMALOUS + at]} as {name}" for at, name in enumerate(types) if counts[ANOMALOUS + at]
    ]
    rest = (
        f"{counts[NORMAL]} as good"
        if counts[NORMAL]
        else "the rest is taken as good only after Done (every defect here is painted)"
    )
    return f"Patches: {', '.join([*learnt, f'{counts[IGNORED]} left alone', rest])}."
