"""Choosing a Python, with candidates handed in."""

import os
import sys
from collections.abc import Iterator

import pytest

from launching import LaunchError, interpreters
from launching.interpreters import Interpreter, choose, install_command, probe, python_advice, venv_advice


def nothing_installed(name: str) -> None:
    return None


def advise_windows(seen: list[Interpreter]) -> str:
    return python_advice(seen, "Windows")


def only(*tools: str):
    return lambda name: f"/usr/bin/{name}" if name in tools else None


def test_first_supported_one_is_taken() -> None:
    old = Interpreter("/old", (3, 8), True)
    good = Interpreter("/good", (3, 12), True)

    assert choose([old, None, good, Interpreter("/later", (3, 11), True)]) == good


def test_no_more_are_looked_at_than_needed() -> None:
    def candidates() -> Iterator[Interpreter]:
        yield Interpreter("/good", (3, 11), True)
        raise AssertionError("a start with a good Python must not go looking for others")

    assert choose(candidates()).path == "/good"


@pytest.mark.parametrize("version", [(3, 10), (3, 15), (2, 7), (4, 11)])
def test_versions_without_wheels_are_refused(version: tuple[int, int]) -> None:
    with pytest.raises(LaunchError, match=f"found here: {version[0]}.{version[1]}"):
        choose([Interpreter("/x", version, True)], advise_windows)


def test_32_bit_or_free_threaded_builds_are_refused() -> None:
    with pytest.raises(LaunchError, match="64 bit, standard build"):
        choose([Interpreter("/x", (3, 12), True, has_wheels=False)], advise_windows)


def test_one_with_venv_is_preferred_to_an_earlier_one_without() -> None:
    bare = Interpreter("/usr/bin/python3", (3, 11), False)
    whole = Interpreter("/opt/python", (3, 13), True)

    assert choose([bare, whole]) == whole


def test_missing_venv_is_named_rather_than_a_missing_python() -> None:
    with pytest.raises(LaunchError, match="its `venv` module is missing"):
        choose([Interpreter("/usr/bin/python3", (3, 11), False)])


def test_venv_advice_on_debian_is_one_command() -> None:
    advice = venv_advice(Interpreter("/usr/bin/python3", (3, 11), False), only("apt-get"))

    assert "apt install python3.11-venv" in advice


def test_windows_gets_winget() -> None:
    assert (
        install_command("Windows", nothing_installed, lambda name: False)
        == "winget install Python.Python.3.13"
    )


def test_mac_gets_brew() -> None:
    assert install_command("Darwin", only("brew"), lambda name: False) == "brew install python@3.13"


def test_debian_gets_the_newest_that_its_archive_has() -> None:
    command = install_command("Linux", only("apt-get"), lambda name: name in ("python3.11", "python3.12"))

    assert command is not None
    assert command.removeprefix("sudo ") == "apt install python3.12 python3.12-venv"


def test_nothing_known_points_to_python_org() -> None:
    advice = python_advice([], "Linux", nothing_installed, lambda name: False)

    assert "found here: none" in advice
    assert "python.org" in advice


def test_advice_names_what_was_found_once() -> None:
    seen = [Interpreter("/a", (3, 8), True), Interpreter("/b", (3, 8), True), Interpreter("/c", (3, 6), True)]

    assert "found here: 3.6, 3.8." in python_advice(seen, "Windows")


def test_probe_reads_this_python() -> None:
    told = probe((sys.executable,))

    assert told is not None
    assert told.version == sys.version_info[:2]
    assert told.is_supported
    assert told.can_make_environments


@pytest.mark.parametrize("command", [("/nowhere/python",), (os.devnull,), ("false",), ("true",)])
def test_probe_of_something_else_is_none(command: tuple[str, ...]) -> None:
    assert probe(command) is None


def test_each_command_is_tried_once() -> None:
    found = list(interpreters.commands())

    assert len(found) == len(set(found))
    assert found[0][0] == getattr(sys, "_base_executable", sys.executable)
