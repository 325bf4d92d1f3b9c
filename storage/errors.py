"""What storage refuses or cannot do, each with a sentence that says what was asked and what was there."""

import errno
from pathlib import Path


class StorageError(Exception):
    """The workspace can't do what was asked; what was stored before is unchanged."""


class NotAWorkspaceError(StorageError):
    def __init__(self, path: Path, found: str) -> None:
        self.path = path
        super().__init__(f"{path} is not a Twinbank workspace: {found}.")


class WorkspaceFromNewerVersionError(StorageError):
    def __init__(self, path: Path, found: str, known: str) -> None:
        self.path = path
        super().__init__(
            f"{path} was written by a newer Twinbank (its format is {found}, this one knows up to {known}). "
            "Open it with that version; nothing was changed."
        )


class WorkspaceInUseError(StorageError):
    """Another process owns the workspace; `address` is where it can be reached, if it serves."""

    def __init__(self, path: Path, address: str | None) -> None:
        self.path = path
        self.address = address
        where = f" at {address}" if address else ""
        super().__init__(f"Another Twinbank has {path} open{where}. Use that one, or stop it first.")


class WorkspaceFullError(StorageError):
    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"The disk that holds {path} is full. Nothing was saved by this step, everything saved before is intact. "
            "Free some space and try again."
        )


class WorkspaceReadOnlyError(StorageError):
    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"Twinbank may not write to {path}. Give this user the right to write there, or choose another folder."
        )


class WorkspaceBusyError(StorageError):
    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"Another program has kept {path} locked for too long. Close it and try again.")


class WorkspaceDamagedError(StorageError):
    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"The database {path} is damaged ({reason}). Restore the workspace from a backup.")


class NestedWriteError(StorageError):
    def __init__(self) -> None:
        super().__init__("This thread is writing already; a write inside a write would wait for itself.")


class WriteWhileReadingError(StorageError):
    def __init__(self) -> None:
        super().__init__("A reading block may not write; use `writing()`.")


class NoSuchRecordError(StorageError):
    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"There is no {kind} {key} in this workspace.")


class InvalidRecordError(StorageError):
    """A record that may not be stored; the message says which field and why."""


class BlobMissingError(StorageError):
    def __init__(self, sha256: str) -> None:
        self.sha256 = sha256
        super().__init__(f"The stored file {sha256} is missing from the workspace. Restore it from a backup.")


class BlobDamagedError(StorageError):
    def __init__(self, sha256: str, found: str) -> None:
        self.sha256 = sha256
        super().__init__(
            f"The stored file {sha256} is damaged: its content has the hash {found}. Restore it from a backup."
        )


class MaskError(StorageError):
    """Bytes that are not a mask as `storage.masks` writes them."""


class ModelIncompleteError(StorageError):
    """A staged or stored version lacks a file, or a file is not what its hash says."""


def explain_os_error(error: OSError, path: Path) -> Exception:
    """Return the named error for a full disk or a folder that can't be written; else the error itself."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return WorkspaceFullError(path)
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return WorkspaceReadOnlyError(path)
    return error
