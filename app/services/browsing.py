"""Find images and hand out their files."""

from collections import Counter

from app.services.authorship import checked_author, now
from app.services.catalogue import (
    read_cards,
    read_image,
    require_image,
    require_product,
    versions_in_use,
)
from app.services.errors import BlobMissingError, InvalidRequestError, UnknownImageError
from app.services.thumbnails import Thumbnails
from app.services.views import ImageCard, ImageDetails, ImageFilter, MediaFile, ProductSummary
from storage.errors import NoSuchRecordError
from storage.list_query import Wanted
from storage.listing import Total
from storage.records import Image
from storage.workspace import Work, Workspace

VERDICTS = ("good", "defect", "unsure", "none")
CALLS = ("pass", "reject", "none")
ORDERS = ("name", "score", "newest")


class BrowsingService:
    """Every question about what is in the workspace; changes nothing but deletes and restores images."""

    def __init__(self, workspace: Workspace, thumbnails: Thumbnails) -> None:
        self._workspace = workspace
        self._thumbnails = thumbnails

    def products(self) -> tuple[ProductSummary, ...]:
        with self._workspace.reading() as work:
            totals = {total.product: total for total in work.listing.totals()}
            labels = work.listing.labels()
            in_use = versions_in_use(work)
            names = [product.name for product in work.products.all()]
        verdicts = Counter((image.product, image.verdict) for image in labels)
        painted = Counter(image.product for image in labels if image.painted)
        return tuple(
            _summary(totals.get(name, Total(name, 0, 0)), verdicts, painted[name], in_use.get(name))
            for name in names
        )

    def find(
        self, wanted: ImageFilter, limit: int | None = None, after: int | None = None
    ) -> tuple[ImageCard, ...]:
        """Return the cards that match, in the order asked for; at most `limit` of them.

        Args:
            after: an image; the cards behind its place are wanted.

        Raises:
            UnknownImageError: there is no image `after`.
            InvalidRequestError: a filter value that does not exist.
            UnknownProductError: no product has this name.
        """
        _check(wanted)
        with self._workspace.reading() as work:
            if wanted.product is not None:
                require_product(work, wanted.product)
            try:
                return read_cards(work, _as_asked(wanted), limit, after)
            except NoSuchRecordError as error:
                raise UnknownImageError(after or 0) from error

    def count(self, wanted: ImageFilter) -> int:
        """Return how many match; raises what `find` raises."""
        _check(wanted)
        with self._workspace.reading() as work:
            return work.listing.count(_as_asked(wanted))

    def card(self, image_id: int) -> ImageCard:
        with self._workspace.reading() as work:
            image, snapshot = read_image(work, image_id)
        return snapshot.card(image)

    def details(self, image_id: int, version_id: int | None = None) -> ImageDetails:
        """Return what is known of an image; with the score of this version (None: the one in use)."""
        with self._workspace.reading() as work:
            image, snapshot = read_image(work, image_id, version_id)
            filed_as = _filed_as(work, image, snapshot.verdict(image_id))
        return ImageDetails(
            card=snapshot.card(image),
            lot=image.lot,
            part=image.part,
            shot=image.shot,
            station=image.station,
            captured_at=image.captured_at,
            version_id=version_id or snapshot.versions_in_use.get(image.product),
            score_sentence=snapshot.score_sentence(image),
            filed_as=filed_as,
        )

    def pixels(self, image_id: int) -> MediaFile:
        image = self._image(image_id)
        path = self._workspace.blobs.path(image.pixels_sha256)
        if not path.is_file():
            raise BlobMissingError(image.pixels_sha256)
        return MediaFile(path, image.media_type, image.pixels_sha256)

    def thumbnail(self, image_id: int) -> MediaFile:
        image = self._image(image_id)
        path = self._thumbnails.of(image.pixels_sha256)
        return MediaFile(path, "image/jpeg", f"{image.pixels_sha256}-thumbnail")

    def delete(self, image_id: int, author: str) -> None:
        """Take the image out of every list; its labels are kept, and `restore` brings it back."""
        name = checked_author(author)
        with self._workspace.writing() as work:
            require_image(work, image_id)
            work.images.delete(image_id, name, now())

    def restore(self, image_id: int, author: str) -> ImageCard:
        name = checked_author(author)
        with self._workspace.writing() as work:
            work.images.restore(image_id)
            work.events.add(name, now(), "image restored", {"image_id": image_id})
        return self.card(image_id)

    def has_model(self) -> bool:
        with self._workspace.reading() as work:
            return bool(versions_in_use(work))

    def _image(self, image_id: int) -> Image:
        with self._workspace.reading() as work:
            return require_image(work, image_id)


def _as_asked(wanted: ImageFilter) -> Wanted:
    return Wanted(
        product=wanted.product,
        verdict=wanted.verdict,
        call=wanted.call,
        held_out=wanted.kept_for_testing,
        painted=wanted.painted,
        min_score=wanted.min_score,
        max_score=wanted.max_score,
        text=wanted.text,
        order=wanted.order,
    )


def _check(wanted: ImageFilter) -> None:
    for what, value, allowed in (
        ("verdict", wanted.verdict, VERDICTS),
        ("call", wanted.call, CALLS),
        ("order", wanted.order, ORDERS),
    ):
        if value is not None and value not in allowed:
            raise InvalidRequestError(f"{what} {value!r} is not one of {', '.join(allowed)}.")


def _filed_as(work: Work, image: Image, own_verdict: str | None) -> tuple[str, ...]:
    others = [other.id for other in work.images.same_picture(image.source_sha256) if other.id != image.id]
    verdicts = {verdict.value.value for verdict in work.verdicts.current(others).values()}
    return tuple(sorted(verdicts - {own_verdict}))


def _summary(
    total: Total, verdicts: Counter[tuple[str, str | None]], painted: int, version_id: int | None
) -> ProductSummary:
    good, defect, unsure = (verdicts[total.product, verdict] for verdict in ("good", "defect", "unsure"))
    return ProductSummary(
        name=total.product,
        images=total.images,
        good=good,
        defect=defect,
        unsure=unsure,
        unjudged=total.images - good - defect - unsure,
        kept_for_testing=total.held_out,
        painted=painted,
        version_in_use=version_id,
    )
