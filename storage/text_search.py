"""Find images by text: a part of what a card says, or a pattern of the file name. Case makes no difference."""

import fnmatch
import re
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, func, select

from storage.tables import DefectTypeTable, ImageTable, LayerTable, ProductTable, RevisionTable

_WILD = "*?["


def add_functions(connection: Any) -> None:
    """Give a connection what SQLite lacks: its own `lower` leaves all letters but A to Z as they are."""
    connection.create_function("casefold", 1, str.casefold, deterministic=True)
    connection.create_function("name_fits", 2, _name_fits, deterministic=True)


def fits(typed: str) -> ColumnElement[bool]:
    """Tell whether an image, joined with its product, fits.

    Args:
        typed: with *, ? or [...] in it a pattern of the whole file name, with or without its folders; otherwise a
            part of name, product and painted defect types, written one after the other.
    """
    text = typed.strip().casefold()
    if any(sign in text for sign in _WILD):
        return func.name_fits(ImageTable.name, text) == 1
    said = func.casefold(ImageTable.name + " " + ProductTable.name)
    return (func.instr(said, text) > 0) | ImageTable.id.in_(_painted_with(text))


def _painted_with(text: str) -> Any:
    """Ask for the images whose text with defect types fits; by painting, because few images are painted."""
    newest = select(func.max(RevisionTable.id)).group_by(RevisionTable.image_id)
    image, product = ImageTable.__table__.alias("painted"), ProductTable.__table__.alias("painted_product")
    layer = (
        select(
            image.c.id, image.c.name, product.c.name.label("product"), DefectTypeTable.name.label("painted")
        )
        .select_from(LayerTable)
        .join(RevisionTable, RevisionTable.id == LayerTable.revision_id)
        .join(DefectTypeTable, DefectTypeTable.id == LayerTable.defect_type_id)
        .join(image, image.c.id == RevisionTable.image_id)
        .join(product, product.c.id == image.c.product_id)
        .where(RevisionTable.id.in_(newest))
        .order_by(LayerTable.id)
        .subquery()
    )
    said = layer.c.name + " " + layer.c.product + " " + func.group_concat(layer.c.painted, " ")
    return select(layer.c.id).group_by(layer.c.id).having(func.instr(func.casefold(said), text) > 0)


def _name_fits(name: str, pattern: str) -> bool:
    fitting = _compiled(pattern)
    folded = name.casefold()
    return bool(fitting.match(folded) or fitting.match(folded.rpartition("/")[2]))


@lru_cache(64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern))
