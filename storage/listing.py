"""Lists of images: what a card or a queue needs of each, filtered and ordered by the database itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Text, and_, case, exists, func, or_, select, type_coerce
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.selectable import FromClause

from storage.errors import NoSuchRecordError
from storage.keyset import Key, behind
from storage.queries import is_one_of
from storage.records import Call, VerdictValue
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
from storage.text_search import fits

CONTRADICTIONS = ((VerdictValue.GOOD.value, Call.REJECT.value), (VerdictValue.DEFECT.value, Call.PASS.value))
NONE = "none"  # asks for images without a verdict, or without a call


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


@dataclass(frozen=True)
class Wanted:
    """Which images, in which order. None: do not filter by this.

    text: as `storage.text_search.fits` takes it; "" is no filter.
    version_id: whose scores; None: those of the version in use for each image's product.
    order: "name" | "score" (highest first) | "newest" | "uncertain" (nearest to the limit first).
    """

    product: str | None = None
    verdict: str | None = None  # a verdict, or `NONE`
    call: str | None = None  # a call, or `NONE`
    held_out: bool | None = None
    painted: bool | None = None
    min_score: float | None = None
    max_score: float | None = None
    scored: bool | None = None
    taught: bool | None = None  # its own painting made the call
    contradicted: bool = False  # good but rejected, or a defect that passes
    not_judged_by: str | None = None  # whose verdict does not count here
    undecided: bool = False  # nobody has judged it, or a call made since then contradicts the verdict
    text: str = ""
    version_id: int | None = None
    order: str = "name"


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
        sources = _joined({"part", "verdict", "revision", "score"}, wanted.version_id)
        query = select(*_CARD).select_from(sources).order_by(*_in_order(wanted))
        beyond = [] if after is None else [self._beyond(wanted, after)]
        if limit is None:
            query = query.where(*_conditions(wanted), *beyond)
        else:  # first which images, by what that needs alone: the histories of the others are never looked at
            page = _ids(wanted).where(*beyond).limit(limit)
            query = query.where(ImageTable.id.in_(page))
        return [ListedImage._make(row) for row in self._session.execute(query)]

    def _beyond(self, wanted: Wanted, after: int) -> ColumnElement[bool]:
        """Tell what stands behind the place of an image."""
        keys = _keys(wanted)
        sources = _joined(_ORDER_NEEDS[wanted.order], wanted.version_id)
        asked = select(*(key.of for key in keys)).select_from(sources).where(ImageTable.id == after)
        place = self._session.execute(asked).one_or_none()
        if place is None:
            raise NoSuchRecordError("image", after)
        return behind(keys, tuple(place))

    def count(self, wanted: Wanted) -> int:
        """Return how many match."""
        sources = _joined(_needed(wanted), wanted.version_id)
        query = select(func.count()).select_from(sources).where(*_conditions(wanted))
        return self._session.scalar(query) or 0

    def ids(self, wanted: Wanted, also: int | None = None) -> list[int]:
        """Return the ids of what matches, in the order asked for, and among them `also`, an image of the product, even if not."""
        if also is None:
            return list(self._session.scalars(_ids(wanted)))
        sources = _joined({*_needed(wanted), *_ORDER_NEEDS[wanted.order]}, wanted.version_id)
        of_product = _conditions(Wanted(product=wanted.product))
        is_wanted = or_(and_(*_conditions(wanted)), and_(ImageTable.id == also, *of_product))
        query = select(ImageTable.id).select_from(sources).where(is_wanted).order_by(*_in_order(wanted))
        return list(self._session.scalars(query))

    def candidates(self, product: str | None) -> list[Candidate]:
        """Return every image (of one product), by name, with what tells how useful a look at it is."""
        sources = _joined({"verdict", "score"}, None)
        query = select(*_CANDIDATE).select_from(sources).where(*_conditions(Wanted(product=product)))
        query = query.order_by(*_in_order(Wanted()))
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
        query = select(ProductTable.name, func.count(), kept).select_from(_joined({"part"}, None))
        query = query.where(ImageTable.deleted_at.is_(None)).group_by(ProductTable.name)
        return [Total._make(row) for row in self._session.execute(query)]

    def labels(self) -> list[Labels]:
        """Return every image that has a verdict or was painted, in the order they were added."""
        query = select(*_LABELS).select_from(_joined({"part", "verdict", "revision"}, None))
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


_VERDICT = type_coerce(VerdictTable.value, Text)
_CALL = type_coerce(ScoreTable.call, Text)
_PAINTED = exists().where(LayerTable.revision_id == RevisionTable.id).correlate(RevisionTable)
_CARD = (  # in the order of `ListedImage`
    ImageTable.id,
    ProductTable.name,
    ImageTable.name,
    ImageTable.width,
    ImageTable.height,
    PartTable.held_out,
    _VERDICT,
    _CALL,
    ScoreTable.score,
    ScoreTable.limit,
    func.coalesce(ScoreTable.taught, False),
    RevisionTable.id,
    func.coalesce(RevisionTable.complete, False),
    _PAINTED,
)
_CANDIDATE = (  # in the order of `Candidate`
    ImageTable.id,
    ProductTable.name,
    ImageTable.source_sha256,
    ImageTable.pixels_sha256,
    _VERDICT,
    _CALL,
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
    _VERDICT,
    RevisionTable.id,
    _PAINTED,
)
_BY_NAME = (Key(ProductTable.name), Key(ImageTable.name), Key(ImageTable.id))
_KEYS: dict[str, tuple[Key, ...]] = {
    "name": _BY_NAME,
    "newest": (Key(ImageTable.imported_at, falls=True), Key(ImageTable.id, falls=True)),
    "score": (Key(ScoreTable.score, falls=True, may_lack=True), *_BY_NAME),
    "uncertain": (Key(func.abs(ScoreTable.score - ScoreTable.limit), may_lack=True), *_BY_NAME),
}
_ORDER_NEEDS: dict[str, set[str]] = {
    "name": {"products first"},
    "newest": set(),
    "score": {"score"},
    "uncertain": {"score"},
}


def _keys(wanted: Wanted) -> tuple[Key, ...]:
    """Return what the list is ordered by, without what is the same for all of it."""
    keys = _KEYS[wanted.order]
    return keys if wanted.product is None else tuple(key for key in keys if key.of is not ProductTable.name)


def _in_order(wanted: Wanted) -> list[Any]:
    return [key.ordered() for key in _keys(wanted)]


def _ids(wanted: Wanted) -> Select[int]:
    """Ask for the ids of what matches, in the order asked for."""
    sources = _joined({*_needed(wanted), *_ORDER_NEEDS[wanted.order]}, wanted.version_id)
    return select(ImageTable.id).select_from(sources).where(*_conditions(wanted)).order_by(*_in_order(wanted))


def _needed(wanted: Wanted) -> set[str]:
    """Return what must be joined to tell whether an image matches."""
    contradicted = wanted.contradicted or wanted.undecided or None
    asked = {
        "part": (wanted.held_out,),
        "verdict": (wanted.verdict, wanted.not_judged_by, contradicted),
        "revision": (wanted.painted,),
        "score": (
            wanted.call, wanted.min_score, wanted.max_score, wanted.scored, wanted.taught, contradicted
        ),
    }  # fmt: skip
    return {name for name, values in asked.items() if any(value is not None for value in values)}


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [ImageTable.deleted_at.is_(None)]
    if wanted.product is not None:
        conditions.append(ProductTable.name == wanted.product)
    if wanted.verdict is not None:
        conditions.append(_is(_VERDICT, wanted.verdict))
    if wanted.not_judged_by is not None:
        conditions.append(VerdictTable.author != wanted.not_judged_by)
    if wanted.call is not None:
        conditions.append(_is(_CALL, wanted.call))
    if wanted.held_out is not None:
        conditions.append(PartTable.held_out.is_(wanted.held_out))
    if wanted.painted is not None:
        conditions.append(_PAINTED if wanted.painted else ~_PAINTED)
    if wanted.min_score is not None:
        conditions.append(ScoreTable.score >= wanted.min_score)
    if wanted.max_score is not None:
        conditions.append(ScoreTable.score <= wanted.max_score)
    if wanted.scored is not None:
        conditions.append(ScoreTable.id.is_not(None) if wanted.scored else ScoreTable.id.is_(None))
    if wanted.taught is not None:
        conditions.append(func.coalesce(ScoreTable.taught, False).is_(wanted.taught))
    if wanted.text.strip():
        conditions.append(fits(wanted.text))
    if wanted.contradicted:
        conditions.append(_CONTRADICTED)
    if wanted.undecided:
        conditions.append(or_(_VERDICT.is_(None), and_(_CONTRADICTED, ScoreTable.at > VerdictTable.at)))
    return conditions


def _is(column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    return column.is_(None) if value == NONE else column == value


_CONTRADICTED = or_(*(and_(_is(_VERDICT, verdict), _is(_CALL, call)) for verdict, call in CONTRADICTIONS))


def _joined(needed: set[str], version_id: int | None) -> FromClause:
    """Join images with product and part and, where needed, the newest verdict, revision and score of each."""
    images: Any = ImageTable.__table__
    # `+ 0`: products come first, else SQLite takes every image, then its product, and sorts them all.
    product_id = ProductTable.id + 0 if "products first" in needed else ProductTable.id
    found = images.join(ProductTable, ImageTable.product_id == product_id)
    if "part" in needed:
        found = found.join(PartTable, PartTable.id == ImageTable.part_id)
    if "verdict" in needed:
        found = found.outerjoin(VerdictTable, VerdictTable.id == _newest(aliased(VerdictTable)))
    if "revision" in needed:
        found = found.outerjoin(RevisionTable, RevisionTable.id == _newest(aliased(RevisionTable)))
    if "score" in needed and version_id is not None:
        found = found.outerjoin(ScoreTable, _is_newest_score(version_id))
    elif "score" in needed:
        in_use = _in_use()
        found = found.outerjoin(in_use, in_use.c.product_id == ImageTable.product_id)
        found = found.outerjoin(ScoreTable, _is_newest_score(in_use.c.version_id))
    return found


def _is_newest_score(version_id: Any) -> ColumnElement[bool]:
    """Tell a version's newest score of an image; `+ 0` keeps SQLite from the long row where the index says all."""
    given = aliased(ScoreTable)
    newest = _newest(given, given.version_id == version_id)
    return and_(
        ScoreTable.version_id == version_id, ScoreTable.image_id == ImageTable.id, ScoreTable.id + 0 == newest
    )


def _newest(table: Any, *conditions: ColumnElement[bool]) -> Any:
    """Return the id of an image's newest row in a history."""
    return select(func.max(table.id)).where(table.image_id == ImageTable.id, *conditions).scalar_subquery()


def _in_use() -> Any:
    newest = select(func.max(InUseTable.id)).group_by(InUseTable.product_id)
    query = select(InUseTable.product_id, InUseTable.version_id).where(InUseTable.id.in_(newest))
    return query.subquery("in_use_now")
