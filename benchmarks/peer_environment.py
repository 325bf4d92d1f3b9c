"""The peer of the benchmarks (anomalib) in an environment of its own, and the way to run a script of it there.

Both sides speak through files: a script of `benchmarks/peer` is given one folder, reads `job.json` and arrays (.npy)
there and writes `result.json` and arrays back. torch, timm and numpy are lent from the product's own environment, so
both sides compute with the same builds; only what the peer needs beyond them is installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from launching.environment import environment_program
from launching.pip_failures import explain
from launching.processes import child_environment, run_watching_errors

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "benchmarks" / ".peer-venv"
REQUIREMENTS = ROOT / "benchmarks" / "requirements-peer.txt"
STAMP = "twinbank-peer.json"
WITHOUT = "Or measure Twinbank alone: --without-peer."


class PeerUnavailableError(RuntimeError):
    """The peer can't be installed here; the message says why and what to do."""


class PeerFailedError(RuntimeError):
    """A script of the peer ended with an error; the message holds its last words."""


class Peer(Protocol):
    """Something that can run the peer's side of a measurement."""

    def run(self, script: str, folder: Path, job: Mapping[str, Any]) -> dict[str, Any]:
        """Run `benchmarks.peer.<script>` on a folder and return what it wrote as `result.json`.

        Args:
            folder: holds the arrays that the script reads; it writes its own there.
            job: settings, written as `job.json`.
        """
        ...


class PeerEnvironment:
    """anomalib from the package index, installed once and kept."""

    def __init__(self, folder: Path = FOLDER, requirements: Path = REQUIREMENTS) -> None:
        self._folder, self._requirements = folder, requirements
        self._python = environment_program(str(folder), "python")

    def make_ready(self) -> None:
        """Install what is missing. Does nothing when that was done before.

        Raises:
            PeerUnavailableError
        """
        wanted = self._wanted_stamp()
        if self._found_stamp() == wanted:
            return
        print(
            f"Installing the peer (anomalib) into {self._folder}, once ...",
            file=sys.stderr,
            flush=True,
        )
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(self._folder)], check=False)
        if made.returncode != 0:
            raise PeerUnavailableError(
                f"The peer needs a folder of its own, and {self._folder} could not be made (the reason is "
                f"above). Make its parent folder writable, then start again. {WITHOUT}"
            )
        self._lend()
        command = [self._python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        done = run_watching_errors([*command, "--requirement", str(self._requirements)])
        if done.exit_code != 0:
            version = "{}.{}".format(*sys.version_info[:2])
            reason = explain(done.errors, self._requirements.name, version).splitlines()[0]
            raise PeerUnavailableError(
                f"The peer (anomalib) could not be installed, so nothing can be compared with it. {reason}\n"
                f"Start again where a package index can be reached. {WITHOUT}"
            )
        (self._folder / STAMP).write_text(json.dumps(wanted), encoding="utf-8")

    def run(self, script: str, folder: Path, job: Mapping[str, Any]) -> dict[str, Any]:
        """As `Peer.run`.

        Raises:
            PeerUnavailableError, PeerFailedError
        """
        self.make_ready()
        (folder / "job.json").write_text(json.dumps(dict(job)), encoding="utf-8")
        result = folder / "result.json"
        result.unlink(missing_ok=True)
        words = [self._python, "-W", "ignore", "-m", f"benchmarks.peer.{script}", str(folder)]
        environment = child_environment(str(ROOT)) | {"TQDM_DISABLE": "1"}  # its bars would fill a log
        done = run_watching_errors(words, environment=environment)
        if done.exit_code != 0 or not result.is_file():
            last = (done.errors.strip() or "it said nothing").splitlines()[-1]
            raise PeerFailedError(f"The peer's part {script} ended with exit code {done.exit_code}: {last}")
        read: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        return read

    def _lend(self) -> None:
        """Let the peer import the product's own packages; pip then takes them for installed."""
        site = sysconfig.get_path("purelib", vars={"base": str(self._folder), "platbase": str(self._folder)})
        (Path(site) / "lent-by-twinbank.pth").write_text(_own_packages() + os.linesep, encoding="utf-8")

    def _wanted_stamp(self) -> dict[str, str]:
        text = self._requirements.read_bytes().replace(b"\r\n", b"\n")
        return {"requirements": hashlib.sha256(text).hexdigest(), "lent": _own_packages()}

    def _found_stamp(self) -> dict[str, str] | None:
        if not Path(self._python).exists():
            return None
        try:
            found: dict[str, str] = json.loads((self._folder / STAMP).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found


def _own_packages() -> str:
    return sysconfig.get_path("purelib")
