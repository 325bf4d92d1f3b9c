import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.routes.guard import Access, Guard, Message, Receive, Scope, Send, host_name
from app.server import access_for, build_server
from app.services import Services
from app.settings import Settings, is_loopback
from storage.owner import pass_of
from tests.server.conftest import ADA, ADDRESS, LOCAL
from tests.services.parts import part

KEY = "correct-horse"


@pytest.fixture
def keyed(services: Services) -> TestClient:
    app = build_server(services, Access(LOCAL.hosts, KEY))
    return TestClient(app, base_url=ADDRESS, follow_redirects=False)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", ""])
def test_unknown_host_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/healthz", headers={"Host": host})

    assert answer.status_code == 400 and "address" in answer.json()["detail"]


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "[::1]:7860", "LOCALHOST"])
def test_known_hosts_are_served(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).json() == {"ok": True}


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:7860"]
)
def test_writes_and_reads_of_another_origin_are_refused(client: TestClient, image: int, origin: str) -> None:
    headers = {**ADA, "Origin": origin}
    write = client.post(f"/api/images/{image}/verdict", json={"verdict": "good"}, headers=headers)
    read = client.get("/api/images", headers=headers)

    assert (write.status_code, read.status_code) == (403, 403)
    assert client.get(f"/api/images/{image}").json()["verdict"] is None


def test_request_that_a_browser_marks_as_cross_site_is_refused(client: TestClient) -> None:
    assert client.get("/api/images", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/api/images", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_link_on_another_page_may_be_followed(client: TestClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/healthz", headers=headers).status_code == 200
    framed = {**headers, "Sec-Fetch-Dest": "iframe"}
    assert client.get("/healthz", headers=framed).status_code == 403


def test_own_origin_is_served_and_no_cross_origin_header_is_sent(client: TestClient) -> None:
    answer = client.get("/api/images", headers={"Origin": ADDRESS})

    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    for path in ("/healthz", "/api/images", "/nowhere"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'self'" in headers["content-security-policy"]


def test_without_the_key_nothing_but_the_door_is_open(keyed: TestClient) -> None:
    for path in ("/", "/api/images", "/media/images/1", "/gradio_api/info", "/static/canvas/x.js"):
        assert keyed.get(path).status_code == 401
    assert keyed.get("/healthz").status_code == 200
    assert keyed.get("/login").status_code == 401


def test_key_opens_by_a_cookie_that_does_not_hold_it(keyed: TestClient) -> None:
    assert keyed.get("/login", params={"key": "wrong"}).status_code == 401
    assert keyed.get("/api/images").status_code == 401

    answer = keyed.get("/login", params={"key": KEY})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert KEY not in answer.headers["set-cookie"] and "HttpOnly" in answer.headers["set-cookie"]
    assert keyed.get("/api/images").status_code == 200


def test_programs_may_send_the_key_as_bearer(keyed: TestClient) -> None:
    assert keyed.get("/api/images", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
    assert keyed.get("/api/images", headers={"Authorization": "Bearer no"}).status_code == 401


def test_visitors_write_nowhere_and_read_only_the_folders_that_were_named(
    services: Services, tmp_path: Path
) -> None:
    open_folder, closed = tmp_path / "open", tmp_path / "closed"
    for folder in (open_folder, closed):
        folder.mkdir()
        (folder / "a.png").write_bytes(part(1).png)
    (open_folder / "out").symlink_to(closed)
    app = build_server(services, Access(LOCAL.hosts, KEY, (open_folder,)))
    visitor = TestClient(app, base_url=ADDRESS, headers={**ADA, "Authorization": f"Bearer {KEY}"})

    def asked(route: str, **body: object) -> tuple[int, str]:
        answer = visitor.post(f"/api/{route}", json=body)
        return answer.status_code, answer.text

    assert visitor.get("/api/import/folders").json() == {"any": False, "below": [str(open_folder)]}
    for root in (closed, open_folder / ".." / "closed", open_folder / "out", Path("/")):
        for route in ("import/preview", "import/folder"):
            status, text = asked(route, root=str(root), layout="folder", product="plate")
            assert status == 403 and str(open_folder) in text
    facts = {"root": str(open_folder), "product": "plate", "facts_file": str(closed / "a.png")}
    assert asked("import/folder", **facts)[0] == 403
    assert asked("import/preview", root=str(open_folder), product="plate")[0] == 200
    status, text = asked("export", layout="png", folder=str(tmp_path / "out"))
    assert status == 403 and "launch.py export" in text
    assert not (tmp_path / "out").exists()


def test_a_path_is_refused_without_the_owners_pass_also_on_this_machine_alone(
    client: TestClient, image: int, services: Services, tmp_path: Path
) -> None:
    assert client.get("/api/import/folders").json() == {"any": True, "below": []}
    body = {"layout": "png", "folder": str(tmp_path / "out")}
    owner = {**ADA, "X-Twinbank-Owner": pass_of(services.path) or ""}

    assert client.post("/api/export", json=body, headers=ADA).status_code == 403
    assert client.post("/api/export", json=body, headers={**ADA, "X-Twinbank-Owner": "x"}).status_code == 403
    job = client.post("/api/export", json=body, headers=owner).json()["job"]
    services.jobs.wait(job, 30)
    assert (tmp_path / "out" / "twinbank.json").exists()
    assert client.get(f"/api/exports/{job}/archive").status_code == 404  # it lies elsewhere


@pytest.mark.parametrize(
    "cookie", ['twinbank_access="', "twinbank_access=\xe9", "a;b;;=", "twinbank_access="]
)
def test_odd_cookies_do_not_let_in(keyed: TestClient, cookie: str) -> None:
    assert keyed.get("/api/images", headers={"Cookie": cookie.encode("latin-1")}).status_code == 401


def test_server_for_others_answers_to_its_own_names(tmp_path: object) -> None:
    import socket

    access = access_for(Settings(Path("w"), host="0.0.0.0", access_key=KEY, extra_hosts=("line3.local",)))

    assert {"localhost", "line3.local", socket.gethostname().lower()} <= access.hosts


def test_only_this_machines_own_addresses_are_loopback() -> None:
    assert (
        is_loopback("127.0.0.1")
        and is_loopback("::1")
        and is_loopback("localhost")
        and is_loopback("127.0.0.9")
    )
    assert not is_loopback("0.0.0.0") and not is_loopback("192.168.1.4") and not is_loopback("factory")
    assert host_name("[::1]:80") == "::1" and host_name("Name:80") == "name" and host_name("[") == ""


def small_door(services: Services, largest_body: int) -> TestClient:
    """The whole server behind a guard that takes little at once."""
    app = Guard(build_server(services, LOCAL), LOCAL, largest_body)
    return TestClient(app, base_url=ADDRESS)


def in_chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 1000):
        yield body[start : start + 1000]


def upload(png: bytes) -> tuple[bytes, dict[str, str]]:
    """One file as a form, and the headers of its request; sent in chunks it has no Content-Length."""
    lines = (
        b'--b\r\nContent-Disposition: form-data; name="product"\r\n\r\nplate\r\n'
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    )
    return lines + png + b"\r\n--b--\r\n", {**ADA, "Content-Type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize("largest", [1000, 2900])
def test_chunked_upload_over_the_limit_is_cut_off(services: Services, largest: int) -> None:
    body, headers = upload(part(1).png)
    assert len(body) > largest

    answer = small_door(services, largest).post("/api/import/files", content=in_chunks(body), headers=headers)

    assert answer.status_code == 413 and "send fewer files" in answer.json()["detail"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert services.browsing.products() == ()


def test_chunked_upload_within_the_limit_is_taken(services: Services) -> None:
    body, headers = upload(part(1).png)

    answer = small_door(services, len(body)).post(
        "/api/import/files", content=in_chunks(body), headers=headers
    )

    assert answer.status_code == 200 and answer.json()["added"] == 1


def test_upload_that_says_its_length_is_refused_by_it(services: Services) -> None:
    body, headers = upload(part(1).png)

    answer = small_door(services, len(body) - 1).post("/api/import/files", content=body, headers=headers)

    assert answer.status_code == 413


def test_body_without_end_is_not_read_to_its_end() -> None:
    reads, sent = 0, []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] == "http.request":
            pass
        await send({"type": "http.response.start", "status": 400, "headers": []})

    async def receive() -> Message:
        nonlocal reads
        reads += 1
        return {"type": "http.request", "body": b"x" * 100, "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/api/import/files", "headers": [(b"host", b"localhost")]}
    answer = Guard(application, LOCAL, largest_body=1000)(scope, receive, send)
    with ThreadPoolExecutor(1) as pool:  # a loop of its own: the browser tests keep one in this thread
        pool.submit(asyncio.run, answer).result()

    assert reads == 11
    assert [message.get("status") for message in sent] == [413, None]
