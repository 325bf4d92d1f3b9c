import pytest
from fastapi.testclient import TestClient

from app.routes.guard import Access
from app.server import build_server
from app.services import Services
from app.services.views import IncomingFile
from tests.services.parts import part

ADDRESS = "http://127.0.0.1:7860"
LOCAL = Access(frozenset({"127.0.0.1", "localhost", "::1"}))
ADA = {"X-Twinbank-Author": "Ada%20L%C3%B6we"}


@pytest.fixture
def image(services: Services) -> int:
    return services.importing.import_files([IncomingFile("a.png", part(1).png)], "plate", "Ada").image_ids[0]


@pytest.fixture
def client(services: Services) -> TestClient:
    return TestClient(build_server(services, LOCAL), base_url=ADDRESS, raise_server_exceptions=False)
