"""score: one line per image as it is done, and a run that was stopped goes on where it was."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import cli
from app.commands.outcome import DONE, FAILED, WRONG_USE, CommandFailedError
from app.commands.scoring import already_done
from app.services import open_services, scoring
from app.services.views import IncomingFile
from tests.services.parts import part
from tests.small import SMALL


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(text) for text in file.read_text(encoding="utf-8").splitlines()]


def test_half_a_last_line_is_cut_off_and_the_others_count_as_done(tmp_path: Path) -> None:
    file = tmp_path / "scores.jsonl"
    file.write_text('{"name": "a.png"}\n{"name": "b.png"}\n{"name": "c.p', encoding="utf-8")

    assert already_done(file) == {"a.png", "b.png"}
    assert file.read_text(encoding="utf-8") == '{"name": "a.png"}\n{"name": "b.png"}\n'
    assert already_done(tmp_path / "none.jsonl") == set()


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "scores.json"
    file.write_text('{"scores": []}\n', encoding="utf-8")
    with pytest.raises(CommandFailedError, match="one score a line"):
        already_done(file)
    assert file.read_text(encoding="utf-8") == '{"scores": []}\n'


def test_resume_without_a_file_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(part(1).png)
    assert cli.main(["score", str(tmp_path), "--resume", "--workspace", str(tmp_path / "w")]) == WRONG_USE


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("scored") / "w"
    services = open_services(folder, device="cpu", config=SMALL.to_json())
    files = [IncomingFile(f"good-{seed}.png", part(seed).png) for seed in range(6)]
    services.importing.import_files(files, "disc", "Ada", "good")
    services.jobs.wait(services.teaching.start_fit("Ada"), 300)
    services.close()
    yield folder


@pytest.mark.slow
def test_a_stopped_run_goes_on_and_ends_as_if_it_had_not_been_stopped(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scoring, "AT_ONCE", 2)  # several rounds
    photos, whole, stopped = tmp_path / "new", tmp_path / "whole.jsonl", tmp_path / "stopped.jsonl"
    photos.mkdir()
    for seed in range(5):
        (photos / f"{seed}.png").write_bytes(part(200 + seed, spot=6 * (seed % 2)).png)
    (photos / "9.png").write_bytes(b"no image")
    words = ["score", str(photos), "--workspace", str(workspace), "--device", "cpu", "--json"]

    assert cli.main([*words, str(whole)]) == FAILED  # one file is refused
    stopped.write_text("".join(whole.read_text().splitlines(keepends=True)[:3]) + '{"na')
    capsys.readouterr()
    assert cli.main([*words, str(stopped), "--resume"]) == FAILED

    assert capsys.readouterr().out.count("\n") == 3  # only what was missing
    assert lines(stopped) == lines(whole)
    assert [Path(str(line["name"])).name for line in lines(whole)] == [f"{n}.png" for n in (0, 1, 2, 3, 4, 9)]
    assert lines(whole)[-1]["error"] and lines(whole)[1]["call"] == "reject"
    assert cli.main([*words, str(stopped), "--resume"]) == DONE  # nothing is left
    assert len(lines(stopped)) == 6
