"""Which image to look at next: the most useful one first.

Most useful is what the model is least sure of: the score nearest to its limit. Images without a score
come last, by name. The order never depends on verdicts, so judging an image does not shuffle the others.
"""

from collections.abc import Callable

from app.services.catalogue import read_snapshot
from app.services.errors import InvalidRequestError
from app.services.views import ImageCard
from storage.workspace import Workspace

_CONTRADICTIONS = {("good", "reject"), ("defect", "pass")}
WANTED: dict[str, Callable[[ImageCard], bool]] = {
    "all": lambda card: True,
    "unjudged": lambda card: card.verdict is None,
    "unsure": lambda card: card.verdict == "unsure",
    "without_mask": lambda card: card.verdict == "defect" and not card.painted,
    "waiting": lambda card: card.painted and not card.kept_for_testing and not card.taught,
    "disagreement": lambda card: (card.verdict, card.call) in _CONTRADICTIONS,
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
        return tuple(card.id for card in self._cards(product) if _condition(wanted)(card))

    def next_after(
        self, image_id: int | None, product: str | None = None, wanted: str = "unjudged"
    ) -> int | None:
        """Return the next image of this kind behind `image_id`, from the start again at the end, or None."""
        is_wanted = _condition(wanted)
        cards = self._cards(product)
        place = next((index for index, card in enumerate(cards) if card.id == image_id), -1)
        turned = cards[place + 1 :] + cards[: max(place, 0)]
        return next((card.id for card in turned if is_wanted(card) and card.id != image_id), None)

    def previous(self, image_id: int, product: str | None = None, wanted: str = "all") -> int | None:
        """Return the image of this kind before `image_id`; None at the start."""
        is_wanted = _condition(wanted)
        found: int | None = None
        for card in self._cards(product):
            if card.id == image_id:
                return found
            if is_wanted(card):
                found = card.id
        return None

    def _cards(self, product: str | None) -> list[ImageCard]:
        with self._workspace.reading() as work:
            snapshot = read_snapshot(work, product)
        return sorted((snapshot.card(image) for image in snapshot.images), key=_usefulness)


def _usefulness(card: ImageCard) -> tuple[int, float, str, str, int]:
    if card.score is None or card.limit is None:
        return (1, 0.0, card.product, card.name, card.id)
    return (0, abs(card.score - card.limit), card.product, card.name, card.id)


def _condition(wanted: str) -> Callable[[ImageCard], bool]:
    if wanted not in WANTED:
        raise InvalidRequestError(f"queue {wanted!r} is not one of {', '.join(WANTED)}.")
    return WANTED[wanted]
