"""Pages of a list that go on behind a place in it, however far down that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_


@dataclass(frozen=True)
class Key:
    """One of the columns that a list is ordered by. Values that lack stand last."""

    of: Any
    falls: bool = False
    may_lack: bool = False

    def ordered(self) -> Any:
        direction = self.of.desc() if self.falls else self.of.asc()
        return direction.nulls_last() if self.may_lack else direction

    def behind(self, value: Any) -> ColumnElement[bool]:
        if value is None:
            return false()
        further = self.of < value if self.falls else self.of > value
        return or_(further, self.of.is_(None)) if self.may_lack else further

    def at(self, value: Any) -> ColumnElement[bool]:
        return self.of.is_(None) if value is None else self.of == value


def behind(keys: Sequence[Key], place: Sequence[Any]) -> ColumnElement[bool]:
    """Tell what stands behind a place, given as the value of each key."""
    steps = []
    for depth, (key, value) in enumerate(zip(keys, place, strict=True)):
        before = [earlier.at(there) for earlier, there in zip(keys[:depth], place[:depth], strict=True)]
        steps.append(and_(*before, key.behind(value)))
    first, value = keys[0], place[0]
    if first.may_lack:
        return or_(*steps)
    return and_(or_(first.at(value), first.behind(value)), or_(*steps))
