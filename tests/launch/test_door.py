"""What keeps the door openable: old syntax, the standard library only, and its own options."""

import ast
import sys
from pathlib import Path

import pytest

from launching import LaunchError
from launching.arguments import split_arguments
from launching.processes import child_environment
from tests.launch.conftest import ROOT

FILES = sorted([ROOT / "launch.py", *(ROOT / "launching").glob("*.py")])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("version", [(3, 6), (3, 8)])
def test_parses_on_old_pythons(file: Path, version: tuple[int, int]) -> None:
    ast.parse(file.read_text(encoding="utf-8"), feature_version=version)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_imports_the_standard_library_only(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module or ""]
        for name in names:
            top = name.split(".")[0]
            assert top == "launching" or top in sys.stdlib_module_names, f"{file.name} imports {name}"


def test_wheels_may_stand_before_any_command() -> None:
    for words in (["--wheels", "w", "test", "-k", "x"], ["--wheels=w", "test", "-k", "x"]):
        asked = split_arguments(words)

        assert (asked.command, asked.rest, asked.wheels) == ("test", ["-k", "x"], "w")


def test_wheels_after_the_command_is_the_commands_own() -> None:
    asked = split_arguments(["score", "--wheels", "photos"])

    assert (asked.command, asked.rest, asked.wheels) == ("score", ["--wheels", "photos"], None)


@pytest.mark.parametrize("words", [["--wheels"], ["--wheels="]])
def test_wheels_without_a_folder_is_refused(words: list[str]) -> None:
    with pytest.raises(LaunchError) as raised:
        split_arguments(words)

    assert raised.value.exit_code == 2


def test_help_of_handed_over_commands_is_theirs() -> None:
    assert not split_arguments(["serve", "--help"]).wants_help
    assert split_arguments(["test", "--help"]).wants_help
    assert split_arguments(["setup", "-h"]).wants_help
    assert split_arguments(["--help"]).wants_help


def test_help_of_pytest_can_be_asked_for() -> None:
    assert not split_arguments(["test", "tests/core", "--help"]).wants_help


def test_environment_of_the_app_keeps_out_other_pythons() -> None:
    environment = child_environment("/root", {"PYTHONPATH": "/ros", "PYTHONHOME": "/old", "LANG": "C"})

    assert environment["PYTHONPATH"] == "/root"
    assert "PYTHONHOME" not in environment
    assert environment["LANG"] == "C"
