"""Take planned images into storage: decode, keep the files, then the rows. Files first, rows last."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.services.authorship import now
from app.services.errors import MaskSizeError
from app.services.held_out import draw, is_held_out
from app.services.import_plan import PlannedImage, PlannedMask
from app.services.thumbnails import Thumbnails
from app.services.views import ImportReport, IncomingFile, Mask, RefusedFile
from core.images import ImageRefusedError, decode, encode_png
from storage.errors import WorkspaceFullError, WorkspaceReadOnlyError
from storage.exchange.labels import ExchangeError, LabelledImage, TypedMask
from storage.masks import encode_mask
from storage.records import Image, Layer, NewImage, VerdictValue
from storage.workspace import Work, Workspace

SHOWN_BECAUSE = "import"


PAINTING_LEFT_OUT = "The image came without its painting."


@dataclass(frozen=True)
class StoredPainting:
    """What becomes an image's first revision."""

    layers: tuple[Layer, ...] = ()
    ignore_sha256: str | None = None


NOTHING_PAINTED = StoredPainting()


@dataclass(frozen=True)
class Prepared:
    """An image whose files are stored and whose rows are not yet."""

    plan: PlannedImage
    new: NewImage
    draw: float
    painting: StoredPainting


class ImageIntake:
    """One import under way; counts what happened."""

    def __init__(self, workspace: Workspace, thumbnails: Thumbnails, author: str) -> None:
        self._workspace = workspace
        self._thumbnails = thumbnails
        self._author = author
        self._added = 0
        self._known: list[str] = []
        self._masks = 0
        self._refused: list[RefusedFile] = []
        self._image_ids: list[int] = []
        self._filed_twice: list[str] = []
        self._stopped: str | None = None  # why nothing more can be stored

    def refuse(self, files: Sequence[RefusedFile]) -> None:
        self._refused.extend(files)

    def take(self, planned: Sequence[PlannedImage]) -> None:
        """Store one chunk; a file that can't be used is refused alone."""
        prepared = [ready for plan in planned if (ready := self._prepare(plan)) is not None]
        if not prepared:
            return
        with self._workspace.writing() as work:
            verdicts = {image_id: verdict.value for image_id, verdict in work.verdicts.current().items()}
            for ready in prepared:
                self._add(work, ready, verdicts)

    def report(self) -> ImportReport:
        return ImportReport(
            added=self._added,
            already_there=len(self._known),
            refused=tuple(self._refused),
            image_ids=tuple(self._image_ids),
            masks=self._masks,
            filed_twice=tuple(self._filed_twice),
            known=tuple(self._known),
        )

    def _prepare(self, plan: PlannedImage) -> Prepared | None:
        if self._stopped is not None:
            self._refused.append(RefusedFile(plan.name, self._stopped))
            return None
        try:
            return self._store_files(plan)
        except ImageRefusedError as error:
            self._refused.append(RefusedFile(plan.name, str(error)))
        except (WorkspaceFullError, WorkspaceReadOnlyError) as error:
            self._stopped = str(error)
            self._refused.append(RefusedFile(plan.name, self._stopped))
        except OSError as error:
            self._refused.append(RefusedFile(plan.name, f"The file can't be read ({error.strerror})."))
        return None

    def _store_files(self, plan: PlannedImage) -> Prepared:
        data = read(plan.source)
        decoded = decode(data)
        height, width = decoded.pixels.shape[:2]
        source = self._workspace.blobs.put(data)
        pixels = source if decoded.is_plain else self._workspace.blobs.put(encode_png(decoded.pixels))
        self._thumbnails.make(pixels, decoded.pixels)
        number = draw(plan.product, plan.facts.part, source)
        side = is_held_out(number, plan.verdict == "defect") if plan.held_out is None else plan.held_out
        new = NewImage(
            product=plan.product,
            source_sha256=source,
            pixels_sha256=pixels,
            media_type=decoded.media_type if decoded.is_plain else "image/png",
            width=width,
            height=height,
            name=plan.name,
            held_out=side,
            lot=plan.facts.lot,
            part=plan.facts.part,
            shot=plan.facts.shot,
            station=plan.facts.station,
            captured_at=plan.facts.captured_at,
        )
        return Prepared(plan, new, number, self._store_painting(plan, (height, width)))

    def _store_painting(self, plan: PlannedImage, size: tuple[int, int]) -> StoredPainting:
        """Store all of an image's masks, or none of them where one can't be used."""
        try:
            painted = read_painting(plan, size)
        except (ImageRefusedError, MaskSizeError, ExchangeError, OSError) as error:
            at_fault = plan.masks[0].source.name if len(plan.masks) == 1 else plan.name
            self._refused.append(RefusedFile(at_fault, f"{sentence_of(error)} {PAINTING_LEFT_OUT}"))
            return NOTHING_PAINTED
        layers = tuple(
            Layer(layer.defect_type, self._put_mask(layer.mask), int(layer.mask.sum()))
            for layer in painted.layers
        )
        return StoredPainting(layers, None if painted.ignore is None else self._put_mask(painted.ignore))

    def _put_mask(self, mask: Mask) -> str:
        return self._workspace.blobs.put(encode_mask(mask))

    def _add(self, work: Work, ready: Prepared, verdicts: dict[int, VerdictValue]) -> None:
        image, is_new = work.images.add(ready.new)
        self._image_ids.append(image.id)
        if is_new:
            self._added += 1
        else:
            self._known.append(ready.plan.name)
        self._judge(work, image, ready.plan, verdicts)
        layers, ignore = ready.painting.layers, ready.painting.ignore_sha256
        if (layers or ignore) and work.revisions.current(image.id) is None:
            for layer in layers:
                work.defect_types.get_or_create(layer.defect_type)
            work.revisions.add(image.id, layers, ignore, ready.plan.complete, self._author, now())
            self._masks += 1

    def _judge(self, work: Work, image: Image, plan: PlannedImage, verdicts: dict[int, VerdictValue]) -> None:
        """Record the verdict that came with the file, unless it has one; report contradictions."""
        if plan.verdict is None:
            return
        value = VerdictValue(plan.verdict)
        filed = {value} | {
            verdicts[other.id]
            for other in work.images.same_picture(image.source_sha256)
            if other.id in verdicts
        }
        if {VerdictValue.GOOD, VerdictValue.DEFECT} <= filed:
            self._filed_twice.append(plan.name)
        if image.id not in verdicts:
            work.verdicts.add(image.id, value, self._author, now(), SHOWN_BECAUSE, False)
            verdicts[image.id] = value


def read(source: IncomingFile) -> bytes:
    if source.data is not None:
        return source.data
    assert source.path is not None, "an incoming file has bytes or a path"
    return source.path.read_bytes()


def read_painting(plan: PlannedImage, size: tuple[int, int]) -> LabelledImage:
    """Return what came with an image of (height, width): masks of one defect type joined, empty ones left out.

    Raises:
        ImageRefusedError, MaskSizeError, ExchangeError, OSError: one of the masks can't be used.
    """
    found = [(mask.defect_type, _read_mask(plan, mask, size)) for mask in plan.masks]
    if plan.labels is not None:
        labels = plan.labels(size)
        found += [(layer.defect_type, layer.mask) for layer in labels.layers]
        found += [] if labels.ignore is None else [(None, labels.ignore)]
    joined: dict[str | None, Mask] = {}
    for defect_type, mask in found:
        key = None if defect_type is None else _checked_type(defect_type)
        if mask.any():
            joined[key] = joined[key] | mask if key in joined else mask
    ignore = joined.pop(None, None)
    layers = tuple(TypedMask(name, mask) for name, mask in joined.items() if name is not None)
    return LabelledImage(plan.name, size[1], size[0], layers, ignore)


def sentence_of(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"A mask can't be read ({error.strerror})."
    return str(error)


def _checked_type(name: str) -> str:
    """Storage strips names too: two that differ by a space are one."""
    text = name.strip()
    if not text or not text.isprintable():
        raise ExchangeError("A defect type has no name that can be shown.")
    return text


def _read_mask(plan: PlannedImage, planned: PlannedMask, size: tuple[int, int]) -> Mask:
    mask = to_mask(decode(read(planned.source)).pixels)
    if mask.shape != size:
        raise MaskSizeError(plan.name, (mask.shape[0], mask.shape[1]), size)
    return mask


def to_mask(pixels: NDArray[np.uint8]) -> Mask:
    """Return True where an (H, W, 3) mask image is painted: masks hold 0 and 1, or 0 and 255."""
    grey = pixels.max(axis=2)
    return grey > grey.max() // 2
