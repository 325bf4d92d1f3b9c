"""`kill -9` at any moment loses nothing that was acknowledged."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from storage.workspace import Workspace
from tests.storage.examples import add_image

ROOT = Path(__file__).resolve().parents[2]
KILLS = 60

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture
def saver(workspace: Workspace) -> Iterator[subprocess.Popen[str]]:
    add_image(workspace)
    workspace.close()
    command = [sys.executable, "-m", "tests.storage.saver", str(workspace.path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def save_and_kill(saver: subprocess.Popen[str], number: int, chance: random.Random) -> dict[int, str]:
    """Let one child save for a while, kill it in the midst, return what it acknowledged."""
    assert saver.stdin is not None and saver.stdout is not None
    saver.stdin.write(f"{number}\n")
    saver.stdin.flush()
    enough, acknowledged, child = chance.randrange(4), {}, 0
    for line in saver.stdout:
        match line.split():
            case ["child", process]:
                child = int(process)
            case ["saved", revision, sha256]:
                acknowledged[int(revision)] = sha256
            case ["ended"]:
                return acknowledged
        if child and len(acknowledged) >= enough:
            time.sleep(chance.random() * 0.02)
            os.kill(child, signal.SIGKILL)
            return acknowledged | rest_of(saver.stdout)
    raise AssertionError("the saver ended by itself")


def rest_of(output: IO[str]) -> dict[int, str]:
    acknowledged = {}
    for line in output:
        match line.split():
            case ["saved", revision, sha256]:
                acknowledged[int(revision)] = sha256
            case ["ended"]:
                break
    return acknowledged


def test_sixty_kills_lose_no_acknowledged_painting(
    saver: subprocess.Popen[str], workspace: Workspace
) -> None:
    chance = random.Random(0)
    acknowledged: dict[int, str] = {}

    for number in range(KILLS):
        of_this_round = save_and_kill(saver, number, chance)
        acknowledged |= of_this_round
        with workspace.reading() as work:  # as the next start would see it
            current = work.revisions.current(1)
        assert (current.number if current else 0) >= max(of_this_round, default=0)
    with workspace.reading() as work:
        history = {revision.number: revision.layers[0].mask_sha256 for revision in work.revisions.history(1)}
        events = [event.details["revision"] for event in work.events.newest(100_000)]

    assert len(acknowledged) > KILLS
    lost = {number for number, sha256 in acknowledged.items() if history.get(number) != sha256}
    assert lost == set()
    assert (
        sorted(events) == sorted(history) == list(range(1, len(history) + 1))
    )  # and no save was done by half
    with workspace.own():  # the lock went with its holder
        report = workspace.check()
    assert report.is_sound, report.problems[:3]
