"""Hand images, verdicts and paintings to other programs: a new folder in a layout that they read."""

import secrets
import shutil
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from app.services.authorship import checked_author, now
from app.services.catalogue import require_product
from app.services.errors import ExportFailedError, InvalidRequestError, StorageError, UnknownExportError
from app.services.exchange_notes import ImageHistory, write_notes
from app.services.export_layouts import WRITERS, ReadAhead
from app.services.export_losses import NOT_JUDGED, left_out, losses
from app.services.jobs import JobControl, JobRunner, StageReport
from app.services.views import ExportPreview, ExportReport, JobView, KeptExport, RefusedFile
from storage.records import JobKind
from storage.workspace import Workspace

STAGE = "Writing images"
KEPT = "exports"  # the folder of the workspace that exports lie in where no other one was named
SHOWN = 50  # exports that are listed
LEFT_FREE = 200_000_000  # bytes of the disk that an export leaves for strokes to be saved
LOOKED_AT = 2000  # of the newest ones, also those that failed or went elsewhere


class ExportingService:
    """Images out; of the workspace only `exports` is written."""

    def __init__(self, workspace: Workspace, jobs: JobRunner) -> None:
        self._workspace = workspace
        self._jobs = jobs
        kept = workspace.path / KEPT
        if not kept.is_symlink():  # behind a link lies nothing of ours
            for partial in kept.glob(".*.partial"):  # what a stop in mid-work left
                shutil.rmtree(partial, ignore_errors=True)

    def layouts(self) -> tuple[str, ...]:
        return tuple(WRITERS)

    def preview(self, layout: str, product: str | None) -> ExportPreview:
        """Return what would be written, and what this layout can't hold.

        Raises:
            InvalidRequestError: there is no such layout.
            UnknownProductError: no product has this name.
        """
        _require_layout(layout)
        histories = self._histories(product)
        painted = sum(history.painting is not None for history in histories)
        images = len(histories) - left_out(layout, histories)
        return ExportPreview(layout, images, painted, losses(layout, histories))

    def start(self, author: str, layout: str, product: str | None, folder: Path | None = None) -> int:
        """Export as a job and return the job's id; the job's result is the report.

        Args:
            folder: new, outside the workspace. None: one below the workspace's `exports`, named here.

        Raises:
            AuthorMissingError, InvalidRequestError, UnknownProductError, ExportFailedError: nothing was started.
        """
        name = checked_author(author)
        _require_layout(layout)
        with self._workspace.reading() as work:
            if product is not None:
                require_product(work, product)
        if folder is not None:
            self._require_new(folder.expanduser().resolve())

        def work_on(control: JobControl) -> Mapping[str, object]:
            target = folder or self._kept_folder() / _name(layout, product, control.job_id)
            report = self.export(target, layout, product, control.report)
            return as_json(report, None if folder else target.name)

        spec = {"layout": layout, "product": product, "folder": str(folder) if folder else None}
        return self._jobs.start(JobKind.EXPORT, name, spec, work_on)

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
            self._require_room(partial, target, histories)
            written, refused = self._write(partial, layout, histories, report)
            self._require_new(target)
            partial.rename(target)
        except OSError as error:
            raise ExportFailedError(str(target), error.strerror or str(error)) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        report(STAGE, len(histories), len(histories))
        painted = sum(history.painting is not None for history in written)
        return ExportReport(str(target), len(written), painted, losses(layout, histories), refused)

    def kept(self) -> tuple[KeptExport, ...]:
        """Return what lies in the workspace's `exports` or is being written there, the newest first."""
        jobs = self._jobs.recent(JobKind.EXPORT, LOOKED_AT)
        found = (_kept(job) for job in jobs if _is_coming(job) or self._folder_of(job) is not None)
        return tuple(islice(found, SHOWN))

    def kept_folder(self, job_id: int) -> Path:
        """Return the folder of an export that lies in the workspace.

        Raises:
            UnknownJobError, UnknownExportError: there is none.
        """
        folder = self._folder_of(self._jobs.view(job_id))
        if folder is None:
            raise UnknownExportError(job_id)
        return folder

    def remove(self, job_id: int) -> None:
        """Delete an export that lies in the workspace; it can be made again.

        Raises:
            UnknownJobError, UnknownExportError: there is none.
            ExportFailedError: the disk refuses.
        """
        folder = self.kept_folder(job_id)
        leaving = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.partial")
        try:
            folder.rename(leaving)
            shutil.rmtree(leaving)
        except OSError as error:
            raise ExportFailedError(str(folder), error.strerror or str(error)) from error

    def _write(
        self, folder: Path, layout: str, histories: Sequence[ImageHistory], report: StageReport
    ) -> tuple[list[ImageHistory], tuple[RefusedFile, ...]]:
        """Write one image after the other; one whose files are damaged is left out, with the reason."""
        content = ReadAhead(self._workspace.blobs)
        writer = WRITERS[layout](folder, content, histories)
        written: list[tuple[str, ImageHistory]] = []
        refused = []
        for number, history in enumerate(histories):
            report(STAGE, number, len(histories))
            try:
                content.load(history)
            except StorageError as error:
                refused.append(RefusedFile(history.image.name, str(error)))
                continue
            path = writer.add(history)
            if path is None:
                refused.append(RefusedFile(history.image.name, NOT_JUDGED))
            else:
                written.append((path, history))
        writer.finish()
        write_notes(folder, layout, written)
        return [history for _, history in written], tuple(refused)

    def _kept_folder(self) -> Path:
        """Return the workspace's `exports`, a folder of its own and no link to elsewhere."""
        folder = self._workspace.path.resolve() / KEPT
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise ExportFailedError(str(folder), error.strerror or str(error)) from error
        if folder.resolve() != folder:
            raise ExportFailedError(str(folder), "it is a link: make it a folder of the workspace")
        return folder

    def _folder_of(self, job: JobView) -> Path | None:
        name = (job.result or {}).get("name")
        if not isinstance(name, str) or name != Path(name).name:
            return None
        folder = self._workspace.path.resolve() / KEPT / name
        return folder if folder.is_dir() and folder.resolve() == folder else None

    def _require_new(self, target: Path) -> None:
        if target.exists() or target.is_symlink():
            raise ExportFailedError(str(target), "it is there already: name a new folder")
        workspace = self._workspace.path.resolve()
        if target.is_relative_to(workspace) and target.parent != workspace / KEPT:
            raise ExportFailedError(str(target), "it lies inside the workspace: name a folder outside")

    def _require_room(self, folder: Path, target: Path, histories: Sequence[ImageHistory]) -> None:
        """The images take the most; what masks and notes take comes out of what is left."""
        files = (self._workspace.blobs.path(history.image.pixels_sha256) for history in histories)
        needed = sum(file.stat().st_size for file in files if file.exists())
        free = shutil.disk_usage(folder).free
        if free < needed + LEFT_FREE:
            raise ExportFailedError(
                str(target),
                f"its images take {needed / 1e9:,.2f} GB, and of {free / 1e9:,.2f} GB free there "
                f"{LEFT_FREE / 1e9:,.2f} GB are left alone: make room, or export one product",
            )

    def _histories(self, product: str | None) -> tuple[ImageHistory, ...]:
        with self._workspace.reading() as work:
            if product is not None:
                require_product(work, product)
            return tuple(
                ImageHistory(image, work.verdicts.history(image.id), work.revisions.history(image.id))
                for image in work.images.all(product)
            )


def as_json(report: ExportReport, name: str | None) -> dict[str, object]:
    """Return the report as the job's result gives it; `name`: of its folder below `exports`, if it lies there."""
    return {
        "folder": report.folder,
        "name": name,
        "images": report.images,
        "painted": report.painted,
        "losses": list(report.losses),
        "left_out": [{"name": file.name, "reason": file.reason} for file in report.left_out],
    }


def _name(layout: str, product: str | None, job_id: int) -> str:
    readable = "".join(c if c.isalnum() or c in "-_" else "_" for c in product or "all-products")[:40]
    return f"{now():%Y-%m-%d}-{readable}-{layout}-{job_id}"


def _is_coming(job: JobView) -> bool:
    return job.is_active and job.spec.get("folder") is None


def _kept(job: JobView) -> KeptExport:
    result, spec = job.result or {}, job.spec
    product = spec.get("product")
    return KeptExport(
        job=job.id,
        name=str(result.get("name") or ""),
        layout=str(spec["layout"]),
        product=None if product is None else str(product),
        images=int(str(result.get("images", 0))),
        author=job.author,
        at=job.created_at,
        is_active=job.is_active,
    )


def _require_layout(layout: str) -> None:
    if layout not in WRITERS:
        raise InvalidRequestError(f"layout {layout!r} is not one of {', '.join(WRITERS)}.")
