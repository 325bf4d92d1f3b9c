"""Whatever is installed is named with its licence."""

import re

import pytest

from tests.launch.conftest import ROOT


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_pinned_package_is_in_the_notices(file: str) -> None:
    notices = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8").lower()
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    names = [re.split(r"[=;<>~ ]", line)[0].lower() for line in lines if line and not line.startswith("#")]

    assert [name for name in names if f"| {name} |" not in notices] == []


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_pinned_to_one_version(file: str) -> None:
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        assert not line or line.startswith("#") or re.match(r"[\w-]+==[\w.]+($|; )", line), line
