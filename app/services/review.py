"""Look at what the model says: ranked images, heatmaps, and which remembered patches a score rests on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from app.services.catalogue import read_cards, require_image, require_product, sentence, versions_in_use
from app.services.errors import InvalidRequestError, NotScoredError
from app.services.heatmaps import Polyline, limit_contour, overlay_png, patch_scores
from app.services.queue import WANTED
from app.services.views import Box, Evidence, Histogram, NearestGood, NearestPatch, ReviewCard
from storage.list_query import Wanted
from storage.records import Image, Score, VerdictValue
from storage.workspace import Work, Workspace

ONLY = {
    **WANTED,
    "reject": Wanted(call="reject"),
    "pass": Wanted(call="pass"),
    "kept_for_testing": Wanted(held_out=True),
}
BIN = 0.1
NOT_COMPARED = "No model has compared this image with good ones yet: build a model on the Teach page first."
GOOD_IS_GONE = "The good image that this one was compared with is no longer here: teach, then look again."
NO_LONGER_GOOD = (
    "This image was compared with {name}, which no longer counts as good: teach, then look again."
)


class ReviewService:
    """Reads scores; changes nothing."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def ranked(
        self, product: str | None = None, version_id: int | None = None, only: str = "all"
    ) -> tuple[ReviewCard, ...]:
        """Return the scored images, the highest score first.

        Args:
            version_id: whose scores; None: those of the version in use for each product.
            only: one of `ONLY`.
        """
        if only not in ONLY:
            raise InvalidRequestError(f"filter {only!r} is not one of {', '.join(ONLY)}.")
        asked = replace(ONLY[only], product=product, version_id=version_id, scored=True, order="score")
        with self._workspace.reading() as work:
            if product is not None:
                require_product(work, product)
            cards = read_cards(work, asked)
            in_use = versions_in_use(work)
        return tuple(
            ReviewCard(
                card=card,
                version_id=version_id or in_use.get(card.product),
                score_sentence=sentence(card.score or 0.0, card.limit or 0.0),
            )
            for card in cards
        )

    def histogram(self, product: str | None = None, version_id: int | None = None) -> Histogram:
        """Count scores in bins of 0.1, by the persons' verdicts; unsure counts as not judged."""
        cards = [entry.card for entry in self.ranked(product, version_id)]
        scores = [card.score for card in cards if card.score is not None]
        low = np.floor(min([0.0, *scores]) / BIN)
        high = np.ceil(max([2.0, *scores]) / BIN) + 1
        edges = np.round(np.arange(low, high + 1) * BIN, 6)

        def count(verdicts: tuple[str | None, ...]) -> tuple[int, ...]:
            values = [card.score for card in cards if card.score is not None and card.verdict in verdicts]
            return tuple(int(number) for number in np.histogram(values, edges)[0])

        limits = {card.limit for card in cards if card.limit is not None}
        return Histogram(
            bin_edges=tuple(float(edge) for edge in edges),
            good=count(("good",)),
            defect=count(("defect",)),
            unjudged=count((None, "unsure")),
            limit=limits.pop() if len(limits) == 1 else None,
        )

    def score_id(self, image_id: int, version_id: int | None = None) -> int:
        """Return what identifies the score a heatmap is made of: equal ids, equal heatmaps."""
        return self.score(image_id, version_id)[1].id

    def heatmap_png(self, image_id: int, version_id: int | None = None) -> bytes:
        image, score = self.score(image_id, version_id)
        return overlay_png(score, image)

    def limit_contour(self, image_id: int, version_id: int | None = None) -> tuple[Polyline, ...]:
        image, score = self.score(image_id, version_id)
        return limit_contour(score, image)

    def evidence(self, image_id: int, version_id: int | None = None) -> Evidence:
        """Return what the image's worst patch was compared with.

        Raises:
            NotScoredError: this version has not scored it.
        """
        image, score = self.score(image_id, version_id)
        found = score.evidence
        cell = int(found["cell"])
        with self._workspace.reading() as work:
            good = _nearest(work, score, found.get("good"))
            defect = _nearest(work, score, found.get("painted"))
        return Evidence(
            image_id=image_id,
            version_id=score.version_id,
            box=cell_box(cell, image, score),
            patch_score=float(patch_scores(score).ravel()[cell]),
            nearest_good=good,
            nearest_defect=defect,
            sentence=_evidence_sentence(good, defect),
        )

    def nearest_good(self, image_id: int, version_id: int | None = None) -> NearestGood:
        """Return the good image that the image's worst patch was compared with."""
        try:
            _, score = self.score(image_id, version_id)
        except NotScoredError:
            return NearestGood(None, NOT_COMPARED)
        found = int((score.evidence.get("good") or {}).get("image_id", -1))
        with self._workspace.reading() as work:
            image = work.images.get(found) if found >= 0 else None
            verdict = work.verdicts.current([found]).get(found)
        if image is None or image.deleted_at is not None:
            return NearestGood(None, GOOD_IS_GONE)
        if verdict is None or verdict.value is not VerdictValue.GOOD:
            return NearestGood(None, NO_LONGER_GOOD.format(name=image.name))
        return NearestGood(image.id, f"Nearest good image: {image.name}")

    def score(self, image_id: int, version_id: int | None = None) -> tuple[Image, Score]:
        """Return the image and its stored score by this version (None: the one in use).

        Raises:
            UnknownImageError, NotScoredError
        """
        with self._workspace.reading() as work:
            image = require_image(work, image_id)
            version = version_id if version_id is not None else versions_in_use(work).get(image.product)
            score = work.scores.get(image_id, version) if version is not None else None
        if score is None:
            raise NotScoredError(image.name, image.product, version)
        return image, score


def cell_box(cell: int, image: Image, score: Score) -> Box:
    """Return the pixels that a grid cell covers."""
    row, column = divmod(cell, score.grid_width)
    return (
        column * image.width // score.grid_width,
        row * image.height // score.grid_height,
        -(-(column + 1) * image.width // score.grid_width),
        -(-(row + 1) * image.height // score.grid_height),
    )


def _nearest(work: Work, score: Score, found: Mapping[str, Any] | None) -> NearestPatch | None:
    if found is None:
        return None
    image = work.images.get(int(found["image_id"])) if int(found["image_id"]) >= 0 else None
    return NearestPatch(
        image_id=image.id if image else None,
        box=cell_box(int(found["cell"]), image, score) if image else None,
        distance=float(found["distance"]),
        defect_type=found.get("defect_type"),
        product=found.get("product"),
    )


def _evidence_sentence(good: NearestPatch | None, defect: NearestPatch | None) -> str:
    if good is None:
        return "Nothing is known of what this score rests on."
    said = f"The nearest good patch is {good.distance:.2f} away"
    if defect is None:
        return f"{said}; nothing painted to compare with yet."
    where = f" of {defect.product}" if defect.product != good.product else ""
    return f"{said}, the nearest painted {defect.defect_type}{where} {defect.distance:.2f}."
