"""Pages over a real workspace: the services are the product's own."""

import pytest

from app.services import Services
from app.services.views import IncomingFile
from tests.services.parts import part


@pytest.fixture
def gears(services: Services) -> tuple[int, ...]:
    """Two images of "gear", nobody has judged them."""
    files = [IncomingFile(f"gear-{seed}.png", part(seed, stripes=True).png) for seed in range(2)]
    return services.importing.import_files(files, "gear", "Ada").image_ids
