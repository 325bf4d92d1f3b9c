"""Hand images, verdicts and paintings to other programs: a new folder in a layout that they read."""

import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from app.messages import plural
from app.services.catalogue import require_product
from app.services.errors import ExportFailedError, InvalidRequestError
from app.services.exchange_notes import ImageHistory, write_notes
from app.services.export_layouts import WRITERS
from app.services.jobs import StageReport
from app.services.views import ExportPreview, ExportReport
from storage.workspace import Workspace

STAGE = "Writing images"


class ExportingService:
    """Images out; the workspace is only read."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def layouts(self) -> tuple[str, ...]:
        return tuple(WRITERS)

    def preview(self, layout: str, product: str | None) -> ExportPreview:
        """Return what would be written, and what this layout can't hold.

        Raises:
            InvalidRequestError: there is no such layout.
            UnknownProductError: no product has this name.
        """
        _require_layout(layout)
        return _preview(layout, self._histories(product))

    def export(self, folder: Path, layout: str, product: str | None, report: StageReport) -> ExportReport:
        """Write a new folder; it has its name only when it is whole.

        Raises:
            InvalidRequestError, UnknownProductError: nothing was written.
            ExportFailedError: the folder is there already, or can't be written; nothing is left behind.
        """
        _require_layout(layout)
        target = folder.expanduser().resolve()
        self._require_new(target)
        histories = self._histories(product)
        if not histories:
            raise InvalidRequestError("There are no images to export: import some first.")
        partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
        try:
            partial.mkdir(parents=True)
            writer = WRITERS[layout](partial, self._workspace.blobs, histories)
            written = []
            for number, history in enumerate(histories):
                report(STAGE, number, len(histories))
                if (path := writer.add(history)) is not None:
                    written.append((path, history))
            writer.finish()
            write_notes(partial, layout, written)
            partial.rename(target)
        except OSError as error:
            raise ExportFailedError(str(target), error.strerror or str(error)) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        report(STAGE, len(histories), len(histories))
        painted = sum(history.painting is not None for _, history in written)
        return ExportReport(str(target), len(written), painted, _preview(layout, histories).losses)

    def _require_new(self, target: Path) -> None:
        if target.exists():
            raise ExportFailedError(str(target), "it is there already: name a new folder")
        if target.is_relative_to(self._workspace.path.resolve()):
            raise ExportFailedError(str(target), "it lies inside the workspace: name a folder outside")

    def _histories(self, product: str | None) -> tuple[ImageHistory, ...]:
        with self._workspace.reading() as work:
            if product is not None:
                require_product(work, product)
            return tuple(
                ImageHistory(image, work.verdicts.history(image.id), work.revisions.history(image.id))
                for image in work.images.all(product)
            )


def _require_layout(layout: str) -> None:
    if layout not in WRITERS:
        raise InvalidRequestError(f"layout {layout!r} is not one of {', '.join(WRITERS)}.")


def _preview(layout: str, histories: Sequence[ImageHistory]) -> ExportPreview:
    losses = tuple(
        sentence.format(images=plural(count, "image"))
        for sentence, is_lost, layouts in _LOSSES
        if layout in layouts and (count := sum(map(is_lost, histories)))
    )
    painted = sum(history.painting is not None for history in histories)
    left_out = sum(_is_undecided(history) for history in histories) if layout == "mvtec" else 0
    return ExportPreview(layout, len(histories) - left_out, painted, losses)


def _is_undecided(history: ImageHistory) -> bool:
    return history.verdict not in ("good", "defect")


def _is_painted(history: ImageHistory) -> bool:
    return history.painting is not None and bool(history.painting.layers)


def _ignores(history: ImageHistory) -> bool:
    return history.painting is not None and history.painting.ignore_sha256 is not None


def _has_several_types(history: ImageHistory) -> bool:
    return history.painting is not None and len(history.painting.layers) > 1


def _is_taught_defect(history: ImageHistory) -> bool:
    return history.verdict == "defect" and not history.image.held_out


def _is_converted(history: ImageHistory) -> bool:
    return history.image.source_sha256 != history.image.pixels_sha256


_ALL = tuple(WRITERS)
_LOSSES: tuple[tuple[str, Callable[[ImageHistory], bool], tuple[str, ...]], ...] = (
    (
        "{images}: holes inside a painted area are filled, because polygons have none.",
        _is_painted,
        ("yolo", "coco-polygons"),
    ),
    ("{images}: areas painted as ignored are left out.", _ignores, ("yolo", "mvtec")),
    (
        "{images}: all defect types go into one mask, named after the largest.",
        _has_several_types,
        ("mvtec",),
    ),
    ("{images}: not judged good or defective, and therefore left out.", _is_undecided, ("mvtec",)),
    ("{images}: defective parts that may be taught lie below test.", _is_taught_defect, ("mvtec",)),
    (
        "{images}: written as PNG, upright and with 8 bits, as Twinbank reads them; the files as they came stay here.",
        _is_converted,
        _ALL,
    ),
)
