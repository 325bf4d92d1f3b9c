"""What a start prints: the address that opens what it says."""

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from app.commands import serving
from app.server import serve
from app.settings import Settings

DEMO = "/?open=label&image=7&welcome=demo"


@pytest.mark.parametrize(("path", "said"), [("/", ""), (DEMO, DEMO)])
def test_the_address_that_is_said_opens_what_the_browser_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, said: str
) -> None:
    monkeypatch.setattr(uvicorn.Server, "run", lambda _self, sockets: None)
    lines: list[str] = []
    with socket.socket() as opened:
        serve(FastAPI(), opened, Settings(tmp_path, port=18970, opens_browser=False), path, lines.append)

    assert lines == [f"Twinbank is open at http://127.0.0.1:18970{said}"]


@pytest.mark.parametrize(
    ("opens_browser", "how"), [(True, "that opens now:"), (False, "(open the address below):")]
)
def test_the_demo_says_whether_its_part_opens_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], opens_browser: bool, how: str
) -> None:
    services: Any = SimpleNamespace(
        browsing=SimpleNamespace(has_model=lambda: True), demo=SimpleNamespace(opening_image=lambda: 7)
    )

    path = serving._build_demo(services, Settings(tmp_path, opens_browser=opens_browser))

    assert path == DEMO
    assert how in capsys.readouterr().out
