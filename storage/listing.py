"""Lists of images: what a card or a queue needs of each, filtered and ordered by the database itself."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from storage.by_score import is_quick, page_by_score
from storage.errors import NoSuchRecordError
from storage.keyset import behind
from storage.list_query import (
    CALL,
    ORDER_NEEDS,
    PAINTED,
    VERDICT,
    Wanted,
    conditions_of,
    ids_of,
    in_order,
    joined,
    keys_of,
    needed_by,
)
from storage.queries import is_one_of
from storage.tables import (
    DefectTypeTable,
    ImageTable,
    InUseTable,
    LayerTable,
    PartTable,
    ProductTable,
    RevisionTable,
    ScoreTable,
    VerdictTable,
)


class ListedImage(NamedTuple):
    """One image that is not deleted, with the verdict, painting and score that count. A tuple: there are thousands."""

    id: int
    product: str
    name: str
    width: int
    height: int
    held_out: bool
    verdict: str | None
    call: str | None
    score: float | None
    limit: float | None
    taught: bool
    revision_id: int | None
    complete: bool
    painted: bool


class Labels(NamedTuple):
    """What persons have said of one image that is not deleted."""

    id: int
    product: str
    part_id: int
    held_out: bool
    verdict: str | None
    revision_id: int | None
    painted: bool


class Candidate(NamedTuple):
    """What a queue is ordered by. Distances: of the image's worst patch, in the units of the version's features."""

    id: int
    product: str
    source_sha256: str
    pixels_sha256: str
    verdict: str | None
    call: str | None
    score: float | None
    limit: float | None
    good_distance: float | None  # to the nearest patch that is remembered as good
    painted_distance: float | None  # to the nearest painted one; None: nothing painted is remembered


class Total(NamedTuple):
    product: str
    images: int
    held_out: int


class Listing:
    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, wanted: Wanted, limit: int | None = None, after: int | None = None) -> list[ListedImage]:
        """Return the images that match, in the order asked for; at most `limit`.

        Args:
            wanted: which.
            limit: None: all.
            after: id of an image; what stands up to its place is left out, whether it matches itself or not.

        Raises:
            NoSuchRecordError: there is no image `after`.
        """
        sources = joined({"part", "verdict", "revision", "score"}, wanted.version_id)
        query = select(*_CARD).select_from(sources).order_by(*in_order(wanted))
        beyond = [] if after is None else [self._beyond(wanted, after)]
        if limit is None:
            query = query.where(*conditions_of(wanted), *beyond)
        elif wanted.order == "score" and is_quick(wanted):
            query = query.where(is_one_of(ImageTable.id, self._page_by_score(wanted, limit, after, beyond)))
        else:  # first which images, by what that needs alone: the histories of the others are never looked at
            page = ids_of(wanted).where(*beyond).limit(limit)
            query = query.where(ImageTable.id.in_(page))
        return [ListedImage._make(row) for row in self._session.execute(query)]

    def _page_by_score(
        self, wanted: Wanted, limit: int, after: int | None, beyond: Sequence[ColumnElement[bool]]
    ) -> list[int]:
        place = None if after is None else self._place(wanted, after)[0]
        return page_by_score(self._session, wanted, limit, place, beyond)

    def _beyond(self, wanted: Wanted, after: int) -> ColumnElement[bool]:
        """Tell what stands behind the place of an image."""
        return behind(keys_of(wanted), self._place(wanted, after))

    def _place(self, wanted: Wanted, after: int) -> tuple[Any, ...]:
        """Return the image's value of each key of the order."""
        keys = keys_of(wanted)
        sources = joined(ORDER_NEEDS[wanted.order], wanted.version_id)
        asked = select(*(key.of for key in keys)).select_from(sources).where(ImageTable.id == after)
        place = self._session.execute(asked).one_or_none()
        if place is None:
            raise NoSuchRecordError("image", after)
        return tuple(place)

    def count(self, wanted: Wanted) -> int:
        """Return how many match."""
        sources = joined(needed_by(wanted), wanted.version_id)
        query = select(func.count()).select_from(sources).where(*conditions_of(wanted))
        return self._session.scalar(query) or 0

    def ids(self, wanted: Wanted, also: int | None = None) -> list[int]:
        """Return the ids of what matches, in the order asked for, and among them `also`, an image of the product, even if not."""
        if also is None:
            return list(self._session.scalars(ids_of(wanted)))
        sources = joined({*needed_by(wanted), *ORDER_NEEDS[wanted.order]}, wanted.version_id)
        of_product = conditions_of(Wanted(product=wanted.product))
        is_wanted = or_(and_(*conditions_of(wanted)), and_(ImageTable.id == also, *of_product))
        query = select(ImageTable.id).select_from(sources).where(is_wanted).order_by(*in_order(wanted))
        return list(self._session.scalars(query))

    def candidates(self, product: str | None) -> list[Candidate]:
        """Return every image (of one product), by name, with what tells how useful a look at it is."""
        sources = joined({"verdict", "score"}, None)
        query = select(*_CANDIDATE).select_from(sources).where(*conditions_of(Wanted(product=product)))
        query = query.order_by(*in_order(Wanted()))
        return [Candidate._make(row) for row in self._session.execute(query)]

    def state(self) -> tuple[int, ...]:
        """Return numbers that differ whenever images, scores or versions in use do."""
        numbers = (
            func.max(ImageTable.id), func.count(ImageTable.deleted_at), func.max(ImageTable.deleted_at),
            select(func.max(ScoreTable.id)).scalar_subquery(), select(func.max(InUseTable.id)).scalar_subquery(),
        )  # fmt: skip
        return tuple(self._session.execute(select(*numbers).select_from(ImageTable)).one())

    def totals(self) -> list[Total]:
        """Return each product's number of images, and how many of them are kept for testing."""
        kept = func.sum(case((PartTable.held_out, 1), else_=0))
        query = select(ProductTable.name, func.count(), kept).select_from(joined({"part"}, None))
        query = query.where(ImageTable.deleted_at.is_(None)).group_by(ProductTable.name)
        return [Total._make(row) for row in self._session.execute(query)]

    def labels(self) -> list[Labels]:
        """Return every image that has a verdict or was painted, in the order they were added."""
        query = select(*_LABELS).select_from(joined({"part", "verdict", "revision"}, None))
        is_labelled = or_(VerdictTable.value.is_not(None), RevisionTable.id.is_not(None))
        query = query.where(ImageTable.deleted_at.is_(None), is_labelled).order_by(ImageTable.id)
        return [Labels._make(row) for row in self._session.execute(query)]

    def defect_types(self, revision_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """Return the names of what is painted, by revision; revisions without paint are left out."""
        query = (
            select(LayerTable.revision_id, DefectTypeTable.name)
            .join(DefectTypeTable, DefectTypeTable.id == LayerTable.defect_type_id)
            .where(is_one_of(LayerTable.revision_id, revision_ids))
            .order_by(LayerTable.id)
        )
        found: dict[int, tuple[str, ...]] = {}
        for revision_id, name in self._session.execute(query):
            found[revision_id] = (*found.get(revision_id, ()), name)
        return found


_CARD = (  # in the order of `ListedImage`
    ImageTable.id,
    ProductTable.name,
    ImageTable.name,
    ImageTable.width,
    ImageTable.height,
    PartTable.held_out,
    VERDICT,
    CALL,
    ScoreTable.score,
    ScoreTable.limit,
    func.coalesce(ScoreTable.taught, False),
    RevisionTable.id,
    func.coalesce(RevisionTable.complete, False),
    PAINTED,
)
_CANDIDATE = (  # in the order of `Candidate`
    ImageTable.id,
    ProductTable.name,
    ImageTable.source_sha256,
    ImageTable.pixels_sha256,
    VERDICT,
    CALL,
    ScoreTable.score,
    ScoreTable.limit,
    func.json_extract(ScoreTable.evidence, "$.good.distance"),
    func.json_extract(ScoreTable.evidence, "$.painted.distance"),
)
_LABELS = (  # in the order of `Labels`
    ImageTable.id,
    ProductTable.name,
    ImageTable.part_id,
    PartTable.held_out,
    VERDICT,
    RevisionTable.id,
    PAINTED,
)
