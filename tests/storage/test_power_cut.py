"""What a power cut could take: the system calls of a save, in the order that keeps every acknowledged one."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storage.sqlite_driver import choose_driver
from storage.workspace import Workspace
from tests.storage.examples import add_image

ROOT = Path(__file__).resolve().parents[2]
SAVE_TWICE = """
import os, sys
from storage.workspace import Workspace
from tests.storage.examples import NOON, layer
workspace = Workspace.open(sys.argv[1])
for pixels in (1, 2):
    painted = layer(workspace, pixels=pixels)
    with workspace.writing() as work:
        work.revisions.add(1, [painted], None, False, "Ada", NOON)
    os.write(1, f"saved {painted.mask_sha256}\\n".encode())
os._exit(0)  # no clean end: the last save must not depend on it
"""


def calls_of_two_saves(path: Path, log: Path) -> list[str]:
    """Trace the syncs, renames and writes; with -y every descriptor is shown with its path."""
    strace = [
        "strace",
        "-f",
        "-y",
        "-s",
        "120",
        "-e",
        "trace=fsync,fdatasync,/^rename,write,pwrite64",
        "-o",
        str(log),
    ]
    command = [*strace, sys.executable, "-c", SAVE_TWICE, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if "Operation not permitted" in done.stderr:
        pytest.skip("this system allows no tracing")
    assert done.returncode == 0, done.stderr
    return [line for line in log.read_text().splitlines() if " = -1 " not in line]


def test_each_save_is_on_the_disk_before_it_is_acknowledged(workspace: Workspace, tmp_path: Path) -> None:
    if shutil.which("strace") is None or choose_driver().durability.journal_mode != "WAL":
        pytest.skip("needs strace, and a SQLite whose write-ahead log is safe")
    add_image(workspace)
    workspace.close()

    calls = calls_of_two_saves(workspace.path, tmp_path / "calls")

    acknowledged = [call for call in calls if '"saved ' in call]
    assert len(acknowledged) == 2
    for call in acknowledged:
        match = re.search(r'"saved ([0-9a-f]{64})', call)
        assert match is not None
        sha256 = match[1]
        steps = [
            rf"sync\(\d+<.*/blobs/\.incoming/{incoming_name(calls, sha256)}>",
            rf"rename.*\.part.*/blobs/{sha256[:2]}/{sha256}\"",
            rf"fsync\(\d+<.*/blobs/{sha256[:2]}>",
            r"fsync\(\d+<.*/blobs>",
            r"pwrite64\(\d+<.*/twinbank\.sqlite3-wal>",
            r"sync\(\d+<.*/twinbank\.sqlite3-wal>",
            rf"\"saved {sha256}",
        ]
        assert_in_order(calls, steps)


def incoming_name(calls: list[str], sha256: str) -> str:
    (rename,) = [call for call in calls if "rename" in call and call.count(sha256)]
    match = re.search(r"([0-9a-f]{32}\.part)", rename)
    assert match is not None
    return match[1]


def assert_in_order(calls: list[str], steps: list[str]) -> None:
    """Each step happens after the one before it; the one that does not is named."""
    position = 0
    for step in steps:
        found = next((index for index in range(position, len(calls)) if re.search(step, calls[index])), None)
        assert found is not None, f"no {step} after {calls[position - 1 : position]}"
        position = found + 1
