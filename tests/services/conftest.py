from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services import Services, open_services
from app.services.views import IncomingFile
from tests.services.parts import part


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """An empty workspace; no training process is started by opening it."""
    opened = open_services(tmp_path / "workspace", device="cpu")
    yield opened
    opened.close()


@pytest.fixture
def four_images(services: Services) -> tuple[int, ...]:
    """Four undecided images of the product "plate"."""
    files = [IncomingFile(f"part-{seed}.png", part(seed).png) for seed in range(4)]
    return services.importing.import_files(files, "plate", "Ada").image_ids
