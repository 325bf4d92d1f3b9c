"""The parts of set-up that need no pip: disk, stamp, half-installed packages, the browser for the tests."""

import json
import os
import sys
from pathlib import Path

import pytest

from launching import LaunchError, chromium
from launching.checks import run_checks
from launching.environment import (
    Project,
    check_disk,
    environment_gb,
    folder_size,
    is_ready,
    wanted_stamp,
    write_stamp,
)
from launching.installed import forget_half_installed


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An environment in name only: the files that are looked at, nothing that runs."""
    made = Project(str(tmp_path))
    Path(made.python).parent.mkdir(parents=True)
    Path(made.python).write_text("")
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.4\n")
    Path(made.requirements).write_text("a==1\n")
    Path(made.test_requirements).write_text("b==1\n")
    return made


def test_full_disk_is_refused_with_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(LaunchError) as raised:
        check_disk(Project(str(tmp_path)), free=1.25e9)

    assert f"takes {environment_gb():.1f} GB" in str(raised.value)
    assert "1.2 GB free" in str(raised.value)


def test_enough_disk_is_not_remarked_on(tmp_path: Path) -> None:
    check_disk(Project(str(tmp_path)), free=7.7e9)


def test_what_is_installed_needs_no_room_again(project: Project) -> None:
    with open(os.path.join(project.environment, "big"), "wb") as file:
        file.truncate(int(7.2e9))  # sparse: takes no room here either

    check_disk(project, free=0.5e9)


def test_linux_with_intel_needs_the_cuda_libraries() -> None:
    assert environment_gb("linux", "x86_64") == 7.6
    assert environment_gb("linux", "aarch64") == environment_gb("darwin", "arm64") < 7.6


def test_size_of_no_folder_is_zero(tmp_path: Path) -> None:
    assert folder_size(str(tmp_path / "none")) == 0


def test_stamped_environment_is_ready(project: Project) -> None:
    wanted = wanted_stamp(project, with_tests=False)
    assert not is_ready(project, wanted)

    write_stamp(project, wanted)

    assert is_ready(project, wanted)
    assert not is_ready(project, wanted_stamp(project, with_tests=True))


@pytest.mark.parametrize("torn", ["", "{", "[]", "null", '"ready"', "{}"])
def test_torn_stamp_is_not_ready(project: Project, torn: str) -> None:
    Path(project.stamp).write_text(torn)

    assert not is_ready(project, wanted_stamp(project, with_tests=False))


def test_another_python_is_not_ready(project: Project) -> None:
    wanted = wanted_stamp(project, with_tests=False)
    write_stamp(project, wanted)
    config = Path(project.environment) / "pyvenv.cfg"

    for version, expected in (("3.12.9", True), ("3.13.0", False), ("3.10.1", False)):
        config.write_text(f"version = {version}\n")
        assert is_ready(project, wanted) is expected


def test_copy_without_requirements_says_it_is_incomplete(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="not complete"):
        wanted_stamp(Project(str(tmp_path)), with_tests=False)


def installed(environment: Path, name: str, text: str = "x = 1\n") -> Path:
    packages = environment / "lib" / "python3.12" / "site-packages"
    metadata = packages / f"{name}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (packages / f"{name}.py").write_text(text)
    (metadata / "INSTALLER").write_text("pip\n")
    (metadata / "RECORD").write_text(f'{name}.py,sha256=x,6\n"{name}-1.0.dist-info/RECORD",,\n')
    return metadata


def test_whole_packages_are_left_alone(tmp_path: Path) -> None:
    metadata = installed(tmp_path, "whole")

    assert forget_half_installed(str(tmp_path)) == []
    assert metadata.exists()


@pytest.mark.parametrize(
    "damage", ["missing file", "short file", "no RECORD", "empty RECORD", "no INSTALLER"]
)
def test_half_installed_packages_are_forgotten(tmp_path: Path, damage: str) -> None:
    metadata = installed(tmp_path, "half")
    module = metadata.parent / "half.py"
    {
        "missing file": module.unlink,
        "short file": lambda: module.write_text("x"),
        "no RECORD": (metadata / "RECORD").unlink,
        "empty RECORD": lambda: (metadata / "RECORD").write_text(""),
        "no INSTALLER": (metadata / "INSTALLER").unlink,
    }[damage]()

    assert forget_half_installed(str(tmp_path)) == ["half"]
    assert not metadata.exists()


def test_named_chromium_wins(tmp_path: Path) -> None:
    mine = tmp_path / "my-chromium"
    mine.write_text("")

    assert chromium.on_system({chromium.VARIABLE: str(mine), "PATH": ""}) == str(mine)


def test_named_chromium_that_is_not_there_is_said() -> None:
    with pytest.raises(LaunchError, match="/nowhere/chromium"):
        chromium.on_system({chromium.VARIABLE: "/nowhere/chromium"})


@pytest.mark.skipif(os.name != "posix", reason="a program without a suffix")
def test_chromium_is_found_on_path_or_in_a_known_place(tmp_path: Path) -> None:
    program = tmp_path / "google-chrome"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    assert chromium.on_system({"PATH": str(tmp_path)}) == str(program)
    assert chromium.on_system({"PATH": "/nowhere"}, places=[str(program)]) == str(program)
    assert chromium.on_system({"PATH": "/nowhere"}, places=[]) is None


@pytest.mark.parametrize(("system", "user", "expected"), [("ubuntu", 0, False), ("debian", 1000, False)])
def test_only_root_on_debian_uses_apt(tmp_path: Path, system: str, user: int, expected: bool) -> None:
    release = tmp_path / "os-release"
    release.write_text(f'NAME="X"\nID={system}\n')

    assert chromium.can_use_apt(str(release), user) is expected


def test_ci_is_read_from_the_environment() -> None:
    assert chromium.is_ci({"CI": "true"})
    assert chromium.is_ci({"CI": "1"})
    assert not chromium.is_ci({"CI": "false"})
    assert not chromium.is_ci({})


@pytest.fixture
def checked(tmp_path: Path) -> Project:
    """A project whose `python` stands in for ruff, mypy and pytest: it notes its words, fails when told."""
    made = Project(str(tmp_path))
    Path(made.python).parent.mkdir(parents=True)
    script = Path(made.python)
    script.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"open({str(tmp_path / 'calls')!r}, 'a').write(json.dumps(sys.argv[1:]) + chr(10))\n"
        f"fails = open({str(tmp_path / 'fails')!r}).read().split()\n"
        "sys.exit(3 if set(fails) & set(sys.argv) else 0)\n"
    )
    script.chmod(0o755)
    (tmp_path / "fails").write_text("")
    return made


def calls(project: Project) -> list[list[str]]:
    return [json.loads(line) for line in (Path(project.root) / "calls").read_text().splitlines()]


@pytest.fixture
def with_chromium(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "chromium").write_text("")
    monkeypatch.setenv(chromium.VARIABLE, str(tmp_path / "chromium"))


@pytest.mark.skipif(os.name != "posix", reason="a script as a program")
@pytest.mark.usefixtures("with_chromium")
class TestChecks:
    def test_everything_runs_and_passes(self, checked: Project) -> None:
        assert run_checks(checked, []) == 0
        assert [words[1] for words in calls(checked)] == ["ruff", "ruff", "mypy", "pytest"]
        assert "--numprocesses" in calls(checked)[-1]

    def test_failing_lint_fails_the_whole_but_the_tests_still_run(
        self, checked: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (Path(checked.root) / "fails").write_text("mypy")

        assert run_checks(checked, []) == 1
        assert calls(checked)[-1][:2] == ["-m", "pytest"]
        assert "types" in capsys.readouterr().err

    def test_exit_code_of_pytest_is_passed_on(self, checked: Project) -> None:
        (Path(checked.root) / "fails").write_text("pytest")

        assert run_checks(checked, []) == 3

    def test_arguments_go_to_pytest_alone(self, checked: Project) -> None:
        assert run_checks(checked, ["tests/core", "-k", "x"]) == 0
        assert calls(checked) == [["-m", "pytest", "tests/core", "-k", "x"]]


@pytest.mark.skipif(os.name != "posix", reason="a script as a program")
def test_ci_without_a_browser_fails_instead_of_leaving_tests_out(checked: Project) -> None:
    (Path(checked.root) / "fails").write_text("playwright -c")  # neither one in its cache nor a download
    environment = {"PATH": "/nowhere", "CI": "true"}

    with pytest.raises(LaunchError, match="apt install chromium"):
        chromium.get(checked, environment, places=[], may_use_apt=False)
    assert chromium.get(checked, {"PATH": "/nowhere"}, places=[], may_use_apt=False) is None
