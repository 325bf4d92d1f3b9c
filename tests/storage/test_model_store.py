"""The model store: staged, adopted whole, immutable; a crash on the way leaves no version."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from storage.durable import DurableFiles
from storage.errors import ModelIncompleteError
from storage.model_store import ModelStore


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def stage(store: ModelStore, job_id: int, segments: dict[str, bytes], left_out: tuple[str, ...] = ()) -> Path:
    folder = store.staging(job_id)
    for name, data in segments.items():
        if name not in left_out:
            (folder / "segments" / f"{digest(data)}.safetensors").write_bytes(data)
    manifest = {
        "segments": {name: digest(data) for name, data in segments.items()},
        "settings": {"size": 256},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


class PowerFailure(Exception):
    """The process ended here."""


class FailingFiles(DurableFiles):
    """Renames so many files into place, then the power goes."""

    def __init__(self, incoming: Path, renames: int) -> None:
        super().__init__(incoming)
        self.left = renames

    def move(self, source: Path, target: Path) -> None:
        if not self.left:
            raise PowerFailure
        self.left -= 1
        super().move(source, target)


def test_staged_version_is_adopted_whole(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    staged = stage(store, 1, {"good/tile": b"rows", "head": b"weights"})

    sha256 = store.adopt(staged)

    assert store.manifest(sha256)["segments"]["head"] == digest(b"weights")
    assert store.segment_path(digest(b"rows")).read_bytes() == b"rows"
    assert store.manifest_path(sha256) == tmp_path / "versions" / f"{sha256}.json"
    assert list(store.verify(sha256)) == []
    assert not staged.exists()


def test_next_version_shares_the_segments_that_are_the_same(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    first = store.adopt(stage(store, 1, {"good/tile": b"rows", "also": b"rows", "head": b"weights"}))
    second = store.adopt(stage(store, 2, {"good/tile": b"rows", "head": b"new"}, left_out=("good/tile",)))

    assert first != second
    assert len(list(store.segments_dir.iterdir())) == 3
    assert store.manifest(first)["segments"]["head"] == digest(b"weights")


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_crash_while_adopting_leaves_no_version_and_can_be_done_again(tmp_path: Path, renames: int) -> None:
    store = ModelStore(tmp_path)
    staged = stage(store, 1, {"good/tile": b"rows", "head": b"weights"})

    with pytest.raises(PowerFailure):
        ModelStore(tmp_path, FailingFiles(tmp_path / "staging" / ".incoming", renames)).adopt(staged)

    assert not (tmp_path / "versions").exists()
    assert list(store.verify(store.adopt(staged))) == []


def test_staged_version_that_is_not_what_it_says_is_refused(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    missing = stage(store, 1, {"head": b"weights"}, left_out=("head",))
    with pytest.raises(ModelIncompleteError, match="neither staged nor stored"):
        store.adopt(missing)
    damaged = stage(store, 2, {"head": b"weights"})
    (damaged / "segments" / f"{digest(b'weights')}.safetensors").write_bytes(b"weight5")
    with pytest.raises(ModelIncompleteError, match="should have the hash"):
        store.adopt(damaged)
    for text in ("{", "[]", "{}", '{"segments": {"head": "../../evil"}}'):
        folder = stage(store, 3, {})
        (folder / "manifest.json").write_text(text)
        with pytest.raises(ModelIncompleteError):
            store.adopt(folder)
    with pytest.raises(ModelIncompleteError, match="no manifest"):
        store.adopt(store.staging(4))
    assert not (tmp_path / "versions").exists()
    assert not store.segments_dir.exists()


def test_damage_of_a_stored_version_is_found(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    sha256 = store.adopt(stage(store, 1, {"good/tile": b"rows", "head": b"weights"}))

    store.segment_path(digest(b"rows")).write_bytes(b"r0ws")
    store.segment_path(digest(b"weights")).unlink()
    assert [(segment, reason.split(":")[0]) for segment, reason in store.verify(sha256)] == [
        (digest(b"rows"), "good/tile is damaged"),
        (digest(b"weights"), "head is missing"),
    ]
    store.manifest_path(sha256).write_text("{}")
    with pytest.raises(ModelIncompleteError, match="damaged"):
        store.manifest(sha256)
    with pytest.raises(ModelIncompleteError, match="not the hash"):
        store.manifest("../../workspace")


def test_staging_starts_fresh_and_is_tidied(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    stage(store, 1, {"head": b"weights"})

    assert list((store.staging(1) / "segments").iterdir()) == []
    assert store.tidy() == 1
    assert list((tmp_path / "staging").iterdir()) == []
    shutil.rmtree(tmp_path)
    assert store.tidy() == 0
