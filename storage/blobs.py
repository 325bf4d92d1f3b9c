"""Files named by the SHA-256 of their content: images and masks. Never changed, never overwritten by other content."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from storage.durable import DurableFiles, sync_folder
from storage.errors import BlobDamagedError, BlobMissingError, explain_os_error

_NAME = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """A folder of blobs, `ab/abcd…`. Any thread or process may add; nothing is acknowledged before it is safe."""

    def __init__(self, root: Path, files: DurableFiles | None = None) -> None:
        self.root = root
        self._files = files or DurableFiles(root / ".incoming")

    def put(self, data: bytes) -> str:
        """Store the bytes and return their name. Putting the same bytes again changes nothing.

        Raises:
            WorkspaceFullError, WorkspaceReadOnlyError: nothing was stored.
            BlobDamagedError: the disk gave back something else than was written.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        if _hash_of(path) == sha256:
            self._make_sure_of_name(path)
            return sha256
        self._files.write(path, data)
        found = _hash_of(path)
        if found != sha256:
            raise BlobDamagedError(sha256, str(found))
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the bytes, checked against their name.

        Raises:
            BlobMissingError, BlobDamagedError: what is wrong with the file.
        """
        try:
            data = self.path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissingError(sha256) from error
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise BlobDamagedError(sha256, found)
        return data

    def path(self, sha256: str) -> Path:
        """Return where a blob is or would be.

        Raises:
            BlobMissingError: this can't be a blob's name.
        """
        if not _NAME.fullmatch(sha256):
            raise BlobMissingError(sha256)
        return self.root / sha256[:2] / sha256

    def exists(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def verify(self, sha256: str) -> None:
        """Read a blob without keeping it.

        Raises:
            BlobMissingError, BlobDamagedError: what is wrong with the file.
        """
        found = _hash_of(self.path(sha256))
        if found is None:
            raise BlobMissingError(sha256)
        if found != sha256:
            raise BlobDamagedError(sha256, found)

    def names(self) -> Iterator[str]:
        """Every blob on disk, whether or not anything refers to it."""
        for folder in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            yield from sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name))

    def tidy(self) -> int:
        """Remove what a crash left half-written; only the workspace's owner may call this."""
        return self._files.tidy()

    def _make_sure_of_name(self, path: Path) -> None:
        # Another thread may have renamed it a moment ago and not yet synced the folder.
        try:
            sync_folder(path.parent)
            sync_folder(self.root)
        except OSError as error:
            raise explain_os_error(error, self.root) from error


def _hash_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
