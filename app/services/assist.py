"""Drafts for the painter: what a rough stroke may mean, what the model sees, what is painted on the most similar image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw

from app.services.catalogue import require_image
from app.services.errors import InvalidRequestError, NotScoredError
from app.services.heatmaps import patch_scores
from app.services.review import ReviewService
from app.services.thumbnails import Thumbnails
from core.assist.choice import offers_for
from core.assist.watershed import Drafts
from core.heatmap import pixel_map
from core.images import decode
from storage.masks import decode_mask
from storage.records import Image
from storage.workspace import Workspace

SHARES = (1.6, 1.4, 1.2, 1.1, 1.0, 0.9, 0.8, 0.7, 0.6)  # of the reject limit, where the contour is drawn
COMPARED = 500  # painted images, the newest, among which the most similar one is looked for
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


@dataclass(frozen=True)
class CopiedPainting:
    """What is painted with one defect type on another image."""

    image_id: int
    name: str
    drafts: MaskDrafts


class AssistService:
    """Reads pixels and scores; changes nothing."""

    def __init__(self, workspace: Workspace, review: ReviewService, thumbnails: Thumbnails) -> None:
        self._workspace = workspace
        self._review = review
        self._look = lru_cache(COMPARED)(thumbnails.look)

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

    def from_similar(self, image_id: int, defect_type: str | None) -> CopiedPainting:
        """Return what is painted with a defect type (None: ignore) on the image that looks most like this one.

        Images of the same product and size are compared by the mean grey level of 32 × 32 fields.

        Raises:
            UnknownImageError
            InvalidRequestError: no other such image is painted with it.
        """
        with self._workspace.reading() as work:
            image = require_image(work, image_id)
            asked = (image.product, defect_type, image.width, image.height)
            found = [
                one for one in work.revisions.painted_as(*asked, COMPARED + 1) if one.image_id != image_id
            ]
        if not found:
            kind = "ignored" if defect_type is None else defect_type
            raise InvalidRequestError(
                f"No other image of {image.product} of this size is painted as {kind} yet: paint by hand."
            )
        nearest = min(found, key=lambda one: self._difference(image.pixels_sha256, one.pixels_sha256))
        mask = decode_mask(self._workspace.blobs.get(nearest.mask_sha256))
        drafts = MaskDrafts(image.width, image.height, (PieceOfMask(0, 0, mask),), 0)
        return CopiedPainting(nearest.image_id, nearest.name, drafts)

    def _difference(self, first: str, second: str) -> float:
        """Return the mean difference of two pictures in grey levels; the largest there is where one has no thumbnail."""
        looks = self._look(first), self._look(second)
        if looks[0] is None or looks[1] is None:
            return 255.0
        return float(np.abs(looks[0].astype(np.int16) - looks[1]).mean())


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
