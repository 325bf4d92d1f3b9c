"""Versions on disk: a manifest that names content-addressed segments. Staged by a worker, adopted whole, never changed."""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from storage.durable import DurableFiles, sync_file
from storage.errors import ModelIncompleteError, explain_os_error

_HASH = re.compile(r"[0-9a-f]{64}")
_MANIFEST = "manifest.json"


class ModelStore:
    """`segments/<sha256>.safetensors`, `versions/<sha256 of the manifest>.json`, `staging/<job id>/`."""

    def __init__(self, root: Path, files: DurableFiles | None = None) -> None:
        self.root = root
        self._files = files or DurableFiles(root / "staging" / ".incoming")

    @property
    def segments_dir(self) -> Path:
        return self.root / "segments"

    def segment_path(self, sha256: str) -> Path:
        return self.segments_dir / f"{sha256}.safetensors"

    def staging(self, job_id: int) -> Path:
        """Return a fresh, empty folder for what a job makes; what an earlier try left there is gone."""
        folder = self.root / "staging" / str(job_id)
        try:
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "segments").mkdir(parents=True)
        except OSError as error:
            raise explain_os_error(error, self.root) from error
        return folder

    def adopt(self, staging: Path) -> str:
        """Take a staged version over and return its manifest's hash, for the row that is written after this.

        Segments go first, the manifest last, so a crash on the way leaves no version; doing it again completes it.

        Raises:
            ModelIncompleteError: a segment is missing or is not what its hash says; nothing was taken over.
            WorkspaceFullError, WorkspaceReadOnlyError: no version was added.
        """
        data = _read(staging / _MANIFEST)
        segments = _segments(_parse(data))
        staged = [self._check(staging, name, sha256) for name, sha256 in sorted(segments.items())]
        sha256 = hashlib.sha256(data).hexdigest()
        try:
            for file in filter(None, staged):
                if file.exists():  # two names may share one segment
                    self._adopt_segment(file)
            self._files.write(self.manifest_path(sha256), data)
        except OSError as error:
            raise explain_os_error(error, self.root) from error
        shutil.rmtree(staging, ignore_errors=True)
        return sha256

    def manifest_path(self, sha256: str) -> Path:
        if not _HASH.fullmatch(sha256):
            raise ModelIncompleteError(f"{sha256!r} is not the hash of a version's manifest.")
        return self.root / "versions" / f"{sha256}.json"

    def manifest(self, sha256: str) -> dict[str, Any]:
        """Return a stored version's manifest, checked against its hash.

        Raises:
            ModelIncompleteError: it is missing or damaged.
        """
        data = _read(self.manifest_path(sha256))
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise ModelIncompleteError(f"The manifest {sha256} is damaged: its content has the hash {found}.")
        return _parse(data)

    def verify(self, sha256: str) -> Iterator[tuple[str, str]]:
        """Yield (segment's hash, what is wrong with it) for each segment of a version that is missing or damaged.

        Raises:
            ModelIncompleteError: the manifest itself is.
        """
        for name, segment in sorted(_segments(self.manifest(sha256)).items()):
            path = self.segment_path(segment)
            if not path.is_file():
                yield segment, f"{name} is missing"
            elif (found := _hash_of(path)) != segment:
                yield segment, f"{name} is damaged: its content has the hash {found}"

    def tidy(self) -> int:
        """Remove what dead jobs left staged; only the workspace's owner may call this, before any job starts."""
        leftovers = list((self.root / "staging").glob("*"))
        for folder in leftovers:
            shutil.rmtree(folder, ignore_errors=True)
        return len(leftovers)

    def _check(self, staging: Path, name: str, sha256: str) -> Path | None:
        """Return the staged file of a segment; None when the store has it already."""
        staged = staging / "segments" / f"{sha256}.safetensors"
        there = staged if staged.is_file() else self.segment_path(sha256)
        if not there.is_file():
            raise ModelIncompleteError(f"The segment {name} ({sha256}) is neither staged nor stored.")
        found = _hash_of(there)
        if found != sha256:
            raise ModelIncompleteError(f"The segment {name} should have the hash {sha256}, it has {found}.")
        return staged if there == staged else None

    def _adopt_segment(self, staged: Path) -> None:
        with staged.open("r+b") as file:
            sync_file(file)
        self._files.move(staged, self.segments_dir / staged.name)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ModelIncompleteError(f"There is no manifest {path.name}.") from error


def _parse(data: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(data)
    except ValueError as error:
        raise ModelIncompleteError(f"The manifest is not readable JSON: {error}.") from error
    if not isinstance(manifest, dict):
        raise ModelIncompleteError("The manifest is not a JSON object.")
    return manifest


def _segments(manifest: dict[str, Any]) -> dict[str, str]:
    segments = manifest.get("segments")
    if not isinstance(segments, dict) or not all(
        _HASH.fullmatch(str(sha256)) for sha256 in segments.values()
    ):
        raise ModelIncompleteError('The manifest has no "segments" that name files by their SHA-256.')
    return segments


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
