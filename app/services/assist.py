"""Drafts for the painter: what a person may have meant by a rough stroke, and what the model thinks the defect is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw

from app.services.catalogue import require_image
from app.services.errors import InvalidRequestError, NotScoredError
from app.services.heatmaps import patch_scores
from app.services.review import ReviewService
from core.assist.choice import offers_for
from core.assist.watershed import Drafts
from core.heatmap import pixel_map
from core.images import decode
from storage.records import Image
from storage.workspace import Workspace

SHARES = (1.6, 1.4, 1.2, 1.1, 1.0, 0.9, 0.8, 0.7, 0.6)  # of the reject limit, where the contour is drawn
Point = tuple[float, float]  # (x, y) in pixels of the image


@dataclass(frozen=True, eq=False)
class PieceOfMask:
    """A mask that is empty outside of its piece of the image."""

    top: int
    left: int
    pixels: NDArray[np.bool_]  # (h, w)


@dataclass(frozen=True)
class MaskDrafts:
    """Masks to choose from, from small to large, for an image of this size."""

    width: int
    height: int
    pieces: tuple[PieceOfMask, ...]
    proposed: int


@dataclass(frozen=True)
class Offer:
    """What one method makes of a stroke."""

    method: str  # "both" | "brush" | "watershed"
    drafts: MaskDrafts


@dataclass(frozen=True)
class StrokeDrafts:
    """Each method's drafts, the one to show first in front."""

    offers: tuple[Offer, ...]
    uses_model: bool  # the first opinion on each pixel came from the heatmap too


class AssistService:
    """Reads pixels and scores; changes nothing."""

    def __init__(self, workspace: Workspace, review: ReviewService) -> None:
        self._workspace = workspace
        self._review = review

    def from_stroke(self, image_id: int, points: Sequence[Point], *, is_blind: bool = False) -> StrokeDrafts:
        """Return what the defect under a stroke or a click may be.

        Args:
            is_blind: in a second look nothing of the model may show; else its heatmap counts, where there is one.

        Raises:
            UnknownImageError, InvalidRequestError: no point of the stroke lies on the image.
        """
        with self._workspace.reading() as work:
            image = require_image(work, image_id)
        stroke = _line(points, image.width, image.height)
        if not stroke.any():
            raise InvalidRequestError("The stroke lies outside of the image: draw on the defect.")
        heat = None if is_blind else self._heat(image_id)
        pixels = decode(self._workspace.blobs.get(image.pixels_sha256)).pixels
        offers = offers_for(pixels, stroke, heat)
        placed = tuple(Offer(offer.method, _placed(offer.drafts, image)) for offer in offers)
        return StrokeDrafts(placed, heat is not None)

    def _heat(self, image_id: int) -> NDArray[np.float32] | None:
        """Patch scores of the version in use, 1 at its limit; None: it has not judged the image."""
        try:
            _, score = self._review.score(image_id)
        except NotScoredError:
            return None
        return patch_scores(score) / np.float32(score.limit)

    def from_model(self, image_id: int) -> MaskDrafts:
        """Return where the scores of the version in use lie above shares of the reject limit.

        Raises:
            UnknownImageError, NotScoredError
            InvalidRequestError: nothing comes near the limit.
        """
        image, score = self._review.score(image_id)
        heat = pixel_map(patch_scores(score), (image.height, image.width))
        masks = [heat > share * score.limit for share in SHARES]
        proposed = sum(not mask.any() for mask in masks)
        if proposed == len(masks):
            raise InvalidRequestError("The model sees nothing here that comes near its limit: paint by hand.")
        pieces = tuple(PieceOfMask(0, 0, mask) for mask in masks[proposed:])
        return MaskDrafts(image.width, image.height, pieces, max(0, SHARES.index(1.0) - proposed))


def _placed(drafts: Drafts, image: Image) -> MaskDrafts:
    pieces = tuple(_piece(drafts, number) for number in range(len(drafts.basins)))
    return MaskDrafts(image.width, image.height, pieces, drafts.proposed)


def _piece(drafts: Drafts, number: int) -> PieceOfMask:
    """Return no more of a mask than where it is True: its region may be the whole of a large image."""
    mask, region = drafts.mask(number), drafts.region
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    piece = mask[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1].copy()
    return PieceOfMask(region.top + top, region.left + left, piece)


def _line(points: Sequence[Point], width: int, height: int) -> NDArray[np.bool_]:
    """(H, W) the pixels that a line through the points meets."""
    picture = Picture.new("1", (width, height))
    cells = [(int(np.floor(x)), int(np.floor(y))) for x, y in points]
    draw = ImageDraw.Draw(picture)
    draw.line(cells, fill=1)
    draw.point(cells, fill=1)
    return np.array(picture)
