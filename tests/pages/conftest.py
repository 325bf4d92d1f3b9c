"""Pages over a real workspace: the services are the product's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services import Services, open_services
from app.services.views import IncomingFile
from tests.services.parts import part


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = open_services(tmp_path / "workspace", device="cpu")
    yield opened
    opened.close()


@pytest.fixture
def plates(services: Services) -> tuple[int, ...]:
    """Four images of "plate", nobody has judged them."""
    files = [IncomingFile(f"part-{seed}.png", part(seed).png) for seed in range(4)]
    return services.importing.import_files(files, "plate", "Ada").image_ids


@pytest.fixture
def gears(services: Services) -> tuple[int, ...]:
    """Two images of "gear", nobody has judged them."""
    files = [IncomingFile(f"gear-{seed}.png", part(seed, stripes=True).png) for seed in range(2)]
    return services.importing.import_files(files, "gear", "Ada").image_ids
