"""Lot, part, shot, station and capture time of images: from a pattern of their names, or from a CSV file."""

import csv
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from app.services.errors import InvalidRequestError
from app.services.import_plan import FactsOf
from app.services.views import ImageFacts

FIELDS = ("lot", "part", "shot", "station", "captured_at")


def no_facts(_name: str) -> ImageFacts:
    return ImageFacts()


def chosen(name_pattern: str | None, table: Path | None) -> FactsOf:
    """Return what gives facts: the table if there is one, else the pattern, else nothing."""
    if table is not None:
        return from_csv(table)
    return from_pattern(name_pattern) if name_pattern else no_facts


def from_pattern(pattern: str) -> FactsOf:
    """Read facts out of file names, e.g. "{lot}_{part}_{shot}"; a name that does not fit has no facts.

    Raises:
        InvalidRequestError: a field that does not exist, or is named twice, or none at all.
    """
    names = re.findall(r"\{([^{}]*)\}", pattern)
    wrong = [name for name in names if name not in FIELDS or names.count(name) > 1]
    if wrong or not names:
        raise InvalidRequestError(
            f"The name pattern {pattern!r} needs fields in curly brackets, each once: {', '.join(FIELDS)}."
        )
    pieces = re.split(r"\{[^{}]*\}", pattern)
    fields = [f"(?P<{name}>[^/]+?)" for name in names]
    text = "".join(re.escape(piece) + field for piece, field in zip(pieces, [*fields, ""], strict=True))
    compiled = re.compile(text)

    def facts_of(name: str) -> ImageFacts:
        found = compiled.fullmatch(Path(name).stem)
        return _facts(found.groupdict()) if found else ImageFacts()

    return facts_of


def from_csv(file: Path) -> FactsOf:
    """Read facts from a CSV file with a column "name" (path below the root, or file name) and field columns.

    Raises:
        InvalidRequestError: the file can't be read, or has no column "name".
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            rows = list(csv.DictReader(opened))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequestError(f"The file {file} can't be read as CSV ({error}).") from error
    if not rows or "name" not in rows[0]:
        raise InvalidRequestError(
            f"The file {file} needs a first line with a column called name, and rows below it."
        )
    by_name = {row["name"]: _facts(row) for row in rows}
    return lambda name: by_name.get(name) or by_name.get(Path(name).name) or ImageFacts()


def _facts(values: Mapping[str, str | None]) -> ImageFacts:
    texts = {name: (values.get(name) or "").strip() or None for name in FIELDS}
    return ImageFacts(
        texts["lot"], texts["part"], texts["shot"], texts["station"], _time(texts["captured_at"])
    )


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequestError(
            f"The capture time {text!r} is not of the form 2026-11-23T14:02:11."
        ) from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)
