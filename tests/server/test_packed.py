"""Requests packed with gzip."""

import gzip
import json

from fastapi.testclient import TestClient

from app.routes.guard import Access
from app.routes.packed import Packed
from app.server import build_server
from app.services import Services
from tests.server.conftest import ADA, ADDRESS, LOCAL

PACKED = {**ADA, "Content-Encoding": "gzip", "Content-Type": "application/json"}
BODY = json.dumps({"layers": [{"defect_type": "dent", "runs": [3, 5]}], "base_revision": 0}).encode()


def put(client: TestClient, image: int, content: bytes) -> tuple[int, str]:
    answer = client.put(f"/api/images/{image}/painting", content=content, headers=PACKED)
    return answer.status_code, answer.json().get("detail", "")


def test_a_packed_painting_is_stored(client: TestClient, services: Services, image: int) -> None:
    assert put(client, image, gzip.compress(BODY)) == (200, "")
    assert services.labelling.painting(image).layers[0].mask.sum() == 5


def test_what_can_not_be_unpacked_is_a_sentence(client: TestClient, services: Services, image: int) -> None:
    packed = gzip.compress(BODY)
    for content in (b"no gzip", packed[:-12], packed[:8] + b"\xff" * 20):
        status, sentence = put(client, image, content)
        assert status == 400 and sentence.endswith("Send it again.")
    assert services.labelling.painting(image).revision == 0


def test_a_small_packet_that_grows_without_end_is_refused(services: Services, image: int) -> None:
    server = build_server(services, Access(LOCAL.hosts))
    client = TestClient(Packed(server, largest=1000), base_url=ADDRESS)
    status, sentence = put(client, image, gzip.compress(BODY + b" " * 10_000))
    assert status == 413 and "taken at once" in sentence
