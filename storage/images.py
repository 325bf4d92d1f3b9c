"""Images: which picture belongs to which product, its facts, and the side of the split its part is on."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from storage.errors import NoSuchRecordError
from storage.products import Products
from storage.queries import is_one_of, readable, readable_or_none, require
from storage.records import Image, NewImage
from storage.tables import ImageTable, PartTable, ProductTable

# Columns in the order of `Image`'s fields; faster by far than rows as objects.
_IMAGES: Select[*tuple[Any, ...]] = (
    select(
        ImageTable.id,
        ImageTable.product_id,
        ProductTable.name.label("product"),
        ImageTable.source_sha256,
        ImageTable.pixels_sha256,
        ImageTable.media_type,
        ImageTable.width,
        ImageTable.height,
        ImageTable.name,
        ImageTable.lot,
        PartTable.name.label("part"),
        ImageTable.shot,
        ImageTable.station,
        ImageTable.captured_at,
        ImageTable.imported_at,
        PartTable.held_out,
        ImageTable.part_id,
        ImageTable.deleted_at,
    )
    .join(ProductTable, ProductTable.id == ImageTable.product_id)
    .join(PartTable, PartTable.id == ImageTable.part_id)
)


class Images:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._products = Products(session)

    def add(self, new: NewImage) -> tuple[Image, bool]:
        """Add an image and tell whether it appeared by this: False when it was there already.

        The same file in the same product is one image; a deleted one comes back, with its history.
        A new shot of a known part joins that part's side, whatever `new.held_out` says.

        Raises:
            InvalidRecordError: the product's name is empty.
        """
        product = self._products.get_or_create(new.product)
        row = self._session.scalar(
            select(ImageTable).where(
                ImageTable.product_id == product.id, ImageTable.source_sha256 == new.source_sha256
            )
        )
        if row is not None:
            was_deleted = row.deleted_at is not None
            row.deleted_at = row.deleted_by = None
            self._session.flush()
            return self._require(row.id), was_deleted
        row = _row(new, product.id, self._part_id(product.id, readable_or_none(new.part), new.held_out))
        self._session.add(row)
        self._session.flush()
        return self._require(row.id), True

    def get(self, image_id: int) -> Image | None:
        """Return one image, deleted ones too."""
        row = self._session.execute(_IMAGES.where(ImageTable.id == image_id)).one_or_none()
        return None if row is None else _record(row)

    def get_many(self, image_ids: Iterable[int]) -> tuple[Image, ...]:
        """Return images in the order asked for, deleted ones too; unknown ids are left out."""
        wanted = list(image_ids)
        rows = self._session.execute(_IMAGES.where(is_one_of(ImageTable.id, wanted)))
        found = {image.id: image for image in map(_record, rows)}
        return tuple(found[image_id] for image_id in wanted if image_id in found)

    def without_deleted(self, image_ids: Iterable[int]) -> tuple[int, ...]:
        """Return those of the ids that are images and not deleted, in their order."""
        return tuple(image.id for image in self.get_many(image_ids) if image.deleted_at is None)

    def all(self, product: str | None = None, include_deleted: bool = False) -> tuple[Image, ...]:
        """In the order they were added."""
        query = _IMAGES.order_by(ImageTable.id)
        if product is not None:
            query = query.where(ProductTable.name == product)
        if not include_deleted:
            query = query.where(ImageTable.deleted_at.is_(None))
        return tuple(map(_record, self._session.execute(query)))

    def same_picture(self, source_sha256: str) -> tuple[Image, ...]:
        """Return every image made from this file, in any product, that is not deleted."""
        query = _IMAGES.where(ImageTable.source_sha256 == source_sha256, ImageTable.deleted_at.is_(None))
        return tuple(map(_record, self._session.execute(query.order_by(ImageTable.id))))

    def shots_of(self, part_id: int, include_deleted: bool = False) -> tuple[Image, ...]:
        """Return all images of one part."""
        query = _IMAGES.where(ImageTable.part_id == part_id).order_by(ImageTable.id)
        if not include_deleted:
            query = query.where(ImageTable.deleted_at.is_(None))
        return tuple(map(_record, self._session.execute(query)))

    def set_held_out(self, image_id: int, held_out: bool) -> None:
        """Move an image, with all other shots of its part, to one side of the split.

        Raises:
            NoSuchRecordError: there is no such image.
        """
        image = self._require(image_id)
        part: PartTable = require(self._session, PartTable, "part", image.part_id)
        part.held_out = held_out
        self._session.flush()

    def delete(self, image_id: int, author: str, at: datetime) -> None:
        """Put a tombstone: the image leaves every list, its files and its history stay.

        Raises:
            NoSuchRecordError: there is no such image.
        """
        row: ImageTable = require(self._session, ImageTable, "image", image_id)
        if row.deleted_at is None:
            row.deleted_at, row.deleted_by = at, author
            self._session.flush()

    def restore(self, image_id: int) -> None:
        """Take the tombstone away.

        Raises:
            NoSuchRecordError: there is no such image.
        """
        row: ImageTable = require(self._session, ImageTable, "image", image_id)
        row.deleted_at = row.deleted_by = None
        self._session.flush()

    def _part_id(self, product_id: int, name: str | None, held_out: bool) -> int:
        """Return the named part, or a fresh one."""
        if name is not None:
            known = self._session.scalar(
                select(PartTable.id).where(PartTable.product_id == product_id, PartTable.name == name)
            )
            if known is not None:
                return known
        part = PartTable(product_id=product_id, name=name, held_out=held_out)
        self._session.add(part)
        self._session.flush()
        return part.id

    def _require(self, image_id: int) -> Image:
        image = self.get(image_id)
        if image is None:
            raise NoSuchRecordError("image", image_id)
        return image


def _record(row: Row[*tuple[Any, ...]]) -> Image:
    return Image(*row)


def _row(new: NewImage, product_id: int, part_id: int) -> ImageTable:
    return ImageTable(
        product_id=product_id,
        part_id=part_id,
        source_sha256=new.source_sha256,
        pixels_sha256=new.pixels_sha256,
        media_type=new.media_type,
        width=new.width,
        height=new.height,
        name=readable(new.name),
        lot=readable_or_none(new.lot),
        shot=readable_or_none(new.shot),
        station=readable_or_none(new.station),
        captured_at=new.captured_at,
        imported_at=datetime.now(UTC),
        deleted_at=None,
        deleted_by=None,
    )
