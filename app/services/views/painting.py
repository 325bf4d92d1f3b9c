"""What is painted and judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)  # eq: comparing arrays gives an array
class PaintedLayer:
    defect_type: str
    mask: Mask  # (height, width), True on the defect


@dataclass(frozen=True, eq=False)
class Painting:
    image_id: int
    width: int
    height: int
    revision: int  # 0: nothing saved yet
    layers: tuple[PaintedLayer, ...]
    ignore: Mask | None
    complete: bool
    saved_at: datetime | None
    author: str | None
    save_id: str | None = None  # of the save it came from, where that had one


@dataclass(frozen=True, eq=False)
class PaintingDraft:
    base_revision: int
    layers: tuple[PaintedLayer, ...]
    ignore: Mask | None
    complete: bool
    save_id: str | None = None  # the same when it is sent again because no answer came
    beside: "PaintingDraft | None" = None  # what its author had, before it was merged with another's


@dataclass(frozen=True)
class SavedPainting:
    revision: int
    saved_at: datetime


@dataclass(frozen=True)
class TakenBack:
    """What taking verdicts back did."""

    verdicts: Mapping[int, str | None]  # by image id, as they are again
    kept: int  # images that somebody judged since: they keep that verdict


@dataclass(frozen=True)
class DefectTypeView:
    name: str
    colour: str  # "#rrggbb"
    position: int


@dataclass(frozen=True)
class Standing:
    """Where an image stands in a person's queue."""

    why: str | None  # one of `usefulness.Why`; None: it is not in this queue
    alike: int | None  # the image before it that shows the same
    left_at: datetime | None  # when the person left it for later
    remaining: int
    left: int  # of those remaining, left for later by this person
    coming: tuple[int, ...]  # image ids, the next one first
    next_why: str | None  # the next one is in this queue


@dataclass(frozen=True)
class Said:
    """What a person said of an image: a verdict or words."""

    author: str
    at: datetime
    verdict: str | None
    text: str | None


@dataclass(frozen=True)
class Inbox:
    """What waits for a person, in images."""

    answers: int  # others decided what the person was unsure of
    questions: int  # others are unsure
