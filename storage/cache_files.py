"""Files that may vanish at any time: arrays with a checksum, kept within a budget, the longest unused evicted first.

A file is `.npy` data followed by eight bytes: a mark and the CRC-32 of everything before it.
"""

import io
import mmap
import os
import threading
import time
import uuid
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MARK = b"TBc1"
_FOOTER = len(_MARK) + 4
_VERSION_1 = b"\x93NUMPY\x01\x00"
_LENGTH = len(_VERSION_1) + 2  # bytes up to the header's text
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
            array = _mapped(path)
            os.utime(path, ns=(time.time_ns(), before.st_mtime_ns))  # mounts may not keep access times
        except (OSError, ValueError):
            return None
        return array

    def holds(self, path: Path) -> bool:
        """Tell whether there is such a file, intact or not."""
        return path.is_file()

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


def _mapped(path: Path) -> NDArray[Any]:
    """Map a file's array. As `numpy.load` with `mmap_mode`, which takes as long as reading some 500 kB.

    Raises:
        OSError, ValueError: it is gone, or not what `write` writes.
    """
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if content[: len(_VERSION_1)] != _VERSION_1:
        raise ValueError(f"{path} does not begin as an array of version 1.0.")
    start = _LENGTH + int.from_bytes(content[len(_VERSION_1) : _LENGTH], "little")
    shape, dtype = _layout(content[:start])
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(content, dtype=dtype, count=count, offset=start).reshape(shape)


@lru_cache(maxsize=256)  # files of one kind begin alike
def _layout(header: bytes) -> tuple[tuple[int, ...], np.dtype[Any]]:
    stream = io.BytesIO(header[len(_VERSION_1) :])
    with _PARSING:
        shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if is_fortran or dtype.hasobject:
        raise ValueError("Only plain arrays in row order are kept.")
    return shape, dtype


def _remove(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # Windows: somebody has it mapped
        return False
    return True
