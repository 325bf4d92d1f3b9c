"""A page of images with the highest score first, read from an index in that order: the rest is never looked at.

Each version in use has an order of its own in the index; what is asked for are the first of each, merged. Images without a score
stand last, by name.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from storage.list_query import (
    IN_USE,
    NONE,
    Wanted,
    conditions_of,
    ids_of,
    in_order,
    is_newest_score,
    lacks_score,
    needed_by,
    with_labels,
)
from storage.records import Call
from storage.tables import ImageTable, ProductTable, ScoreTable


def page_by_score(
    session: Session, wanted: Wanted, limit: int, place: float | None, beyond: Sequence[ColumnElement[bool]]
) -> list[int]:
    """Return the ids of the first `limit` images, the highest score first.

    Args:
        place: score of the image after which the page begins; None: it begins at the top, or among those without a score.
        beyond: what tells the images behind that place.
    """
    streams = () if lacks_score(wanted) else _streams(session, wanted)
    rows: list[tuple[Any, ...]] = []
    for version, products in streams:
        top = place if wanted.max_score is None or place is None else min(place, wanted.max_score)
        asked = wanted if place is None else replace(wanted, max_score=top)
        query = _scored(asked, version, products).where(*beyond)
        rows += [tuple(row) for row in session.execute(query.limit(limit))]
    found = [row[-1] for row in sorted(rows, key=_key)[:limit]]
    if len(found) < limit and not _wants_a_score(wanted):
        rest = ids_of(wanted).where(ScoreTable.id.is_(None), *beyond)
        found += session.scalars(rest.limit(limit - len(found)))
    return found


def is_quick(wanted: Wanted) -> bool:
    """Tell whether the index finds the page: not where what matches may stand far below, and long rows say what does."""
    is_below = wanted.call == Call.PASS or wanted.taught is not None
    return not (is_below or wanted.contradicted or wanted.undecided)


def _key(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """As the database orders: the highest score first, then product, name and id."""
    score, product, name, image_id = row
    return -score, product, name, image_id


def _streams(session: Session, wanted: Wanted) -> Iterator[tuple[int, tuple[int, ...] | None]]:
    """Yield each version whose scores count, and the products that they count for; None: for all."""
    if wanted.version_id is not None:
        yield wanted.version_id, None
        return
    query = select(IN_USE.c.version_id, IN_USE.c.product_id)
    if wanted.product is not None:
        query = query.join(ProductTable, ProductTable.id == IN_USE.c.product_id).where(
            ProductTable.name == wanted.product
        )
    products: dict[int, list[int]] = {}
    for version, product in session.execute(query):
        products.setdefault(version, []).append(product)
    for version, those in products.items():
        yield version, tuple(those)


def _scored(wanted: Wanted, version: int, products: tuple[int, ...] | None) -> Select[float, str, str, int]:
    # `+ 0`: only the scores may come first, in the order of their index.
    images = ScoreTable.__table__.join(ImageTable, ImageTable.id == ScoreTable.image_id)
    sources = with_labels(
        images.join(ProductTable, ProductTable.id == ImageTable.product_id + 0), needed_by(wanted) - {"score"}
    )
    query = select(ScoreTable.score, ProductTable.name, ImageTable.name, ImageTable.id).select_from(sources)
    # A bound, be it none at all, makes SQLite take the index that is in the order of the scores.
    highest, lowest = wanted.max_score, wanted.min_score
    query = query.where(
        ScoreTable.score <= (math.inf if highest is None else highest),
        ScoreTable.score >= (-math.inf if lowest is None else lowest),
    )
    if products is not None:
        query = query.where((ImageTable.product_id + 0).in_(products))
    return query.where(is_newest_score(version), *conditions_of(wanted)).order_by(*in_order(wanted))


def _wants_a_score(wanted: Wanted) -> bool:
    is_asked = (wanted.min_score, wanted.max_score, wanted.scored or None, wanted.taught or None)
    return wanted.call not in (None, NONE) or any(asked is not None for asked in is_asked)
