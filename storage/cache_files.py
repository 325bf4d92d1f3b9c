"""Files that may vanish at any time: arrays with a checksum, kept within a budget, the longest unused evicted first.

A file is `.npy` data followed by eight bytes: a mark and the CRC-32 of everything before it.
"""

import io
import os
import threading
import time
import uuid
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MARK = b"TBc1"
_FOOTER = len(_MARK) + 4
_PARSING = (
    threading.Lock()
)  # numpy parses a file's header as Python, which CPython 3.11 can't do in two threads
_KEPT_AFTER_EVICTION = 0.9  # of the budget, so that not every put evicts


class CacheFiles:
    """Arrays under a folder. Never the truth: what is missing or damaged is worked out again."""

    def __init__(self, root: Path, budget_bytes: int) -> None:
        self.root = root
        self.budget_bytes = budget_bytes
        self._lock = threading.Lock()
        self._used: int | None = None  # bytes; None until the folder was looked through
        self._checked: dict[Path, tuple[int, int]] = {}  # what was found intact, by size and time of change

    def read(self, path: Path) -> NDArray[Any] | None:
        """Return a read-only memory map, or None where there is none; a damaged file is removed."""
        try:
            before = path.stat()
            if not self._is_intact(path, before):
                path.unlink(missing_ok=True)
                return None
            with _PARSING:
                array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
            os.utime(path, ns=(time.time_ns(), before.st_mtime_ns))  # mounts may not keep access times
        except (OSError, ValueError):
            return None
        return array

    def write(self, path: Path, array: NDArray[Any]) -> bool:
        """Keep an array; False when it was not kept (larger than the budget, or the disk refuses)."""
        buffer = io.BytesIO()
        np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
        data = buffer.getvalue()
        size = len(data) + _FOOTER
        if size > self.budget_bytes:
            return False
        temporary = path.with_name(f"{uuid.uuid4().hex}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("xb") as file:
                file.write(data)
                file.write(_MARK + zlib.crc32(data).to_bytes(4, "little"))
            os.replace(temporary, path)
        except OSError:
            _remove(temporary)
            return False
        self._account(size)
        return True

    def used_bytes(self) -> int:
        """Look through the folder and return what it takes."""
        return sum(size for _, size, _ in self._files())

    def evict(self) -> int:
        """Remove the longest unused files until the budget is kept with some room; returns how many."""
        with self._lock:
            return self._evict()

    def _account(self, added: int) -> None:
        with self._lock:
            self._used = self.used_bytes() if self._used is None else self._used + added
            if self._used > self.budget_bytes:
                self._evict()

    def _evict(self) -> int:
        files = sorted(self._files())
        used = sum(size for _, size, _ in files)
        removed = 0
        for _, size, path in files:
            if used <= self.budget_bytes * _KEPT_AFTER_EVICTION:
                break
            if _remove(path):
                self._checked.pop(path, None)
                used -= size
                removed += 1
        self._used = used
        return removed

    def _files(self) -> list[tuple[int, int, Path]]:
        """Return (last access, size, path) of every file, leftovers of a crash included."""
        found = []
        for path in self.root.rglob("*"):
            try:
                status = path.stat()
            except OSError:  # evicted by another process
                continue
            if not path.is_dir():
                found.append((status.st_atime_ns, status.st_size, path))
        return found

    def _is_intact(self, path: Path, status: os.stat_result) -> bool:
        known = (status.st_size, status.st_mtime_ns)
        if self._checked.get(path) == known:
            return True
        data = path.read_bytes()
        footer = data[-_FOOTER:]
        intact = footer[:4] == _MARK and footer[4:] == zlib.crc32(data[:-_FOOTER]).to_bytes(4, "little")
        if intact:
            self._checked[path] = known
        return intact


def _remove(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # Windows: somebody has it mapped
        return False
    return True
