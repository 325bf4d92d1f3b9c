"""Finding a Python that the pinned packages have wheels for."""

import glob
import json
import os
import platform
import shutil
import subprocess
import sys
from typing import Callable, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from launching import LaunchError

OLDEST = (3, 11)  # numpy, pandas, SQLAlchemy ask for it
NEWEST = (3, 14)  # the newest with wheels for every pin in requirements.txt
SUPPORTED = tuple((3, minor) for minor in range(OLDEST[1], NEWEST[1] + 1))
RANGE = "Python {}.{} to {}.{}".format(*(OLDEST + NEWEST))

PROBE = """
import json, sys, sysconfig
try:
    import ensurepip, venv
    can = True
except ImportError:
    can = False
print(json.dumps({"path": sys.executable, "version": list(sys.version_info[:2]), "can": can,
    "bits64": sys.maxsize > 2**32, "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED"))}))
"""

Command = Tuple[str, ...]


class Interpreter(NamedTuple):
    """A Python on this machine, by what it said of itself."""

    path: str
    version: Tuple[int, int]
    can_make_environments: bool  # has `venv` and `ensurepip`; Debian packs them apart
    has_wheels: bool = True  # False for 32-bit and free-threaded builds

    @property
    def is_supported(self) -> bool:
        return OLDEST <= self.version <= NEWEST and self.has_wheels


def probe(command: Command) -> Optional[Interpreter]:
    """Ask a Python what it is; None when it does not start (a pyenv shim, the Windows Store's stub)."""
    try:
        done = subprocess.run(
            list(command) + ["-I", "-c", PROBE],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            timeout=20,
        )
        told = json.loads(done.stdout.decode("utf-8", "replace")) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    if not told or not told["path"]:
        return None
    return Interpreter(
        path=told["path"],
        version=(told["version"][0], told["version"][1]),
        can_make_environments=told["can"],
        has_wheels=told["bits64"] and not told["free_threaded"],
    )


def choose(
    candidates: Iterable[Optional[Interpreter]],
    advise: Optional[Callable[[List[Interpreter]], str]] = None,
) -> Interpreter:
    """The first supported one that can make an environment. Looks no further than it must.

    Raises:
        LaunchError: with the one command that helps, when there is none.
    """
    without_venv: Optional[Interpreter] = None
    seen: List[Interpreter] = []
    for candidate in candidates:
        if candidate is None:
            continue
        seen.append(candidate)
        if candidate.is_supported:
            if candidate.can_make_environments:
                return candidate
            without_venv = without_venv or candidate
    if without_venv is not None:
        raise LaunchError(venv_advice(without_venv))
    raise LaunchError((advise or python_advice)(seen))


def find() -> Interpreter:
    """Look at this Python first, then PATH, then the places where installers put them."""
    return choose(probe(command) for command in commands())


def commands() -> Iterator[Command]:
    """Everything that may be a Python here, the likeliest first, each once."""
    tried = set()
    # Not the environment we are about to make or replace, should we have been started with it.
    own = getattr(sys, "_base_executable", None) or sys.executable
    for command in [(own,)] + _on_path() + _through_py() + _in_known_places(os.path.expanduser("~")):
        if command[0] and command not in tried:
            tried.add(command)
            yield command


def _on_path() -> List[Command]:
    names = ["python{}.{}".format(*version) for version in SUPPORTED] + ["python3", "python"]
    return [(found,) for found in map(shutil.which, names) if found]


def _through_py() -> List[Command]:
    launcher = shutil.which("py") if os.name == "nt" else None
    return [(launcher, "-{}.{}".format(*version)) for version in SUPPORTED] if launcher else []


def _in_known_places(home: str) -> List[Command]:
    """pyenv, uv, Homebrew, python.org installers: found even when PATH does not name them."""
    pyenv = os.environ.get("PYENV_ROOT") or os.path.join(home, ".pyenv")
    local = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    found: List[Command] = []
    for major, minor in SUPPORTED:
        dotted = "{}.{}".format(major, minor)
        for pattern in (
            os.path.join(pyenv, "versions", dotted + "*", "bin", "python"),
            os.path.join(
                home, ".local", "share", "uv", "python", "cpython-" + dotted + ".*", "bin", "python3"
            ),
            "/opt/homebrew/bin/python" + dotted,
            "/usr/local/bin/python" + dotted,
            "/Library/Frameworks/Python.framework/Versions/{}/bin/python3".format(dotted),
            os.path.join(home, ".pyenv", "pyenv-win", "versions", dotted + "*", "python.exe"),
            os.path.join(local, "Programs", "Python", "Python{}{}".format(major, minor), "python.exe"),
        ):
            found.extend((path,) for path in sorted(glob.glob(pattern)))
    return found


def python_advice(
    seen: List[Interpreter],
    system: Optional[str] = None,
    which: Callable[[str], Optional[str]] = shutil.which,
    apt_has: Optional[Callable[[str], bool]] = None,
) -> str:
    """Name what was found, and the one command that gets what is missing."""
    versions = sorted({interpreter.version for interpreter in seen})
    found = ", ".join("{}.{}".format(*version) for version in versions) or "none"
    head = "Twinbank needs {} (64 bit, standard build); found here: {}.".format(RANGE, found)
    command = install_command(system or platform.system(), which, apt_has or _apt_has)
    if command is None:
        return head + "\nInstall Python 3.13 from python.org, then start again."
    return "{}\nGet it with:  {}\nthen start again.".format(head, command)


def install_command(
    system: str, which: Callable[[str], Optional[str]], apt_has: Callable[[str], bool]
) -> Optional[str]:
    """The package manager's command for a supported Python; None when no known one has it."""
    if system == "Windows":
        return "winget install Python.Python.3.13"
    if which("brew"):
        return "brew install python@3.13"
    if which("apt-get"):
        for version in reversed(SUPPORTED):
            name = "python{}.{}".format(*version)
            if apt_has(name):
                return "{}apt install {} {}-venv".format(_sudo(), name, name)
        return None
    for tool, words in (("dnf", "install python3.12"), ("zypper", "install python312")):
        if which(tool):
            return "{}{} {}".format(_sudo(), tool, words)
    return None


def venv_advice(interpreter: Interpreter, which: Callable[[str], Optional[str]] = shutil.which) -> str:
    """A Python that lacks `venv` or `ensurepip`: Debian and Ubuntu pack them apart."""
    name = "python{}.{}".format(*interpreter.version)
    head = "{} is a supported Python, but its `venv` module is missing.".format(interpreter.path)
    if which("apt-get"):
        return "{}\nGet it with:  {}apt install {}-venv\nthen start again.".format(head, _sudo(), name)
    return head + "\nInstall {} again, with `venv` and `ensurepip`, then start again.".format(name)


def _apt_has(name: str) -> bool:
    command = ["apt-cache", "show", "--no-all-versions", name]
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _sudo() -> str:
    return "" if getattr(os, "geteuid", lambda: 1)() == 0 else "sudo "
