"""The process that `test_kill.py` kills: for each line on its input it forks a child that saves until it dies.

The child says `started`, then `saved <number> <mask>` after each save that it acknowledges. Forking spares the imports.
"""

import os
import sys
from pathlib import Path

import numpy as np

from storage.masks import encode_mask
from storage.records import Layer, VerdictValue
from storage.workspace import Workspace
from tests.storage.examples import NOON


def save_until_killed(path: Path, round_number: int) -> None:
    workspace = Workspace.open(path)
    with workspace.own():
        say("started")
        step = 0
        while True:
            step += 1
            mask = np.zeros((64, 64), dtype=bool)
            mask.flat[: round_number * 50 % 4096] = True
            mask.flat[step % 4096] ^= True
            sha256 = workspace.blobs.put(encode_mask(mask))
            with workspace.writing() as work:
                layer = Layer("scratch", sha256, int(mask.sum()))
                revision = work.revisions.add(1, [layer], None, False, "Ada", NOON)
                work.verdicts.add(1, VerdictValue.DEFECT, "Ada", NOON, "queue", False)
                work.events.add("Ada", NOON, "painted", {"revision": revision.number})
            say(f"saved {revision.number} {sha256}")


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def main(path: Path) -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            save_until_killed(path, int(line))
        say(f"child {child}")
        os.waitpid(child, 0)
        say("ended")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
