"""Bring images into the workspace: bad files are counted with a reason, the rest goes on."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from app.services.authorship import checked_author
from app.services.errors import InvalidRequestError, UnknownVerdictError
from app.services.image_facts import no_facts
from app.services.image_intake import ImageIntake
from app.services.import_layouts import LAYOUTS, plan_layout, preview_of, recognised
from app.services.import_plan import FactsOf, FolderPlan, PlannedImage
from app.services.jobs import JobControl, JobRunner, StageReport
from app.services.thumbnails import Thumbnails
from app.services.views import ImageFacts, ImportPreview, ImportReport, IncomingFile, RefusedFile
from storage.records import JobKind
from storage.workspace import Workspace

CHUNK = 16  # images stored in one transaction
STAGE = "Importing images"


def silent(_stage: str, _done: int, _total: int) -> None:
    """Report to nobody."""


class ImportingService:
    """Images in, with the verdicts and masks that came with them."""

    def __init__(
        self,
        workspace: Workspace,
        thumbnails: Thumbnails,
        jobs: JobRunner,
        after_import: Callable[[str], None],
    ) -> None:
        self._workspace = workspace
        self._thumbnails = thumbnails
        self._jobs = jobs
        self._after_import = after_import

    def import_files(
        self,
        files: Iterable[IncomingFile],
        product: str,
        author: str,
        verdict: str | None = None,
        facts: ImageFacts | None = None,
        report: StageReport = silent,
    ) -> ImportReport:
        """Store uploaded files as images of one product.

        Raises:
            AuthorMissingError, InvalidRequestError, UnknownVerdictError: nothing was stored.
        """
        name, product = checked_author(author), _checked_product(product)
        if verdict not in (None, "good", "defect", "unsure"):
            raise UnknownVerdictError(str(verdict))
        planned = [
            PlannedImage(file, product, file.name, verdict, None, facts or ImageFacts()) for file in files
        ]
        return self._store(planned, (), name, report)

    def import_folder(
        self,
        root: Path,
        layout: str,
        product: str | None,
        author: str,
        report: StageReport = silent,
        facts_of: FactsOf = no_facts,
    ) -> ImportReport:
        """Store every image below `root`.

        Args:
            report: called after every chunk; may raise JobCancelled. What was stored before stays.

        Raises:
            FolderNotReadableError, AuthorMissingError, InvalidRequestError: nothing was stored.
        """
        name = checked_author(author)
        plan = _plan(root, layout, product, facts_of)
        return self._store(plan.images, plan.refused, name, report)

    def start_folder(
        self, root: Path, layout: str, product: str | None, author: str, facts_of: FactsOf = no_facts
    ) -> int:
        """Import a folder as a job and return the job's id; the job's result is the report."""
        name = checked_author(author)
        _plan(root, layout, product, facts_of)  # refuse at once what can't be read

        def work(control: JobControl) -> dict[str, object]:
            return as_json(self.import_folder(root, layout, product, name, control.report, facts_of))

        return self._jobs.start(
            JobKind.IMPORT, name, {"root": str(root), "layout": layout, "product": product}, work
        )

    def preview(self, root: Path, layout: str | None, product: str | None) -> ImportPreview:
        """Return what `import_folder` would take in; no image is opened yet.

        Args:
            layout: None: what the folder seems to be.

        Raises:
            FolderNotReadableError, InvalidRequestError: the folder can't be imported so.
        """
        chosen = layout or recognised(root)
        return preview_of(_plan(root, chosen, product, no_facts), chosen)

    def layouts(self) -> tuple[str, ...]:
        return LAYOUTS

    def import_planned(
        self, planned: Sequence[PlannedImage], author: str, report: StageReport = silent
    ) -> ImportReport:
        """Store images whose product, verdict, side and masks are given one by one."""
        return self._store(planned, (), checked_author(author), report)

    def _store(
        self,
        planned: Sequence[PlannedImage],
        refused: Sequence[RefusedFile],
        author: str,
        report: StageReport,
    ) -> ImportReport:
        intake = ImageIntake(self._workspace, self._thumbnails, author)
        intake.refuse(refused)
        for start in range(0, len(planned), CHUNK):
            report(STAGE, start, len(planned))
            intake.take(planned[start : start + CHUNK])
        report(STAGE, len(planned), len(planned))
        self._after_import(author)
        return intake.report()


def as_json(report: ImportReport) -> dict[str, object]:
    """Return the report as the import route and the job's result give it."""
    return {
        "added": report.added,
        "already_there": report.already_there,
        "refused": [{"name": file.name, "reason": file.reason} for file in report.refused],
        "image_ids": list(report.image_ids),
        "masks": report.masks,
        "filed_twice": list(report.filed_twice),
        "known": list(report.known),
    }


def _plan(root: Path, layout: str, product: str | None, facts_of: FactsOf) -> FolderPlan:
    plan = plan_layout(root, layout, _checked_product(product) if product else None, facts_of)
    for name in {image.product for image in plan.images}:
        _checked_product(name)
    return plan


def _checked_product(product: str) -> str:
    name = product.strip()
    if not name or len(name) > 80 or not name.isprintable():
        raise InvalidRequestError("A product needs a name of 1 to 80 printable characters.")
    return name
