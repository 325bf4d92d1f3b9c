"""Which images a list asks for and in which order, as SQL: conditions, joins and keys of the order."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, exists, func, or_, select, type_coerce
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import FromClause

from storage.keyset import Key
from storage.records import Call, VerdictValue
from storage.tables import (
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
    undecided: bool = (
        False  # nobody has judged it, or a call made since then contradicts the verdict; a defect that is
    )
    # painted waits for a lesson, and for nobody
    text: str = ""
    version_id: int | None = None
    order: str = "name"


def _in_use() -> Any:
    newest = select(func.max(InUseTable.id)).group_by(InUseTable.product_id)
    query = select(InUseTable.product_id, InUseTable.version_id).where(InUseTable.id.in_(newest))
    return query.subquery("in_use_now")


IN_USE = _in_use()
VERDICT = type_coerce(VerdictTable.value, Text)
CALL = type_coerce(ScoreTable.call, Text)
PAINTED = exists().where(LayerTable.revision_id == RevisionTable.id).correlate(RevisionTable)
_BY_NAME = (Key(ProductTable.name), Key(ImageTable.name), Key(ImageTable.id))
_KEYS: dict[str, tuple[Key, ...]] = {
    "name": _BY_NAME,
    "newest": (Key(ImageTable.imported_at, falls=True), Key(ImageTable.id, falls=True)),
    "score": (Key(ScoreTable.score, falls=True, may_lack=True), *_BY_NAME),
    "uncertain": (Key(func.abs(ScoreTable.score - ScoreTable.limit), may_lack=True), *_BY_NAME),
}
ORDER_NEEDS: dict[str, set[str]] = {
    "name": {"products first"},
    "newest": set(),
    "score": {"score"},
    "uncertain": {"score"},
}


def keys_of(wanted: Wanted) -> tuple[Key, ...]:
    """Return what the list is ordered by, without what is the same for all of it."""
    keys = _KEYS[wanted.order]
    return keys if wanted.product is None else tuple(key for key in keys if key.of is not ProductTable.name)


def in_order(wanted: Wanted) -> list[Any]:
    return [key.ordered() for key in keys_of(wanted)]


def ids_of(wanted: Wanted) -> Select[int]:
    """Ask for the ids of what matches, in the order asked for."""
    sources = joined({*needed_by(wanted), *ORDER_NEEDS[wanted.order]}, wanted.version_id)
    return (
        select(ImageTable.id).select_from(sources).where(*conditions_of(wanted)).order_by(*in_order(wanted))
    )


def needed_by(wanted: Wanted) -> set[str]:
    """Return what must be joined to tell whether an image matches."""
    contradicted = wanted.contradicted or wanted.undecided or None
    asked = {
        "part": (wanted.held_out,),
        "verdict": (wanted.verdict, wanted.not_judged_by, contradicted),
        "revision": (wanted.painted, wanted.undecided or None),
        "score": (
            None if wanted.call == NONE else wanted.call, wanted.min_score, wanted.max_score,
            wanted.scored or None, wanted.taught, contradicted,
        ),
        "version": (lacks_score(wanted) or None,),
    }  # fmt: skip
    return {name for name, values in asked.items() if any(value is not None for value in values)}


_SCORE = ScoreTable.score + 0  # else SQLite seeks all scores in between for each image


def conditions_of(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [ImageTable.deleted_at.is_(None)]
    if wanted.product is not None:
        conditions.append(ProductTable.name == wanted.product)
    if wanted.verdict is not None:
        conditions.append(_is(VERDICT, wanted.verdict))
    if wanted.not_judged_by is not None:
        conditions.append(VerdictTable.author != wanted.not_judged_by)
    if wanted.call is not None and wanted.call != NONE:
        conditions.append(_is(CALL, wanted.call))
    if lacks_score(wanted):
        conditions.append(~_any_score(wanted.version_id))
    if wanted.held_out is not None:
        conditions.append(PartTable.held_out.is_(wanted.held_out))
    if wanted.painted is not None:
        conditions.append(PAINTED if wanted.painted else ~PAINTED)
    if wanted.min_score is not None or wanted.max_score is not None:
        conditions.append(
            CALL.is_not(None)
        )  # every score has one: keeps SQLite from images in the order of scores
    if wanted.min_score is not None:
        conditions.append(wanted.min_score <= _SCORE)
    if wanted.max_score is not None:
        conditions.append(wanted.max_score >= _SCORE)
    if wanted.scored:
        conditions.append(ScoreTable.id.is_not(None))
    if wanted.taught is not None:
        conditions.append(func.coalesce(ScoreTable.taught, False).is_(wanted.taught))
    if wanted.text.strip():
        conditions.append(fits(wanted.text))
    if wanted.contradicted:
        conditions.append(_CONTRADICTED)
    if wanted.undecided:
        is_settled = and_(_is(VERDICT, VerdictValue.DEFECT.value), PAINTED)
        is_doubted = and_(_CONTRADICTED, ScoreTable.at > VerdictTable.at, ~is_settled)
        conditions.append(or_(VERDICT.is_(None), is_doubted))
    return conditions


def lacks_score(wanted: Wanted) -> bool:
    """Tell whether only images without a score are asked for."""
    return wanted.scored is False or wanted.call == NONE


def _any_score(version_id: int | None) -> ColumnElement[bool]:
    """Tell whether the image has a score, the newest or an older one: one look into the index instead of two."""
    given = aliased(ScoreTable)
    version: Any = IN_USE.c.version_id if version_id is None else version_id
    return (
        exists().where(given.version_id == version, given.image_id == ImageTable.id).correlate_except(given)
    )


def _is(column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    return column.is_(None) if value == NONE else column == value


_CONTRADICTED = or_(*(and_(_is(VERDICT, verdict), _is(CALL, call)) for verdict, call in CONTRADICTIONS))


def joined(needed: set[str], version_id: int | None) -> FromClause:
    """Join images with product and part and, where needed, the newest verdict, revision and score of each."""
    images: Any = ImageTable.__table__
    # `+ 0`: products come first, else SQLite takes every image, then its product, and sorts them all.
    product_id = ProductTable.id + 0 if "products first" in needed else ProductTable.id
    found = with_labels(images.join(ProductTable, ImageTable.product_id == product_id), needed)
    if version_id is None and needed & {"score", "version"}:
        found = found.outerjoin(IN_USE, IN_USE.c.product_id == ImageTable.product_id)
    version: Any = IN_USE.c.version_id if version_id is None else version_id
    return found.outerjoin(ScoreTable, is_newest_score(version)) if "score" in needed else found


def with_labels(images: FromClause, needed: set[str]) -> FromClause:
    """Join images with part, newest verdict and newest revision, where needed."""
    found = images
    if "part" in needed:
        found = found.join(PartTable, PartTable.id == ImageTable.part_id)
    if "verdict" in needed:
        found = found.outerjoin(VerdictTable, VerdictTable.id == _newest(aliased(VerdictTable)))
    if "revision" in needed:
        found = found.outerjoin(RevisionTable, RevisionTable.id == _newest(aliased(RevisionTable)))
    return found


def is_newest_score(version_id: Any) -> ColumnElement[bool]:
    """Tell a version's newest score of an image; `+ 0` keeps SQLite from the long row where the index says all."""
    given = aliased(ScoreTable)
    newest = _newest(given, given.version_id == version_id)
    return and_(
        ScoreTable.version_id == version_id, ScoreTable.image_id == ImageTable.id, ScoreTable.id + 0 == newest
    )


def _newest(table: Any, *conditions: ColumnElement[bool]) -> Any:
    """Return the id of an image's newest row in a history."""
    return select(func.max(table.id)).where(table.image_id == ImageTable.id, *conditions).scalar_subquery()
