"""Which image to look at next: the most useful one first.

Most useful is what the model is least sure of: the score nearest to its limit. Images without a score
come last, by name. The order never depends on verdicts, so judging an image does not shuffle the others.
"""

from dataclasses import replace

from app.services.catalogue import require_product
from app.services.errors import InvalidRequestError
from storage.listing import NONE, Wanted
from storage.workspace import Workspace

WANTED = {
    "all": Wanted(),
    "unjudged": Wanted(verdict=NONE),
    "unsure": Wanted(verdict="unsure"),
    "without_mask": Wanted(verdict="defect", painted=False),
    "waiting": Wanted(painted=True, held_out=False, taught=False),
    "disagreement": Wanted(contradicted=True),
}


class QueueService:
    """Orders images for judging and painting."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def order(self, product: str | None = None, wanted: str = "unjudged") -> tuple[int, ...]:
        """Return image ids, the most useful first.

        Raises:
            InvalidRequestError: `wanted` is not one of `WANTED`.
            UnknownProductError: no product has this name.
        """
        return tuple(self._ids(product, wanted))

    def next_after(
        self, image_id: int | None, product: str | None = None, wanted: str = "unjudged"
    ) -> int | None:
        """Return the next image of this kind behind `image_id`, from the start again at the end, or None."""
        ids = self._ids(product, wanted, image_id)
        place = ids.index(image_id) if image_id in ids else -1
        return next((found for found in ids[place + 1 :] + ids[: max(place, 0)]), None)

    def previous(self, image_id: int, product: str | None = None, wanted: str = "all") -> int | None:
        """Return the image of this kind before `image_id`; None at the start."""
        ids = self._ids(product, wanted, image_id)
        place = ids.index(image_id) if image_id in ids else 0
        return ids[place - 1] if place else None

    def _ids(self, product: str | None, wanted: str, also: int | None = None) -> list[int]:
        """Return the queue, and in it `also`, where it would stand."""
        if wanted not in WANTED:
            raise InvalidRequestError(f"queue {wanted!r} is not one of {', '.join(WANTED)}.")
        with self._workspace.reading() as work:
            if product is not None:
                require_product(work, product)
            return work.listing.ids(replace(WANTED[wanted], product=product, order="uncertain"), also)
