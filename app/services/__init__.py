"""The use cases of Twinbank: what pages, routes and commands may ask for. core and storage meet only here."""

from __future__ import annotations

import hmac
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from app.services.agreement import AgreementService
from app.services.assist import AssistService
from app.services.browsing import BrowsingService
from app.services.defect_book import DefectBookService
from app.services.demo import DemoService
from app.services.exporting import ExportingService
from app.services.importing import ImportingService
from app.services.jobs import JobRunner
from app.services.labelling import LabellingService
from app.services.lesson_patches import LessonPatchesService
from app.services.preview import PreviewService
from app.services.questions import QuestionsService
from app.services.queue import QueueService
from app.services.review import ReviewService
from app.services.scoring import ScoringService
from app.services.teaching import TeachingService
from app.services.thumbnails import Thumbnails
from app.services.versions import VersionsService
from app.services.worker_link import SCORING, TRAINING, WorkerLink
from storage.owner import Ownership
from storage.workspace import Workspace


@dataclass(frozen=True)
class Services:
    """Every use case, over one workspace that this process owns."""

    path: Path
    browsing: BrowsingService
    importing: ImportingService
    exporting: ExportingService
    labelling: LabellingService
    queue: QueueService
    questions: QuestionsService
    book: DefectBookService
    agreement: AgreementService
    preview: PreviewService
    lesson_patches: LessonPatchesService
    teaching: TeachingService
    review: ReviewService
    assist: AssistService
    versions: VersionsService
    scoring: ScoringService
    demo: DemoService
    jobs: JobRunner
    worker: WorkerLink
    scorer: WorkerLink
    author_default: str | None
    _workspace: Workspace
    _ownership: Ownership
    _until_closed: ExitStack

    def is_owner(self, owner_pass: str | None) -> bool:
        """Tell whether this is the pass that only the person who runs this process can read."""
        return hmac.compare_digest((owner_pass or "").encode(), self._ownership.owner_pass.encode())

    def announce(self, address: str) -> None:
        """Write into the lock file where this process can be reached."""
        self._ownership.set_address(address)

    def close(self) -> None:
        """Stop long work, end the processes that compute, give the workspace back."""
        self.jobs.close()
        self.worker.close()
        self.scorer.close()
        self._until_closed.close()


def open_services(
    workspace_path: Path | str,
    *,
    device: str = "auto",
    author_default: str | None = None,
    address: str | None = None,
    config: str = "",
) -> Services:
    """Open the workspace (made when it is not there), own it, and return the use cases.

    Args:
        device: "auto", "cpu" or "cuda"; tried when a process that computes starts.
        author_default: a name to offer where none was typed yet.
        address: where this process can be reached, when that is known already.
        config: settings of a new model as JSON; "" for the default ones.

    Raises:
        WorkspaceInUseError: another process owns it; the error carries that one's address.
        NotAWorkspaceError, WorkspaceFromNewerVersionError: the folder can't be used.
    """
    workspace = Workspace.open_or_create(Path(workspace_path))
    until_closed = ExitStack()
    until_closed.callback(workspace.close)
    try:
        ownership = until_closed.enter_context(workspace.own(address))
        return _assemble(workspace, ownership, until_closed, device, author_default, config)
    except BaseException:
        until_closed.close()
        raise


def _assemble(
    workspace: Workspace,
    ownership: Ownership,
    until_closed: ExitStack,
    device: str,
    author_default: str | None,
    config: str,
) -> Services:
    thumbnails = Thumbnails(workspace.path / "thumbnails", workspace.blobs)
    jobs = JobRunner(workspace)
    worker, scorer = (WorkerLink(workspace.path, device, role) for role in (TRAINING, SCORING))
    scoring = ScoringService(workspace, jobs, worker, scorer)

    def score_new(author: str) -> None:
        scoring.score_missing(author)

    review = ReviewService(workspace)
    importing = ImportingService(workspace, thumbnails, jobs, score_new)
    return Services(
        path=workspace.path,
        browsing=BrowsingService(workspace, thumbnails),
        importing=importing,
        exporting=ExportingService(workspace, jobs),
        labelling=LabellingService(workspace),
        queue=QueueService(workspace, thumbnails),
        book=DefectBookService(workspace),
        questions=QuestionsService(workspace),
        agreement=AgreementService(workspace),
        preview=PreviewService(workspace, worker),
        lesson_patches=LessonPatchesService(workspace, review),
        teaching=TeachingService(workspace, jobs, worker, scoring.score_after, config),
        review=review,
        assist=AssistService(workspace, review, thumbnails),
        versions=VersionsService(workspace, score_new),
        scoring=scoring,
        demo=DemoService(workspace, importing),
        jobs=jobs,
        worker=worker,
        scorer=scorer,
        author_default=author_default,
        _workspace=workspace,
        _ownership=ownership,
        _until_closed=until_closed,
    )
