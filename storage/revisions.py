"""Revisions: every painting that was ever saved, numbered per image. Only ever added to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from storage.defect_types import DefectTypes
from storage.errors import InvalidRecordError
from storage.queries import is_one_of, require
from storage.records import Layer, PaintedAs, Revision
from storage.tables import DefectTypeTable, ImageTable, LayerTable, ProductTable, RevisionTable


class Revisions:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._defect_types = DefectTypes(session)

    def add(
        self,
        image_id: int,
        layers: Iterable[Layer],
        ignore_sha256: str | None,
        complete: bool,
        author: str,
        at: datetime,
        save_id: str | None = None,
    ) -> Revision:
        """Save a painting as the image's next revision. The masks' blobs must be stored already.

        Args:
            save_id: names the save it comes from, once per image; `of_save` finds it again.

        Raises:
            NoSuchRecordError: there is no such image.
            InvalidRecordError: two layers are of the same defect type.
        """
        painted = tuple(layers)
        if len({layer.defect_type.strip() for layer in painted}) != len(painted):
            raise InvalidRecordError(
                f"The painting of image {image_id} has two layers of the same defect type."
            )
        require(self._session, ImageTable, "image", image_id)
        newest = self._session.scalar(
            select(func.max(RevisionTable.number)).where(RevisionTable.image_id == image_id)
        )
        number = (newest or 0) + 1
        row = RevisionTable(image_id=image_id, number=number, author=author, at=at, complete=complete)
        row.ignore_sha256 = ignore_sha256
        row.save_id = save_id
        self._session.add(row)
        self._session.flush()
        saved = self._add_layers(row.id, painted)
        return Revision(row.id, image_id, number, author, at, saved, ignore_sha256, complete, save_id)

    def current(self, image_id: int) -> Revision | None:
        """Return the newest revision; None: nobody has painted here."""
        query = _select().where(RevisionTable.image_id == image_id)
        return _only(self._read(query.order_by(RevisionTable.number.desc()).limit(1)))

    def at(self, image_id: int, number: int) -> Revision | None:
        """Return the revision of that number; None: there is none."""
        query = _select().where(RevisionTable.image_id == image_id, RevisionTable.number == number)
        return _only(self._read(query))

    def of_save(self, image_id: int, save_id: str) -> Revision | None:
        """Return the revision that this save made; None: it has not been stored."""
        query = _select().where(RevisionTable.image_id == image_id, RevisionTable.save_id == save_id)
        return _only(self._read(query))

    def all_current(self) -> dict[int, Revision]:
        """Return the newest revision of each image that has one."""
        newest = select(func.max(RevisionTable.id)).group_by(RevisionTable.image_id)
        return {
            revision.image_id: revision
            for revision in self._read(_select().where(RevisionTable.id.in_(newest)))
        }

    def painted_as(
        self, product: str, defect_type: str | None, width: int, height: int, limit: int
    ) -> tuple[PaintedAs, ...]:
        """Return images of a product and size on which this defect type (None: ignore) is painted, newest first."""
        newest = select(func.max(RevisionTable.id)).group_by(RevisionTable.image_id)
        is_painted = (
            RevisionTable.ignore_sha256.is_not(None)
            if defect_type is None
            else (LayerTable.pixel_count > 0) & (DefectTypeTable.name == defect_type)
        )
        mask = RevisionTable.ignore_sha256 if defect_type is None else LayerTable.mask_sha256
        query = (
            select(ImageTable.id, ImageTable.name, ImageTable.pixels_sha256, mask.label("mask_sha256"))
            .join(RevisionTable, RevisionTable.image_id == ImageTable.id)
            .join(ProductTable, ProductTable.id == ImageTable.product_id)
            .where(
                RevisionTable.id.in_(newest), ProductTable.name == product, ImageTable.deleted_at.is_(None)
            )
            .where(ImageTable.width == width, ImageTable.height == height, is_painted)
            .order_by(RevisionTable.id.desc())
            .limit(limit)
        )
        if defect_type is not None:
            query = query.join(LayerTable, LayerTable.revision_id == RevisionTable.id)
            query = query.join(DefectTypeTable, DefectTypeTable.id == LayerTable.defect_type_id)
        found = self._session.execute(query)
        return tuple(
            PaintedAs(image_id, name, pixels, painted) for image_id, name, pixels, painted in found if painted
        )

    def newest_id(self) -> int | None:
        """Return a number that differs whenever something was painted."""
        return self._session.scalar(select(func.max(RevisionTable.id)))

    def get(self, revision_id: int) -> Revision | None:
        return _only(self._read(_select().where(RevisionTable.id == revision_id)))

    def get_many(self, revision_ids: Iterable[int]) -> dict[int, Revision]:
        """Return revisions by their ids; unknown ones are left out."""
        found = self._read(_select().where(is_one_of(RevisionTable.id, revision_ids)))
        return {revision.id: revision for revision in found}

    def history(self, image_id: int) -> tuple[Revision, ...]:
        """Oldest first."""
        query = _select().where(RevisionTable.image_id == image_id).order_by(RevisionTable.number)
        return tuple(self._read(query))

    def _add_layers(self, revision_id: int, layers: Sequence[Layer]) -> tuple[Layer, ...]:
        saved = []
        for layer in layers:
            defect_type = self._defect_types.get_or_create(layer.defect_type)
            row = LayerTable(
                revision_id=revision_id,
                defect_type_id=defect_type.id,
                mask_sha256=layer.mask_sha256,
                pixel_count=layer.pixel_count,
            )
            self._session.add(row)
            self._session.flush()
            saved.append(Layer(defect_type.name, layer.mask_sha256, layer.pixel_count))
        return tuple(saved)

    def _read(self, query: Select[*tuple[Any, ...]]) -> list[Revision]:
        rows = self._session.execute(query).all()
        layers = self._layers([row.id for row in rows])
        return [
            Revision(
                row.id,
                row.image_id,
                row.number,
                row.author,
                row.at,
                tuple(layers[row.id]),
                row.ignore_sha256,
                row.complete,
                row.save_id,
            )
            for row in rows
        ]

    def _layers(self, revision_ids: list[int]) -> defaultdict[int, list[Layer]]:
        found: defaultdict[int, list[Layer]] = defaultdict(list)
        if not revision_ids:
            return found
        query = (
            select(
                LayerTable.revision_id, DefectTypeTable.name, LayerTable.mask_sha256, LayerTable.pixel_count
            )
            .join(DefectTypeTable, DefectTypeTable.id == LayerTable.defect_type_id)
            .where(is_one_of(LayerTable.revision_id, revision_ids))
            .order_by(LayerTable.id)
        )
        for revision_id, defect_type, mask_sha256, pixel_count in self._session.execute(query):
            found[revision_id].append(Layer(defect_type, mask_sha256, pixel_count))
        return found


def _select() -> Select[*tuple[Any, ...]]:
    return select(
        RevisionTable.id,
        RevisionTable.image_id,
        RevisionTable.number,
        RevisionTable.author,
        RevisionTable.at,
        RevisionTable.ignore_sha256,
        RevisionTable.complete,
        RevisionTable.save_id,
    )


def _only(found: list[Revision]) -> Revision | None:
    return found[0] if found else None
