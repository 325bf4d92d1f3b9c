"""Set-up for real: the door, a new environment, pip and a wheel of our own, without a network."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.launch.conftest import ROOT, launch, write_wheel


def told(done: "subprocess.CompletedProcess[str]") -> dict:
    """What the tiny app printed; standard output has nothing else on it."""
    return json.loads(done.stdout)


def test_set_up_installs_and_hands_the_words_over(copy: Path, tmp_path: Path) -> None:
    done = launch(copy, "score", "a b.png", "--json", "-", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert told(done)["words"] == ["score", "a b.png", "--json", "-"]
    assert told(done)["version"] == "1.0"
    assert told(done)["cwd"] == str(tmp_path)
    assert Path(told(done)["prefix"]) == copy / ".venv"


def test_without_words_the_app_gets_none(copy: Path) -> None:
    assert told(launch(copy))["words"] == []


def test_options_without_a_command_are_handed_over(copy: Path) -> None:
    assert told(launch(copy, "--workspace", "parts"))["words"] == ["--workspace", "parts"]


def test_exit_code_of_the_app_is_passed_on(copy: Path) -> None:
    assert launch(copy, "fail").returncode == 7


def test_nothing_phones_home(copy: Path) -> None:
    environment = told(launch(copy))["environment"]

    assert environment["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert environment["PYTHONUTF8"] == "1"


def test_a_folder_named_app_where_one_stands_is_not_run_instead(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise SystemExit('the wrong app')")

    done = launch(copy, cwd=tmp_path)

    assert done.returncode == 0, done.stderr


def test_second_start_does_no_set_up_work(copy: Path) -> None:
    before = (copy / ".venv" / "twinbank-setup.json").stat().st_mtime_ns

    done = launch(copy)

    assert done.stderr == ""
    assert (copy / ".venv" / "twinbank-setup.json").stat().st_mtime_ns == before


def test_setup_says_when_there_was_nothing_to_do(copy: Path) -> None:
    assert "already set up" in launch(copy, "setup").stdout


def test_changed_pins_are_installed(copy: Path, wheels: Path) -> None:
    (copy / "requirements.txt").write_text("tinypart==2.0\n")

    done = launch(copy, "--wheels", str(wheels))

    assert done.returncode == 0, done.stderr
    assert told(done)["version"] == "2.0"


def test_line_ends_of_windows_are_no_change(copy: Path) -> None:
    (copy / "requirements.txt").write_bytes(b"tinypart==1.0\r\n")

    assert launch(copy).stderr == ""


def test_a_stopped_set_up_goes_on_in_the_same_environment(copy: Path, wheels: Path) -> None:
    """As after a power cut while pip was copying files: no stamp, half a package."""
    (copy / ".venv" / "twinbank-setup.json").unlink()
    packages = next((copy / ".venv").glob("lib/python*/site-packages"))
    (packages / "tinypart" / "__init__.py").unlink()
    (copy / ".venv" / "kept").write_text("")

    done = launch(copy, "--wheels", str(wheels))

    assert done.returncode == 0, done.stderr
    assert told(done)["version"] == "1.0"
    assert "tinypart" in done.stderr
    assert (copy / ".venv" / "kept").exists()


def test_an_environment_without_pip_is_made_again(copy: Path, wheels: Path) -> None:
    """As after Ctrl+C while `venv` was still unpacking pip."""
    (copy / ".venv" / "twinbank-setup.json").unlink()
    packages = next((copy / ".venv").glob("lib/python*/site-packages"))
    shutil.rmtree(packages / "pip")

    done = launch(copy, "--wheels", str(wheels))

    assert done.returncode == 0, done.stderr
    assert told(done)["version"] == "1.0"


def test_a_python_that_has_gone_is_noticed(copy: Path, wheels: Path) -> None:
    """As after an update of the system that removed the Python the environment was made with."""
    for name in ("python", "python3", f"python3.{sys.version_info.minor}"):
        link = copy / ".venv" / "bin" / name
        link.unlink()
        link.symlink_to("/nowhere/python")

    done = launch(copy, "--wheels", str(wheels))

    assert done.returncode == 0, done.stderr


def test_a_package_that_cannot_be_had_is_named_with_the_next_step(copy: Path, wheels: Path) -> None:
    (copy / "requirements.txt").write_text("tinypart==3.0\n")

    done = launch(copy, "--wheels", str(wheels))

    assert done.returncode == 1
    assert f"tinypart==3.0 is not in {wheels} as a wheel" in done.stderr
    assert "pip download" in done.stderr
    assert "Traceback" not in done.stderr


def test_after_a_failure_the_next_start_tries_again(copy: Path, wheels: Path, tmp_path: Path) -> None:
    (copy / "requirements.txt").write_text("tinypart==3.0\n")
    assert launch(copy, "--wheels", str(wheels)).returncode == 1
    write_wheel(tmp_path, "tinypart", "3.0", {"tinypart/__init__.py": "version = '3.0'\n"})

    done = launch(copy, "--wheels", str(tmp_path))

    assert told(done)["version"] == "3.0"


def test_a_folder_of_wheels_that_is_not_there_is_said(copy: Path) -> None:
    (copy / "requirements.txt").write_text("tinypart==2.0\n")

    done = launch(copy, "--wheels", "/nowhere/wheels", "setup")

    assert done.returncode == 2
    assert "/nowhere/wheels" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_ends_with_a_sentence_and_130(copy: Path) -> None:
    """The tiny app stands in for pip: a venv whose `pip` never ends."""
    (copy / ".venv" / "twinbank-setup.json").unlink()
    packages = next((copy / ".venv").glob("lib/python*/site-packages"))
    (packages / "pip" / "__main__.py").write_text(
        "import sys, time\n"
        "try:\n    print('busy', file=sys.stderr, flush=True)\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    sys.exit('pip cleaned up')\n"
    )
    metadata = next(packages.glob("pip-*.dist-info"))
    (metadata / "RECORD").write_text("pip/__init__.py,,\n")  # the changed file is not what is tested here

    process = subprocess.Popen(
        [sys.executable, str(copy / "launch.py")], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr is not None
    said = ""
    while "busy" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does
    rest = process.stderr.read()

    assert process.wait(30) == 130
    assert "pip cleaned up" in rest
    assert "Start again to go on" in rest
    assert "Traceback" not in rest


@pytest.mark.parametrize("version", ["3.6", "3.8", "3.10"])
def test_an_unsupported_python_at_the_door_still_gets_in(copy: Path, version: str) -> None:
    """What `python3` is on many machines; skipped where there is none to try with."""
    found = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    if not found:
        pytest.skip(f"no Python {version} here")

    done = launch(copy, "check", python=str(found[0]))

    assert done.returncode == 0, done.stderr
    assert Path(told(done)["prefix"]) == copy / ".venv"


def test_an_old_python_makes_the_environment_with_a_supported_one(copy: Path, wheels: Path) -> None:
    found = sorted(Path.home().glob(".pyenv/versions/3.[689].*/bin/python"))
    if not found:
        pytest.skip("no unsupported Python here")
    shutil.rmtree(copy / ".venv")

    done = launch(copy, "--wheels", str(wheels), python=str(found[0]))

    assert done.returncode == 0, done.stderr
    assert "with Python 3.1" in done.stderr


def test_help_needs_no_set_up_and_names_every_command(tmp_path: Path) -> None:
    shutil.copy(ROOT / "launch.py", tmp_path)
    shutil.copytree(ROOT / "launching", tmp_path / "launching")

    done = launch(tmp_path, "--help")

    assert done.returncode == 0
    commands = [
        "serve",
        "demo",
        "import",
        "fit",
        "teach",
        "score",
        "evaluate",
        "check",
        "setup",
        "test",
        "bench",
    ]
    for command in commands:
        assert f"\n  {command} " in done.stdout
    assert not (tmp_path / ".venv").exists()
