"""A real workspace in a fresh folder for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace.create(tmp_path / "workspace")
    yield opened
    opened.close()
