"""A workspace: one folder with everything that must survive, and the unit of work through which it changes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from storage.blobs import BlobStore
from storage.book import Book
from storage.checking import CheckProgress, CheckReport, check
from storage.database import Database
from storage.defect_types import DefectTypes
from storage.durable import DurableFiles
from storage.errors import NotAWorkspaceError, WorkspaceFromNewerVersionError, explain_os_error
from storage.events import Events
from storage.feature_cache import FeatureCache
from storage.images import Images
from storage.in_use import VersionsInUse
from storage.jobs import Jobs
from storage.listing import Listing
from storage.model_store import ModelStore
from storage.owner import Ownership
from storage.products import Products
from storage.rechecks import Rechecks
from storage.remarks import Remarks
from storage.revisions import Revisions
from storage.schema import migrate
from storage.scores import Scores
from storage.skips import Skips
from storage.verdicts import Verdicts
from storage.versions import Versions

FORMAT = 1
_MARK = "workspace.json"
_FOLDERS = ("blobs", "thumbnails", "cache", "models", "logs")


class Work:
    """One transaction, seen as repositories. They never commit; the `with` that made this does."""

    def __init__(self, session: Session) -> None:
        self.products = Products(session)
        self.images = Images(session)
        self.verdicts = Verdicts(session)
        self.book = Book(session)
        self.skips = Skips(session)
        self.remarks = Remarks(session)
        self.rechecks = Rechecks(session)
        self.revisions = Revisions(session)
        self.defect_types = DefectTypes(session)
        self.versions = Versions(session)
        self.in_use = VersionsInUse(session)
        self.scores = Scores(session)
        self.listing = Listing(session)
        self.jobs = Jobs(session)
        self.events = Events(session)


class Workspace:
    """Made by `create`, `open` or `open_or_create`. Any thread may use it."""

    def __init__(self, path: Path, database: Database) -> None:
        self.path = path
        self.database = database
        self.blobs = BlobStore(path / "blobs")
        self.features = FeatureCache(path / "cache" / "features")
        self.models = ModelStore(path / "models")

    @classmethod
    def create(cls, path: Path) -> "Workspace":
        """Make a workspace in a new or empty folder; one that a crash left half-made is completed.

        Raises:
            NotAWorkspaceError: the folder has other things in it, or is a workspace already.
            WorkspaceFullError, WorkspaceReadOnlyError: the folder can't be written.
        """
        path = Path(path).absolute()
        _refuse_strangers(path)
        try:
            for folder in _FOLDERS:
                (path / folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise explain_os_error(error, path) from error
        workspace = cls._migrated(path)
        mark = {"format": FORMAT, "made_by": "Twinbank", "created_at": datetime.now(UTC).isoformat()}
        DurableFiles(path / "blobs" / ".incoming").write(path / _MARK, json.dumps(mark, indent=2).encode())
        return workspace

    @classmethod
    def open(cls, path: Path) -> "Workspace":
        """Open a workspace, bringing its database up to date.

        Raises:
            NotAWorkspaceError: there is none here.
            WorkspaceFromNewerVersionError: it needs a newer Twinbank; nothing was changed.
            WorkspaceReadOnlyError: its folder can't be written.
        """
        path = Path(path).absolute()
        mark = _read_mark(path)
        if mark["format"] > FORMAT:
            raise WorkspaceFromNewerVersionError(path, str(mark["format"]), str(FORMAT))
        return cls._migrated(path)

    @classmethod
    def open_or_create(cls, path: Path) -> "Workspace":
        """Open the workspace, or make one where there is none; raises what these two raise."""
        return cls.open(path) if (Path(path) / _MARK).exists() else cls.create(path)

    @classmethod
    def _migrated(cls, path: Path) -> "Workspace":
        database = Database(path / "twinbank.sqlite3")
        try:
            migrate(database)
        except BaseException:
            database.close()
            raise
        return cls(path, database)

    @contextmanager
    def reading(self) -> Iterator[Work]:
        """One consistent look at the records; writing is refused."""
        with self.database.reading() as session:
            yield Work(session)

    @contextmanager
    def writing(self) -> Iterator[Work]:
        """One transaction: committed and safe when the block ends, undone by any exception.

        Raises:
            NestedWriteError: this thread is inside another one.
            WorkspaceFullError, WorkspaceReadOnlyError, WorkspaceBusyError: nothing was written.
        """
        with self.database.writing() as session:
            yield Work(session)

    @contextmanager
    def own(self, address: str | None = None) -> Iterator[Ownership]:
        """Be the one process that writes here; `address` tells others where to reach it.

        Raises:
            WorkspaceInUseError: somebody else is; its `address` says where.
        """
        ownership = Ownership.take(self.path / "owner.lock", address)
        try:
            self.blobs.tidy()
            self.models.tidy()
            yield ownership
        finally:
            ownership.release()

    def check(self, progress: CheckProgress | None = None) -> CheckReport:
        """Look at every record and every hash; changes nothing."""
        return check(self, progress)

    def close(self) -> None:
        """Close the database; with no other process in it, the folder can be copied as a backup then."""
        self.database.close()


def _refuse_strangers(path: Path) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        raise NotAWorkspaceError(path, "it is a file, not a folder")
    names = {entry.name for entry in path.iterdir()}
    if _MARK in names:
        raise NotAWorkspaceError(path, "it is a workspace already, open it instead of making a new one there")
    strangers = sorted(
        name for name in names if name not in _FOLDERS and not name.startswith("twinbank.sqlite3")
    )
    if strangers:
        raise NotAWorkspaceError(path, f"the folder holds other things, {strangers[0]!r} for one")


def _read_mark(path: Path) -> dict[str, Any]:
    try:
        mark = json.loads((path / _MARK).read_bytes())
    except FileNotFoundError as error:
        raise NotAWorkspaceError(path, f"it has no {_MARK}") from error
    except ValueError as error:
        raise NotAWorkspaceError(path, f"its {_MARK} is not readable") from error
    except OSError as error:
        raise explain_os_error(error, path) from error
    if not isinstance(mark, dict) or not isinstance(mark.get("format"), int):
        raise NotAWorkspaceError(path, f"its {_MARK} names no format")
    return mark
