"""False rejects, missed defects and ranking on the images kept for testing: counts, never bare rates."""

from collections.abc import Mapping

from app.services.catalogue import Snapshot
from app.services.views import ProductFigures
from core.metrics import auroc
from storage.records import Call, ScoreSummary


def figures(
    snapshot: Snapshot, scores: Mapping[int, ScoreSummary], image_ids: frozenset[int]
) -> tuple[ProductFigures, ...]:
    """Return one line per product over `image_ids`, sorted by name."""
    products = sorted({image.product for image in snapshot.images if image.id in image_ids})
    return tuple(_of_product(snapshot, scores, image_ids, product) for product in products)


def comparable_images(snapshot: Snapshot, *scored: Mapping[int, ScoreSummary]) -> frozenset[int]:
    """Return the images kept for testing, judged good or defect, that every one of `scored` holds.

    One that is judged good but painted is left out: one of the two is wrong.
    """
    return frozenset(
        image.id
        for image in snapshot.images
        if image.held_out
        and snapshot.verdict(image.id) in ("good", "defect")
        and not (snapshot.verdict(image.id) == "good" and snapshot.is_painted(image.id))
        and all(image.id in scores for scores in scored)
    )


def image_auroc(good: list[float], defect: list[float]) -> float | None:
    """Return the share of (good, defect) pairs in the right order, ties half; None without a pair."""
    if not good or not defect:
        return None
    return auroc(good + defect, [False] * len(good) + [True] * len(defect))


def _of_product(
    snapshot: Snapshot, scores: Mapping[int, ScoreSummary], image_ids: frozenset[int], product: str
) -> ProductFigures:
    ids = [image.id for image in snapshot.images if image.product == product and image.id in image_ids]
    good = [scores[image_id] for image_id in ids if snapshot.verdict(image_id) == "good"]
    defect = [scores[image_id] for image_id in ids if snapshot.verdict(image_id) == "defect"]
    return ProductFigures(
        product=product,
        n_good=len(good),
        n_defect=len(defect),
        false_rejects=sum(score.call is Call.REJECT for score in good),
        missed=sum(score.call is Call.PASS for score in defect),
        image_auroc=image_auroc([score.score for score in good], [score.score for score in defect]),
    )
