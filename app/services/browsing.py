"""Find images and hand out their files."""

from app.services.authorship import checked_author, now
from app.services.catalogue import Snapshot, read_image, read_snapshot, require_image, versions_in_use
from app.services.errors import BlobMissingError, InvalidRequestError
from app.services.thumbnails import Thumbnails
from app.services.views import ImageCard, ImageDetails, ImageFilter, MediaFile, ProductSummary
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
            snapshot = read_snapshot(work)
            names = [product.name for product in work.products.all()]
        return tuple(_summary(snapshot, name) for name in names)

    def find(self, wanted: ImageFilter) -> tuple[ImageCard, ...]:
        """Return the cards that match, in the order asked for.

        Raises:
            InvalidRequestError: a filter value that does not exist.
            UnknownProductError: no product has this name.
        """
        _check(wanted)
        with self._workspace.reading() as work:
            snapshot = read_snapshot(work, wanted.product)
        cards = [snapshot.card(image) for image in _ordered(snapshot, wanted.order)]
        return tuple(card for card in cards if matches(card, wanted))

    def card(self, image_id: int) -> ImageCard:
        with self._workspace.reading() as work:
            image, snapshot = read_image(work, image_id)
        return snapshot.card(image)

    def details(self, image_id: int) -> ImageDetails:
        with self._workspace.reading() as work:
            image, snapshot = read_image(work, image_id)
            filed_as = _filed_as(work, image, snapshot.verdict(image_id))
        return ImageDetails(
            card=snapshot.card(image),
            lot=image.lot,
            part=image.part,
            shot=image.shot,
            station=image.station,
            captured_at=image.captured_at,
            version_id=snapshot.versions_in_use.get(image.product),
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


def matches(card: ImageCard, wanted: ImageFilter) -> bool:
    return (
        (wanted.verdict is None or (card.verdict or "none") == wanted.verdict)
        and (wanted.call is None or (card.call or "none") == wanted.call)
        and (wanted.kept_for_testing is None or card.kept_for_testing == wanted.kept_for_testing)
        and (wanted.painted is None or card.painted == wanted.painted)
        and (wanted.min_score is None or (card.score is not None and card.score >= wanted.min_score))
        and (wanted.max_score is None or (card.score is not None and card.score <= wanted.max_score))
        and (not wanted.text.strip() or wanted.text.strip().casefold() in _searchable(card))
    )


def _searchable(card: ImageCard) -> str:
    return " ".join((card.name, card.product, *card.defect_types)).casefold()


def _check(wanted: ImageFilter) -> None:
    for what, value, allowed in (
        ("verdict", wanted.verdict, VERDICTS),
        ("call", wanted.call, CALLS),
        ("order", wanted.order, ORDERS),
    ):
        if value is not None and value not in allowed:
            raise InvalidRequestError(f"{what} {value!r} is not one of {', '.join(allowed)}.")


def _ordered(snapshot: Snapshot, order: str) -> list[Image]:
    if order == "newest":
        return sorted(snapshot.images, key=lambda image: (image.imported_at, image.id), reverse=True)
    if order == "score":
        return sorted(
            snapshot.images, key=lambda image: (-_score(snapshot, image), image.product, image.name, image.id)
        )
    return sorted(snapshot.images, key=lambda image: (image.product, image.name, image.id))


def _score(snapshot: Snapshot, image: Image) -> float:
    summary = snapshot.scores.get(image.id)
    return summary.score if summary else float("-inf")


def _filed_as(work: Work, image: Image, own_verdict: str | None) -> tuple[str, ...]:
    others = [other.id for other in work.images.same_picture(image.source_sha256) if other.id != image.id]
    verdicts = {verdict.value.value for verdict in work.verdicts.current(others).values()}
    return tuple(sorted(verdicts - {own_verdict}))


def _summary(snapshot: Snapshot, product: str) -> ProductSummary:
    images = [image for image in snapshot.images if image.product == product]
    verdicts = [snapshot.verdict(image.id) for image in images]
    return ProductSummary(
        name=product,
        images=len(images),
        good=verdicts.count("good"),
        defect=verdicts.count("defect"),
        unsure=verdicts.count("unsure"),
        unjudged=verdicts.count(None),
        kept_for_testing=sum(image.held_out for image in images),
        painted=sum(snapshot.is_painted(image.id) for image in images),
        version_in_use=snapshot.versions_in_use.get(product),
    )
