"""A copy of the door over a tiny project, and a wheel to install: everything but the size is real."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def write_wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> Path:
    """The smallest wheel that pip installs."""
    metadata = f"{name}-{version}.dist-info"
    contents = dict(files)
    contents[f"{metadata}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    contents[f"{metadata}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = "".join(f"{path},{_digest(text)},{len(text)}\n" for path, text in contents.items())
    contents[f"{metadata}/RECORD"] = f"{record}{metadata}/RECORD,,\n"
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in contents.items():
            archive.writestr(path, text)
    return wheel


def _digest(text: str) -> str:
    raw = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `tinypart` 1.0 and 2.0."""
    folder = tmp_path_factory.mktemp("wheels")
    for version in ("1.0", "2.0"):
        write_wheel(folder, "tinypart", version, {"tinypart/__init__.py": f"version = {version!r}\n"})
    return folder


@pytest.fixture(scope="session")
def built_copy(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Path:
    """A project of one file that was set up once by the real launch.py."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "launch.py", root)
    shutil.copytree(ROOT / "launching", root / "launching", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "app").mkdir()
    (root / "app" / "__init__.py").write_text("")
    (root / "app" / "cli.py").write_text(
        "import json, os, sys\nimport tinypart\n"
        "print(json.dumps({'words': sys.argv[1:], 'cwd': os.getcwd(), 'version': tinypart.version,\n"
        "    'environment': dict(os.environ), 'prefix': sys.prefix, 'path': sys.path}))\n"
        "sys.exit(7 if 'fail' in sys.argv else 0)\n"
    )
    (root / "requirements.txt").write_text("tinypart==1.0\n")
    (root / "requirements-dev.txt").write_text("")
    done = launch(root, "--wheels", str(wheels), "setup")
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture
def copy(built_copy: Path, tmp_path: Path) -> Path:
    """A copy of that project of the test's own, environment included."""
    return Path(shutil.copytree(built_copy, tmp_path / "copy", symlinks=True))


def launch(
    root: Path, *words: str, cwd: Path | None = None, python: str | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the door of `root` as a person does, with pip's own settings left out."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))
    }
    environment["PIP_CONFIG_FILE"] = os.devnull
    command = [python or sys.executable, str(root / "launch.py"), *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)
