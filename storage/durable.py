"""Write a file so that it is there whole or not at all, whenever the power goes: temp, fsync, rename, fsync folder."""

import os
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from storage.errors import explain_os_error

Opener = Callable[[Path], BinaryIO]


def open_new(path: Path) -> BinaryIO:
    return path.open("xb")


class DurableFiles:
    """Puts files in place. `open_file` is the seam through which a test hands in a disk that is full."""

    def __init__(self, incoming: Path, open_file: Opener = open_new) -> None:
        self._incoming = incoming
        self._open_file = open_file

    def write(self, target: Path, data: bytes) -> None:
        """Make `target` hold exactly `data`; when this returns it survives a power cut.

        Raises:
            WorkspaceFullError, WorkspaceReadOnlyError: `target` is as it was before.
        """
        temporary = self._incoming / f"{uuid.uuid4().hex}.part"
        try:
            self._incoming.mkdir(parents=True, exist_ok=True)
            try:
                with self._open_file(temporary) as file:
                    file.write(data)
                    file.flush()
                    sync_file(file)
                self.move(temporary, target)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise explain_os_error(error, target.parent) from error

    def move(self, source: Path, target: Path) -> None:
        """Rename a synced file on the same disk into place, and sync both folders on the way down."""
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(source, target)
        sync_folder(target.parent)
        sync_folder(target.parent.parent)

    def tidy(self) -> int:
        """Remove what a crash left half-written; returns how many files. Only the owner may call this."""
        leftovers = list(self._incoming.glob("*.part")) if self._incoming.is_dir() else []
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
        return len(leftovers)


def sync_file(file: BinaryIO) -> None:
    if sys.platform == "darwin":  # there fsync stops at the drive's own cache
        import fcntl

        fcntl.fcntl(file.fileno(), fcntl.F_FULLFSYNC)
    else:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut; Windows does so by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
