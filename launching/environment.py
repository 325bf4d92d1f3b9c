"""The environment beside launch.py: made once, completed after a stop, brought up to date with the pins."""

import hashlib
import json
import os
import platform
import shutil
import sys
import time
from typing import Dict, List, NamedTuple, Optional

from launching import LaunchError, interpreters
from launching.installed import forget_half_installed
from launching.pip_failures import explain
from launching.processes import run, run_watching_errors

GB = 1e9
ENVIRONMENT_GB_WITH_CUDA = 7.6  # measured; Linux x86-64 pins come with the CUDA libraries
ENVIRONMENT_GB_ELSEWHERE = 3.0  # an estimate on the safe side, for the CPU builds


class Project(NamedTuple):
    """A copy of Twinbank and the environment inside it."""

    root: str

    @property
    def environment(self) -> str:
        return os.path.join(self.root, ".venv")

    @property
    def python(self) -> str:
        return environment_program(self.environment, "python")

    @property
    def requirements(self) -> str:
        return os.path.join(self.root, "requirements.txt")

    @property
    def test_requirements(self) -> str:
        return os.path.join(self.root, "requirements-dev.txt")

    @property
    def stamp(self) -> str:
        return os.path.join(self.environment, "twinbank-setup.json")


def environment_program(environment: str, name: str) -> str:
    """Where a virtual environment keeps a program."""
    if os.name == "nt":
        return os.path.join(environment, "Scripts", name + ".exe")
    return os.path.join(environment, "bin", name)


def make_ready(project: Project, with_tests: bool, wheels: Optional[str] = None) -> bool:
    """Do whatever set-up work is left; True if there was any. Without any this costs two small file reads."""
    wanted = wanted_stamp(project, with_tests)
    if is_ready(project, wanted):
        return False
    if wheels is not None and not os.path.isdir(wheels):
        raise LaunchError("--wheels: there is no folder {}".format(wheels), 2)
    started = time.monotonic()
    if not has_usable_python(project):
        interpreter = interpreters.find()
        check_disk(project)
        say("Making {} with Python {}.{} ...".format(project.environment, *interpreter.version))
        make_environment(project, interpreter.path)
    else:
        check_disk(project)
        broken = forget_half_installed(project.environment)
        if broken:
            say("Installing again what a stopped set-up left half done: {}".format(", ".join(broken)))
    install(project, project.requirements, [], wheels)
    if with_tests:
        write_stamp(project, {"requirements": wanted["requirements"]})
        install(project, project.test_requirements, ["--constraint", project.requirements], wheels)
    compile_all(project)
    write_stamp(project, wanted)
    say("Set up in {:.0f} s.".format(time.monotonic() - started))
    return True


def wanted_stamp(project: Project, with_tests: bool) -> Dict[str, str]:
    """What the stamp holds once set-up is done: a digest of each requirements file."""
    stamp = {"requirements": digest(project.requirements)}
    if with_tests:
        stamp["test_requirements"] = digest(project.test_requirements)
    return stamp


def digest(path: str) -> str:
    """SHA-256 of a text file, the same whatever line ends git checked it out with."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read().replace(b"\r\n", b"\n")).hexdigest()
    except FileNotFoundError as error:
        raise LaunchError("{} is missing; this copy of Twinbank is not complete.".format(path)) from error


def is_ready(project: Project, wanted: Dict[str, str]) -> bool:
    """Whether the stamp says so, for the Python that the environment still has."""
    try:
        with open(project.stamp, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return False
    if not isinstance(found, dict) or found.get("python") != environment_version(project):
        return False
    return has_supported_python(project) and all(found.get(name) == value for name, value in wanted.items())


def write_stamp(project: Project, stamp: Dict[str, str]) -> None:
    """Whole or not at all: a torn stamp would be read as "not ready", never as "ready"."""
    part = project.stamp + ".part"
    with open(part, "w", encoding="utf-8") as file:
        json.dump(dict(stamp, python=environment_version(project)), file, indent=1)
    os.replace(part, project.stamp)


def environment_version(project: Project) -> str:
    """ "3.11" of the Python the environment was made with; "" if there is none."""
    try:
        with open(os.path.join(project.environment, "pyvenv.cfg"), encoding="utf-8") as file:
            pairs = [line.split("=", 1) for line in file if "=" in line]
    except (OSError, UnicodeDecodeError):
        return ""
    values = {name.strip(): value.strip() for name, value in pairs}
    return ".".join(values.get("version", "").split(".")[:2])


def has_supported_python(project: Project) -> bool:
    """From the files alone, nothing is started; a link to a Python that has gone counts as none."""
    supported = ["{}.{}".format(*version) for version in interpreters.SUPPORTED]
    return os.path.exists(project.python) and environment_version(project) in supported


def has_usable_python(project: Project) -> bool:
    """A supported Python that starts and has pip; a stopped set-up may have left neither."""
    if not has_supported_python(project):
        return False
    try:
        command = [project.python, "-I", "-c", "import pip._internal.cli.main"]
        return run_watching_errors(command).exit_code == 0
    except OSError:
        return False


def make_environment(project: Project, python: str) -> None:
    """A new, empty environment in place of whatever is there."""
    exit_code = run([python, "-m", "venv", "--clear", project.environment], output=2)
    if exit_code != 0:
        raise LaunchError(
            "{} could not make {} (exit code {}; its reason is above). The folder must be writable.".format(
                python, project.environment, exit_code
            )
        )


def install(project: Project, requirements: str, extra: List[str], wheels: Optional[str]) -> None:
    """Let pip bring the environment to a requirements file. What is there already is kept."""
    name = os.path.basename(requirements)
    say("Installing {} ...".format(name))
    command = [project.python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    # compile_all does it on all cores; pip takes one file after the other.
    command += ["--only-binary=:all:", "--no-compile", "--requirement", requirements] + extra
    if wheels is not None:
        command += ["--no-index", "--find-links", os.path.abspath(wheels)]
    done = run_watching_errors(command)
    if done.exit_code != 0:
        raise LaunchError(explain(done.errors, name, environment_version(project), wheels))


def compile_all(project: Project) -> None:
    """Write the bytecode of what is installed. A file that can't be compiled is left to whoever imports it."""
    run([project.python, "-m", "compileall", "-q", "-q", "-j", "0", project.environment], output=2)


def check_disk(project: Project, free: Optional[float] = None) -> None:
    """Refuse before the first byte is written, with both numbers. What is installed already counts."""
    if free is None:
        free = shutil.disk_usage(project.root).free
    whole = environment_gb()
    needed = max(0.2, whole - folder_size(project.environment) / GB)
    if free / GB < needed:
        raise LaunchError(
            "Not enough disk space: the environment takes {:.1f} GB ({:.1f} GB still to come), and {} has "
            "{:.1f} GB free.\nFree some space or move the folder to a larger disk, then start again.".format(
                whole, needed, project.root, free / GB
            )
        )


def environment_gb(system: Optional[str] = None, machine: Optional[str] = None) -> float:
    """What requirements.txt takes once installed."""
    has_cuda = (system or sys.platform).startswith("linux") and (machine or platform.machine()) == "x86_64"
    return ENVIRONMENT_GB_WITH_CUDA if has_cuda else ENVIRONMENT_GB_ELSEWHERE


def folder_size(folder: str) -> int:
    """Bytes of all files below; 0 when there is no such folder."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except OSError:  # gone in the meantime
                continue
    return total


def say(sentence: str) -> None:
    """Tell the person. Not on standard output, which belongs to the command that comes after set-up."""
    print(sentence, file=sys.stderr, flush=True)
