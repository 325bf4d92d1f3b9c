"""Read a consistent picture of many images at once, and turn it into cards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.services.errors import UnknownImageError, UnknownProductError
from app.services.views import ImageCard
from storage.list_query import Wanted
from storage.listing import ListedImage
from storage.records import Image, Revision, ScoreSummary, Verdict
from storage.workspace import Work

NO_SCORE = "not scored yet"
NO_MODEL = "no model yet"


@dataclass(frozen=True)
class Snapshot:
    """Images with what persons and the model say of them, read in one transaction. Keys are image ids."""

    images: tuple[Image, ...]
    verdicts: Mapping[int, Verdict]
    revisions: Mapping[int, Revision]
    scores: Mapping[int, ScoreSummary]
    versions_in_use: Mapping[str, int]  # product -> version id

    def verdict(self, image_id: int) -> str | None:
        verdict = self.verdicts.get(image_id)
        return verdict.value.value if verdict else None

    def is_painted(self, image_id: int) -> bool:
        revision = self.revisions.get(image_id)
        return revision is not None and bool(revision.layers)

    def card(self, image: Image) -> ImageCard:
        score = self.scores.get(image.id)
        revision = self.revisions.get(image.id)
        return ImageCard(
            id=image.id,
            product=image.product,
            name=image.name,
            width=image.width,
            height=image.height,
            verdict=self.verdict(image.id),
            call=score.call.value if score else None,
            score=score.score if score else None,
            limit=score.limit if score else None,
            taught=score.taught if score else False,
            kept_for_testing=image.held_out,
            painted=self.is_painted(image.id),
            complete=revision.complete if revision else False,
            defect_types=tuple(layer.defect_type for layer in revision.layers) if revision else (),
        )

    def score_sentence(self, image: Image) -> str:
        score = self.scores.get(image.id)
        if score:
            return sentence(score.score, score.limit)
        return NO_SCORE if image.product in self.versions_in_use else NO_MODEL


def read_cards(
    work: Work, wanted: Wanted, limit: int | None = None, after: int | None = None
) -> tuple[ImageCard, ...]:
    """Return the cards of the images that match, in the order asked for; with `after`, those behind that image's place."""
    listed = work.listing.find(wanted, limit, after=after)
    types = work.listing.defect_types(
        image.revision_id for image in listed if image.painted and image.revision_id is not None
    )
    return tuple(_card(image, types.get(image.revision_id or 0, ())) for image in listed)


def _card(image: ListedImage, defect_types: tuple[str, ...]) -> ImageCard:
    return ImageCard(
        id=image.id,
        product=image.product,
        name=image.name,
        width=image.width,
        height=image.height,
        verdict=image.verdict,
        call=image.call,
        score=image.score,
        limit=image.limit,
        taught=image.taught,
        kept_for_testing=image.held_out,
        painted=image.painted,
        complete=image.complete,
        defect_types=defect_types,
    )


def sentence(score: float, limit: float) -> str:
    return f"{score:.2f} (reject limit {limit:.2f})"


def read_snapshot(work: Work, product: str | None = None, version_id: int | None = None) -> Snapshot:
    """Read every image (of one product) that is not deleted.

    Args:
        work: an open transaction.
        product: None for all.
        version_id: whose scores to show; None: those of the version in use for each image's product.

    Raises:
        UnknownProductError: no product has this name.
    """
    if product is not None:
        require_product(work, product)
    in_use = versions_in_use(work)
    images = work.images.all(product)
    return Snapshot(
        images=images,
        verdicts=work.verdicts.current(),
        revisions=work.revisions.all_current(),
        scores=_scores(work, images, in_use, version_id),
        versions_in_use=in_use,
    )


def read_image(work: Work, image_id: int, version_id: int | None = None) -> tuple[Image, Snapshot]:
    """Read one image that is not deleted, and the snapshot its card is made from."""
    image = require_image(work, image_id)
    in_use = versions_in_use(work)
    version = version_id if version_id is not None else in_use.get(image.product)
    revision = work.revisions.current(image_id)
    snapshot = Snapshot(
        images=(image,),
        verdicts=work.verdicts.current([image_id]),
        revisions={image_id: revision} if revision else {},
        scores=work.scores.summaries(version, [image_id]) if version is not None else {},
        versions_in_use=in_use,
    )
    return image, snapshot


def require_image(work: Work, image_id: int) -> Image:
    image = work.images.get(image_id)
    if image is None or image.deleted_at is not None:
        raise UnknownImageError(image_id)
    return image


def require_product(work: Work, name: str) -> None:
    if work.products.by_name(name) is None:
        raise UnknownProductError(name, tuple(product.name for product in work.products.all()))


def versions_in_use(work: Work) -> dict[str, int]:
    return {product: use.version_id for product, use in work.in_use.current().items()}


def _scores(
    work: Work, images: Iterable[Image], in_use: Mapping[str, int], version_id: int | None
) -> dict[int, ScoreSummary]:
    if version_id is not None:
        return dict(work.scores.summaries(version_id))
    by_version = {version: work.scores.summaries(version) for version in set(in_use.values())}
    found: dict[int, ScoreSummary] = {}
    for image in images:
        version = in_use.get(image.product)
        summary = by_version[version].get(image.id) if version is not None else None
        if summary is not None:
            found[image.id] = summary
    return found
