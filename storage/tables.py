"""The tables as classes. They never leave this package: repositories hand out `storage.records`."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from storage.errors import InvalidRecordError
from storage.records import Call, JobKind, JobState, VerdictValue, VersionKind


class UtcTime(TypeDecorator[datetime]):
    """A moment, stored as ISO text in UTC with microseconds, so that text order is time order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise InvalidRecordError(f"The time {value.isoformat()} does not say its time zone.")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


def state_column(states: type[StrEnum], name: str) -> Enum:
    """Text that the database only takes when it is one of the states' values."""
    return Enum(
        states,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcTime(), dict[str, Any]: JSON, list[int]: JSON, list[str]: JSON}  # noqa: RUF012


class ProductTable(Base):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime]


class PartTable(Base):
    """One piece that was photographed. It holds the side of the split, so its shots can't fall apart."""

    __tablename__ = "parts"
    __table_args__ = (UniqueConstraint("product_id", "name"),)  # parts without a name are all different

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    name: Mapped[str | None] = mapped_column(Text)
    held_out: Mapped[bool]


class ImageTable(Base):
    __tablename__ = "images"
    __table_args__ = (
        UniqueConstraint("product_id", "source_sha256"),
        CheckConstraint("width > 0 AND height > 0", name="size"),
        Index(None, "source_sha256"),
        Index(None, "part_id"),
        Index("ix_images_listed", "product_id", "name", "id", "deleted_at", "part_id"),
        Index("ix_images_imported_at", "imported_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    source_sha256: Mapped[str] = mapped_column(Text)
    pixels_sha256: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    width: Mapped[int]
    height: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    lot: Mapped[str | None] = mapped_column(Text)
    shot: Mapped[str | None] = mapped_column(Text)
    station: Mapped[str | None] = mapped_column(Text)
    captured_at: Mapped[datetime | None]
    imported_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    deleted_by: Mapped[str | None] = mapped_column(Text)


class VerdictTable(Base):
    __tablename__ = "verdicts"
    __table_args__ = (Index(None, "image_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"))
    value: Mapped[VerdictValue | None] = mapped_column(state_column(VerdictValue, "value"))  # NULL: withdrawn
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    shown_because: Mapped[str] = mapped_column(Text)
    heatmap_visible: Mapped[bool]


class SkipTable(Base):
    __tablename__ = "skips"
    __table_args__ = (Index(None, "author", "queue", "image_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"))
    queue: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class RemarkTable(Base):
    __tablename__ = "remarks"

    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class RecheckTable(Base):
    """A verdict given again, without knowing the one that counts. It never counts itself."""

    __tablename__ = "rechecks"
    __table_args__ = (UniqueConstraint("verdict_id", "author"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    verdict_id: Mapped[int] = mapped_column(ForeignKey("verdicts.id"))
    value: Mapped[VerdictValue] = mapped_column(state_column(VerdictValue, "value"))
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class BookEntryTable(Base):
    """What the defect book of a product says of a defect type; the newest row counts."""

    __tablename__ = "book_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    defect_type_id: Mapped[int] = mapped_column(ForeignKey("defect_types.id"))
    place: Mapped[int]
    colour: Mapped[str] = mapped_column(Text)
    rule: Mapped[str] = mapped_column(Text)
    is_listed: Mapped[bool]
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class BookExampleTable(Base):
    """A box of an image that shows a defect type, or only looks like it; the newest row of a box counts."""

    __tablename__ = "book_examples"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    defect_type_id: Mapped[int] = mapped_column(ForeignKey("defect_types.id"))
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"))
    left: Mapped[int]
    top: Mapped[int]
    right: Mapped[int]
    bottom: Mapped[int]
    is_counter: Mapped[bool]
    is_shown: Mapped[bool]
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class DefectTypeTable(Base):
    __tablename__ = "defect_types"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    position: Mapped[int] = mapped_column(unique=True)
    colour: Mapped[str] = mapped_column(Text)


class RevisionTable(Base):
    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("image_id", "number"),
        CheckConstraint("number > 0", name="number"),
        Index("ix_revisions_save_id", "image_id", "save_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"))
    number: Mapped[int]
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    ignore_sha256: Mapped[str | None] = mapped_column(Text)
    complete: Mapped[bool]
    save_id: Mapped[str | None] = mapped_column(Text)


class LayerTable(Base):
    __tablename__ = "layers"
    __table_args__ = (UniqueConstraint("revision_id", "defect_type_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"))
    defect_type_id: Mapped[int] = mapped_column(ForeignKey("defect_types.id"))
    mask_sha256: Mapped[str] = mapped_column(Text)
    pixel_count: Mapped[int]


class VersionTable(Base):
    __tablename__ = "versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("versions.id"))
    kind: Mapped[VersionKind] = mapped_column(state_column(VersionKind, "kind"))
    manifest_sha256: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    settings: Mapped[dict[str, Any]]
    report: Mapped[dict[str, Any]]
    lessons: Mapped[list[int]]
    good_image_ids: Mapped[list[int]]
    products: Mapped[list[str]]


class InUseTable(Base):
    __tablename__ = "in_use"
    __table_args__ = (Index(None, "product_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"))
    since: Mapped[datetime]
    author: Mapped[str] = mapped_column(Text)


class ScoreTable(Base):
    __tablename__ = "scores"
    # All that a list says of a score: the rows themselves are long.
    __table_args__ = (
        Index("ix_scores_listed", "version_id", "image_id", "id", "score", "limit", "call", "taught", "at"),
        Index("ix_scores_by_score", "version_id", "score", "image_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"))
    score: Mapped[float]
    limit: Mapped[float]
    rule: Mapped[str] = mapped_column(Text)
    call: Mapped[Call] = mapped_column(state_column(Call, "call"))
    taught: Mapped[bool]
    distance: Mapped[float]
    head: Mapped[float | None]
    head_weight: Mapped[float]
    grid_height: Mapped[int]
    grid_width: Mapped[int]
    evidence: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    patch_scores: Mapped[bytes]  # last: SQLite reads a row from the left, so lists never touch it


class JobTable(Base):
    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[JobKind] = mapped_column(state_column(JobKind, "kind"))
    state: Mapped[JobState] = mapped_column(state_column(JobState, "state"), index=True)
    stage: Mapped[str] = mapped_column(Text)
    done: Mapped[int]
    total: Mapped[int]
    message: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    spec: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    error: Mapped[str | None] = mapped_column(Text)


class EventTable(Base):
    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]]


# History: a row is added and never changed. The migrations give each of these tables triggers that refuse.
APPEND_ONLY = (
    "verdicts", "revisions", "layers", "versions", "in_use", "scores", "events",
    "skips", "remarks", "rechecks", "book_entries", "book_examples",
)  # fmt: skip
