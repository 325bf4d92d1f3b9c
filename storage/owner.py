"""Who owns a workspace: a lock of the operating system on a file that says where its holder can be reached.

The lock goes with the process, however it ends; what the file says may be stale, the lock never is. Beside it lies the
owner's pass: who can read that file is the person who runs the owner, and may name paths of this machine.
"""

import json
import os
import secrets
from pathlib import Path
from typing import IO

from storage.errors import StorageError, WorkspaceInUseError, explain_os_error

PASS_FILE = "owner.pass"
_LOCKED_BYTE = 1 << 30  # Windows locks ranges against reading too: one far behind the text


class Ownership:
    """Held by one process at a time, from `take` to `release`."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.owner_pass = secrets.token_urlsafe(24)
        self._path = path
        self._file = file

    @classmethod
    def take(cls, path: Path, address: str | None) -> "Ownership":
        """Take the lock, or say who has it.

        Raises:
            WorkspaceInUseError: another process, or another owner in this one, holds it.
            WorkspaceFullError, WorkspaceReadOnlyError: the lock file can't be written.
        """
        try:
            file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b", buffering=0)
        except OSError as error:
            raise explain_os_error(error, path.parent) from error
        if not _lock(file):
            file.close()
            raise WorkspaceInUseError(path.parent, address_of(path))
        ownership = cls(path, file)
        try:
            _write_pass(path.with_name(PASS_FILE), ownership.owner_pass)
            ownership.set_address(address)
        except (StorageError, OSError):
            file.close()
            raise
        return ownership

    def set_address(self, address: str | None) -> None:
        """Say where the owner can be reached from now on."""
        text = json.dumps({"process": os.getpid(), "address": address}).encode()
        try:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(text)
        except OSError as error:
            raise explain_os_error(error, self._path.parent) from error

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would let two owners lock two files of one name."""
        if not self._file.closed:
            self._file.seek(0)
            self._file.truncate()
            self._file.close()


def _write_pass(path: Path, text: str) -> None:
    """Write the pass for nobody but this person; a file that was there, whoever may read it, goes first."""
    try:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    except OSError as error:
        raise explain_os_error(error, path.parent) from error


def pass_of(path: Path) -> str | None:
    """Return the pass of who owns the workspace; None: this person may not read it."""
    try:
        return (path / PASS_FILE).read_text() or None
    except OSError:
        return None


def address_of(path: Path) -> str | None:
    """Return what the lock file says, without asking whether the lock is held."""
    try:
        address = json.loads(path.read_bytes())["address"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return address if isinstance(address, str) else None


if os.name == "nt":
    import msvcrt

    def _lock(file: IO[bytes]) -> bool:
        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
