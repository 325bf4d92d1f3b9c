"""Commands against a workspace that a server has open: they go through it over HTTP."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from app import cli
from app.commands.following import follow
from app.commands.outcome import DONE, FAILED, IN_USE, STOPPED, CommandFailedError
from app.commands.owner import FolderToImport, JobState, LocalOwner, RemoteOwner
from app.commands.progress_line import ProgressLine, duration
from app.routes.guard import Access
from app.server import bind, build_server
from app.services import Services, open_services
from app.services.views import IncomingFile
from app.settings import Settings
from storage.records import JobKind
from tests.services.parts import part

KEY = "a-key"
PROJECT = Path(cli.__file__).resolve().parents[1]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "w"


@pytest.fixture
def services(workspace: Path) -> Iterator[Services]:
    opened = open_services(workspace, device="cpu")
    yield opened
    opened.close()


@pytest.fixture
def address(services: Services, workspace: Path) -> Iterator[str]:
    """The address of a server with an access key, on a thread of this process."""
    opened, bound = bind(Settings(workspace, port=18860))
    app = build_server(services, Access(frozenset({"127.0.0.1"}), KEY))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    address = f"http://127.0.0.1:{bound.port}"
    services.announce(address)
    yield address
    server.should_exit = True
    thread.join(10)
    opened.close()


def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(2):
        (folder / f"{seed}.png").write_bytes(part(seed).png)
    return folder


def test_import_goes_through_the_server(
    address: str, services: Services, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["import", str(photos(tmp_path)), "--layout", "folder", "--product", "valve", "--author", "Zoë"]

    assert cli.main([*words, "--workspace", str(workspace), "--key", KEY]) == DONE

    assert "2 images added" in capsys.readouterr().out
    assert services.browsing.products()[0].name == "valve"
    job = services.jobs.latest()
    assert job is not None and job.author == "Zoë"


def test_an_export_that_is_somebody_elses_is_not_followed(address: str, services: Services) -> None:
    services.importing.import_files([IncomingFile("a.png", part(1).png)], "valve", "Ada", "good")
    stop = threading.Event()
    going_on = services.jobs.start(JobKind.EXPORT, "Ada", {}, lambda _control: {"waited": stop.wait(60)})
    try:
        assert services.teaching.current() is not None
        assert RemoteOwner(address, "Zoë", KEY).current_job() is None
        assert LocalOwner(services, "Zoë").current_job() is None
    finally:
        stop.set()
    assert services.jobs.wait(going_on, 60).state == "done"


def test_export_goes_through_the_server_to_where_its_owner_says(
    address: str, services: Services, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    services.importing.import_files([IncomingFile("a.png", part(1).png)], "valve", "Ada", "good")
    words = ["export", str(tmp_path / "out"), "--layout", "png", "--workspace", str(workspace)]

    assert cli.main([*words, "--key", KEY]) == DONE
    assert f"1 image written to {tmp_path / 'out'}" in capsys.readouterr().out
    assert (tmp_path / "out" / "twinbank.json").exists()
    assert cli.main([*words, "--key", KEY]) == FAILED
    assert "already" in capsys.readouterr().err
    (workspace / "owner.pass").unlink()  # as for somebody who may not read it
    words[1] = str(tmp_path / "again")
    assert cli.main([*words, "--key", KEY]) == FAILED and not (tmp_path / "again").exists()


def test_server_with_a_key_says_that_it_asks_for_one(
    address: str, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["fit", "--workspace", str(workspace)]) == FAILED
    error = capsys.readouterr().err
    assert "--key" in error and address in error


def test_refusals_of_the_server_are_shown_as_its_sentence(
    address: str, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = photos(tmp_path)
    assert cli.main(["teach", "--workspace", str(workspace), "--key", KEY]) == FAILED
    assert cli.main(["score", str(folder), "--workspace", str(workspace), "--key", KEY]) == FAILED
    assert capsys.readouterr().err.count("no model yet") == 2


def test_second_start_names_the_address(
    address: str, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["serve", "--no-browser", "--workspace", str(workspace)]) == DONE
    assert f"already open at {address}" in capsys.readouterr().out


def test_check_of_an_open_workspace_names_its_owner(
    address: str, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "--workspace", str(workspace)]) == IN_USE
    assert address in capsys.readouterr().err


def test_owner_without_an_address_is_a_sentence(
    services: Services, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["fit", "--workspace", str(workspace)]) == IN_USE
    assert "Another Twinbank" in capsys.readouterr().err


def test_server_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(CommandFailedError, match="does not answer") as failed:
        RemoteOwner(f"http://127.0.0.1:{port}", "Ada", None).start_fit()
    assert failed.value.exit_code == IN_USE


def test_next_free_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        opened, bound = bind(Settings(tmp_path, port=port))
        opened.close()
    assert port < bound.port < port + 50
    with pytest.raises(OSError):
        bind(Settings(tmp_path, host="203.0.113.7"))


def test_two_servers_started_together_get_a_port_each(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    first, first_bound = bind(Settings(tmp_path, port=port))
    second, second_bound = bind(Settings(tmp_path, port=port))
    first.close()
    second.close()
    assert first_bound.port != second_bound.port


class StubbornOwner:
    """A job that runs until it is cancelled; the person presses Ctrl+C at the third look."""

    def __init__(self) -> None:
        self.looks = 0
        self.is_cancelled = False

    def job(self, job_id: int) -> JobState:
        self.looks += 1
        if self.looks == 3:
            raise KeyboardInterrupt
        if self.is_cancelled and self.looks > 5:
            return JobState("cancelled", "Training", 1, 2, False, "Cancelled.", {})
        return JobState("running", "Training", 1, 2, True, None, {})

    def cancel(self, job_id: int) -> None:
        self.is_cancelled = True

    def start_import(self, folder: FolderToImport) -> int: ...
    def start_fit(self) -> int: ...
    def start_teach(self) -> int: ...
    def current_job(self) -> int | None: ...
    def score(self, *_: object) -> list[dict[str, object]]: ...
    def close(self) -> None: ...


def test_ctrl_c_cancels_the_job_and_waits_for_its_end() -> None:
    owner = StubbornOwner()
    with pytest.raises(KeyboardInterrupt):
        follow(owner, 1)  # type: ignore[arg-type]
    assert owner.is_cancelled and owner.looks > 5


def test_progress_says_rate_and_time_left() -> None:
    line = ProgressLine()
    line("Looking at images", 0, 288)

    assert line.text(34, 288, 2.764) == "Looking at images  34 of 288, 12.3 a second, 21 s left"
    assert line.text(0, 288, 0.0) == "Looking at images  0 of 288"
    assert line.text(0, 1, 5.0) == "Looking at images"
    assert [duration(seconds) for seconds in (59.4, 200, 7500)] == ["59 s", "3 min 20 s", "2 h 5 min"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, STOPPED), (signal.SIGTERM, DONE)])
def test_serve_opens_says_where_and_leaves_in_order(tmp_path: Path, number: int, code: int) -> None:
    words = ["serve", "--empty", "--no-browser", "--port", "18960", "--workspace", str(tmp_path / "w")]
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", *words], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        found = re.match(r"Twinbank is open at (http://127\.0\.0\.1:\d+)$", process.stdout.readline())
        assert found is not None
        deadline = time.monotonic() + 60
        while True:
            try:
                page = urllib.request.urlopen(found[1] + "/", timeout=60).read()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        assert b"gradio" in page.lower()
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{found[1]}/gradio_api/file={tmp_path / 'w' / 'workspace.json'}")
        process.send_signal(number)
        assert process.wait(60) == code
    finally:
        process.kill()
    with (tmp_path / "w" / "owner.lock").open() as lock:
        assert lock.read() == ""  # given back
