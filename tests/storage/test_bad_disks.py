"""A full disk and a read-only folder: a clear error, and the last good state."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from storage.errors import WorkspaceFullError, WorkspaceReadOnlyError
from storage.schema import migrate
from storage.sqlite_driver import SqliteDriver, choose_driver
from storage.workspace import Work, Workspace
from tests.storage.examples import NOON, add_image

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534


@dataclass(frozen=True)
class SmallDisk(SqliteDriver):
    """SQLite itself reports SQLITE_FULL when the file reaches this many pages."""

    pages: int = 60

    def prepare(self, connection: Any) -> None:
        super().prepare(connection)
        connection.execute(f"PRAGMA max_page_count={self.pages}")


def test_full_database_keeps_everything_that_was_committed(tmp_path: Path) -> None:
    real = choose_driver()
    database = Database(tmp_path / "twinbank.sqlite3", SmallDisk(real.module, real.version, real.durability))
    migrate(database)
    written = 0

    with pytest.raises(WorkspaceFullError, match="Free some space"):
        for _ in range(1000):
            with database.writing() as session:
                Work(session).events.add("Ada", NOON, "x" * 2000, {})
            written += 1

    with database.reading() as session:
        assert len(Work(session).events.newest(10_000)) == written > 10
    database.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB of its own; only root may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root on Linux can mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this system lets nobody mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_really_full_disk_loses_nothing_and_works_again_after_cleaning(small_disk: Path) -> None:
    workspace = Workspace.create(small_disk / "workspace")
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * 1_000_000)
    added = []

    with pytest.raises(WorkspaceFullError, match="is full"):
        for number in range(10_000):
            added.append(add_image(workspace, f"{number} " * 2000))
    with workspace.reading() as work:
        assert [image.id for image in work.images.all()] == [image.id for image in added]
    ballast.unlink()

    last = add_image(workspace, "after cleaning")
    report = workspace.check()
    assert report.is_sound, report.problems
    assert report.images == len(added) + 1
    workspace.close()
    again = Workspace.open(workspace.path)
    with again.reading() as work:
        assert work.images.get(last.id) == last
    again.close()


@pytest.fixture
def public_workspace() -> Iterator[Path]:
    """A workspace that another user can reach, but not write to."""
    folder = Path(tempfile.mkdtemp(prefix="twinbank-"))
    folder.chmod(0o755)
    workspace = Workspace.create(folder / "workspace")
    add_image(workspace)
    workspace.close()
    for path in (folder / "workspace", *(folder / "workspace").rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder / "workspace"
    for path in (folder / "workspace").rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    (folder / "workspace").chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.skipif(os.name == "nt", reason="folders on Windows have no such mode")
@pytest.mark.parametrize(
    "attempt",
    [
        "Workspace.open(path)",
        "Workspace.create(path / 'blobs' / 'inner')",
        "BlobStore(path / 'blobs').put(b'new')",
        "Ownership.take(path / 'owner.lock', None)",
        "ModelStore(path / 'models').staging(1)",
    ],
)
def test_read_only_folder_is_a_clear_error(public_workspace: Path, attempt: str) -> None:
    program = (
        "import os, pathlib, sys, tempfile; from storage.workspace import Workspace; from storage.blobs import BlobStore\n"
        "from storage.owner import Ownership; from storage.model_store import ModelStore\n"
        "from storage.errors import WorkspaceReadOnlyError\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "with tempfile.TemporaryDirectory() as other: Workspace.create(other).close()  # imports while that is allowed\n"
        f"if os.geteuid() == 0: os.setegid({NOBODY}); os.seteuid({NOBODY})\n"
        f"try: {attempt}\n"
        "except WorkspaceReadOnlyError as error: print(error)"
    )
    command = [sys.executable, "-c", program, str(public_workspace)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.stdout.startswith("Twinbank may not write to "), done.stderr


def test_read_only_error_is_a_sentence_with_the_folder() -> None:
    assert str(WorkspaceReadOnlyError(Path("/data/line 4"))).startswith(
        "Twinbank may not write to /data/line 4."
    )
