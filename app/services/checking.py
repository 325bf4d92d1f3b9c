"""Verify a whole workspace and say what is wrong in sentences."""

from dataclasses import dataclass
from pathlib import Path

from app.messages import plural
from app.services.jobs import StageReport
from storage.workspace import Workspace


@dataclass(frozen=True)
class CheckResult:
    problems: tuple[str, ...]
    sentence: str


def check_workspace(path: Path, report: StageReport) -> CheckResult:
    """Look at every record and every hash of a workspace that nobody else has open; changes nothing.

    Raises:
        WorkspaceInUseError, NotAWorkspaceError, WorkspaceFromNewerVersionError
    """
    workspace = Workspace.open(path)
    try:
        with workspace.own():
            found = workspace.check(report)
    finally:
        workspace.close()
    looked_at = (
        f"Looked at {plural(found.images, 'image')}, {plural(found.revisions, 'painting')}, "
        f"{plural(found.versions, 'version')} and {plural(found.blobs, 'stored file')}"
    )
    verdict = "everything is as it should be" if found.is_sound else plural(len(found.problems), "problem")
    return CheckResult(tuple(problem.sentence for problem in found.problems), f"{looked_at}: {verdict}.")
