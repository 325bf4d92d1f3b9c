"""A painting as run lengths: what a save brings, whole or as a change of what is stored."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from app.canvas import run_lengths
from app.services.errors import SendWholeError
from app.services.views import Mask, PaintedLayer, Painting

HELD = 32  # paintings; of 12 megapixels with 30 strokes each takes some 400 kB
MOST_NUMBERS = 2_000_000  # in all of them; each takes some 36 bytes


@dataclass(frozen=True)
class PaintedRuns:
    layers: tuple[tuple[str, list[int]], ...]  # defect type, run lengths
    ignore: list[int]

    def masks(self, width: int, height: int) -> tuple[tuple[PaintedLayer, ...], Mask | None]:
        """Return the layers, and the ignored area if there is one."""
        layers = tuple(
            PaintedLayer(name, run_lengths.decode(runs, width, height)) for name, runs in self.layers
        )
        return layers, run_lengths.decode(self.ignore, width, height) if self.ignore else None

    def changed_by(self, change: "PaintedRuns") -> "PaintedRuns":
        """Return what comes of it: the layers that the change names, with the pixels toggled that it holds."""
        mine = {name.strip(): runs for name, runs in self.layers}
        layers = tuple(
            (name, run_lengths.toggled(mine.get(name.strip(), []), runs)) for name, runs in change.layers
        )
        return PaintedRuns(layers, run_lengths.toggled(self.ignore, change.ignore))

    @property
    def size(self) -> int:
        """How many numbers it takes."""
        return len(self.ignore) + sum(len(runs) for _, runs in self.layers)

    def fingerprint(self) -> tuple[int, int]:
        return run_lengths.fingerprint([*(runs for _, runs in self.layers), self.ignore])


class KnownPaintings:
    """What the last saves brought, so that the change that follows needs no picture read. It may be wrong or gone:

    the fingerprint of the result decides, and the whole painting is asked for where it is another one.
    """

    def __init__(self, read: Callable[[int, int], Painting | None]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[int, int], PaintedRuns] = OrderedDict()

    def put(self, image_id: int, revision: int, painted: PaintedRuns) -> None:
        with self._lock:
            for older in [key for key in self._held if key[0] == image_id]:
                del self._held[older]
            self._held[image_id, revision] = painted
            while len(self._held) > HELD or sum(one.size for one in self._held.values()) > MOST_NUMBERS:
                self._held.popitem(last=False)

    def after(
        self, image_id: int, revision: int, change: PaintedRuns, result: tuple[int, int] | None
    ) -> PaintedRuns:
        """Return the painting of this revision with the change made.

        Raises:
            SendWholeError: there is no such revision, or something else comes of it than was painted.
        """
        with self._lock:
            before = self._held.get((image_id, revision))
        if before is None:
            before = self._stored(image_id, revision)
        painted = before.changed_by(change)
        if painted.fingerprint() != result:
            raise SendWholeError()
        return painted

    def _stored(self, image_id: int, revision: int) -> PaintedRuns:
        painting = self._read(image_id, revision)
        if painting is None:
            raise SendWholeError()
        layers = tuple((layer.defect_type, run_lengths.encode(layer.mask)) for layer in painting.layers)
        return PaintedRuns(layers, [] if painting.ignore is None else run_lengths.encode(painting.ignore))
