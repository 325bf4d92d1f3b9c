"""Check a workspace: the database, every file that it names, every hash. Changes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CompoundSelect, select, text, union
from sqlalchemy.orm import Session

from storage.blobs import BlobStore
from storage.errors import BlobDamagedError, BlobMissingError, ModelIncompleteError
from storage.model_store import ModelStore
from storage.tables import ImageTable, LayerTable, RevisionTable, VersionTable

if TYPE_CHECKING:
    from storage.workspace import Workspace

CheckProgress = Callable[[str, int, int], None]


class ProblemKind(StrEnum):
    DATABASE = "database"
    BLOB_MISSING = "blob missing"
    BLOB_DAMAGED = "blob damaged"
    VERSION = "version"


@dataclass(frozen=True)
class Problem:
    kind: ProblemKind
    subject: str
    sentence: str


@dataclass(frozen=True)
class CheckReport:
    """What was looked at, and what is wrong.

    spare_blobs: files that no record names: left by a crash between file and record, harmless.
    """

    images: int
    revisions: int
    versions: int
    blobs: int
    spare_blobs: int
    problems: tuple[Problem, ...]

    @property
    def is_sound(self) -> bool:
        return not self.problems


def check(workspace: "Workspace", progress: CheckProgress | None = None) -> CheckReport:
    """Look at everything once; `progress(stage, done, total)` may raise to stop."""
    report = progress or (lambda stage, done, total: None)
    report("Checking the database", 0, 1)
    with workspace.database.reading() as session:
        problems = list(_database_problems(session))
        named: set[str] = set(session.scalars(_named_blobs()))
        manifests = [
            (row.id, row.manifest_sha256)
            for row in session.execute(select(VersionTable.id, VersionTable.manifest_sha256))
        ]
        images = len(session.scalars(select(ImageTable.id)).all())
        revisions = len(session.scalars(select(RevisionTable.id)).all())
    stored = set(workspace.blobs.names())
    problems += _blob_problems(workspace.blobs, sorted(named | stored), report)
    problems += _version_problems(workspace.models, manifests, report)
    return CheckReport(images, revisions, len(manifests), len(stored), len(stored - named), tuple(problems))


def _named_blobs() -> CompoundSelect[str]:
    return union(
        select(ImageTable.source_sha256),
        select(ImageTable.pixels_sha256),
        select(LayerTable.mask_sha256),
        select(RevisionTable.ignore_sha256).where(RevisionTable.ignore_sha256.is_not(None)),
    )


def _database_problems(session: Session) -> Iterator[Problem]:
    for (finding,) in session.execute(text("PRAGMA integrity_check")):
        if finding != "ok":
            yield Problem(ProblemKind.DATABASE, "integrity", str(finding))
    for table, row, parent, _ in session.execute(text("PRAGMA foreign_key_check")):
        yield Problem(
            ProblemKind.DATABASE, f"{table} {row}", f"{table} {row} names a missing entry of {parent}."
        )


def _blob_problems(blobs: BlobStore, names: list[str], report: CheckProgress) -> Iterator[Problem]:
    for done, sha256 in enumerate(names):
        report("Checking stored files", done, len(names))
        try:
            blobs.verify(sha256)
        except BlobMissingError as error:
            yield Problem(ProblemKind.BLOB_MISSING, sha256, str(error))
        except BlobDamagedError as error:
            yield Problem(ProblemKind.BLOB_DAMAGED, sha256, str(error))
    report("Checking stored files", len(names), len(names))


def _version_problems(
    models: ModelStore, manifests: list[tuple[int, str]], report: CheckProgress
) -> Iterator[Problem]:
    seen: set[str] = set()
    for done, (version_id, sha256) in enumerate(manifests):
        report("Checking versions", done, len(manifests))
        subject = f"version {version_id}"
        try:
            for segment, reason in models.verify(sha256):
                if segment not in seen:
                    seen.add(segment)
                    yield Problem(ProblemKind.VERSION, subject, f"Version {version_id}: {reason}.")
        except ModelIncompleteError as error:
            yield Problem(ProblemKind.VERSION, subject, f"Version {version_id}: {error}")
    report("Checking versions", len(manifests), len(manifests))
