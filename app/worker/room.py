"""Is there room for the job? Looked at before it starts, so that a full disk or memory does not end it half-way."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from core.needs import Needs

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")
_MB, _GB = 1e6, 1e9


class NotEnoughRoomError(RuntimeError):
    """The job was not begun; the message gives what it needs, what is there, and what to do."""


@dataclass(frozen=True)
class Room:
    """Free bytes."""

    disk: int
    temporary: int  # where temporary files lie
    memory: int | None  # where the patches will lie; None: this system does not say
    memory_of: str = "this machine"


MeasureRoom = Callable[[Path, torch.device], Room]


def measure_room(workspace: Path, device: torch.device) -> Room:
    """Look at the disk that holds the workspace, and at the memory of the GPU, this machine or this container."""
    disk = shutil.disk_usage(workspace).free
    temporary = shutil.disk_usage(tempfile.gettempdir()).free
    if device.type == "cuda":
        return Room(disk, temporary, torch.cuda.mem_get_info(device)[0], "the GPU")
    return Room(disk, temporary, free_memory())


def require_room(needs: Needs, cache_left: int, room: Room, workspace: Path) -> None:
    """Refuse a job that would not fit.

    Args:
        cache_left: bytes the caches may still grow by; beyond them older features make place.

    Raises:
        NotEnoughRoomError
    """
    disk = min(needs.features, cache_left) + needs.version + needs.scores
    if disk > room.disk:
        raise NotEnoughRoomError(
            f"There is not enough disk space: this needs about {said(disk)}, and {said(room.disk)} are free on the "
            f"disk that holds {workspace}. Free some space, or move the workspace to a larger disk, then try again."
        )
    if needs.temporary > room.temporary:
        raise NotEnoughRoomError(
            f"There is not enough disk space for temporary files: this needs about {said(needs.temporary)}, and "
            f"{said(room.temporary)} are free in {tempfile.gettempdir()}. Free some space there, or name a larger "
            "folder in TMPDIR, then try again."
        )
    if room.memory is not None and needs.memory > room.memory:
        raise NotEnoughRoomError(
            f"There is not enough memory: this needs about {said(needs.memory)}, and {said(room.memory)} of "
            f"{room.memory_of} are free. Close other programs, or use fewer good images or a smaller image size, then try again."
        )


def free_memory() -> int | None:
    """Return the memory that a program can still get, in bytes; None where the system does not say."""
    found = [value for value in (_available(), _left_in_container()) if value is not None]
    return min(found, default=None)


def said(size: int) -> str:
    """Return a size for a person: 0.7 MB, 850 MB, 3.2 GB."""
    if size >= _GB:
        return f"{size / _GB:,.1f} GB"
    return f"{size / _MB:.{0 if size >= 10 * _MB else 1}f} MB"


def _available(meminfo: Path = MEMINFO) -> int | None:
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError, IndexError):
        return None


def _left_in_container(cgroup: Path = CGROUP) -> int | None:
    """Return what a container's limit leaves; pages of files it has read do not count as used."""
    try:
        limit, used = ((cgroup / name).read_text().strip() for name in ("memory.max", "memory.current"))
        cached = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
        return None if limit == "max" else int(limit) - int(used) + int(cached["inactive_file"])
    except (OSError, KeyError, ValueError):
        return None
