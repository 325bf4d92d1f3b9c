"""The peer's environment: what a person reads when it can't be had, and that a script's failure is no silence."""

import json
from pathlib import Path

import pytest

from benchmarks.peer_environment import REQUIREMENTS, PeerEnvironment, PeerFailedError, PeerUnavailableError
from benchmarks.speed import command


def unavailable(tmp_path: Path) -> PeerEnvironment:
    requirements = tmp_path / "requirements-peer.txt"
    requirements.write_text("--no-index\n--no-binary=:none:\nthere-is-no-such-peer==1.0\n", encoding="utf-8")
    return PeerEnvironment(tmp_path / "venv", requirements)


def test_missing_peer_is_a_sentence_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(PeerUnavailableError) as raised:
        unavailable(tmp_path).make_ready()
    sentence = str(raised.value)
    assert "The peer (anomalib) could not be installed" in sentence
    assert "there-is-no-such-peer" in sentence and "--without-peer" in sentence
    assert not (tmp_path / "venv" / "twinbank-peer.json").exists()  # tried again next time


def test_command_ends_with_that_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "PeerEnvironment", lambda: unavailable(tmp_path))
    assert command.main(["--only", "coreset", "--json", str(tmp_path / "x.json")]) == 1
    assert "--without-peer" in capsys.readouterr().err
    assert not (tmp_path / "x.json").exists()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> PeerEnvironment:
    """An environment with nothing but what is lent."""
    folder = tmp_path_factory.mktemp("peer")
    requirements = folder / "requirements.txt"
    requirements.write_text("# nothing\n", encoding="utf-8")
    environment = PeerEnvironment(folder / "venv", requirements)
    environment.make_ready()
    return environment


def test_script_that_fails_is_named_with_its_last_words(empty: PeerEnvironment, tmp_path: Path) -> None:
    with pytest.raises(
        PeerFailedError, match=r"coreset ended with exit code 1: .*No module named 'anomalib'"
    ):
        empty.run("coreset", tmp_path, {"threads": 1})
    assert json.loads((tmp_path / "job.json").read_text()) == {"threads": 1}


def test_result_of_an_earlier_run_is_never_taken_for_this_one(empty: PeerEnvironment, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text("{}", encoding="utf-8")
    with pytest.raises(PeerFailedError):
        empty.run("coreset", tmp_path, {"threads": 1})
    assert not (tmp_path / "result.json").exists()


def test_every_pin_of_the_peer_is_exact() -> None:
    lines = [line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if line[:1] not in "#-"]
    assert lines[0].startswith("anomalib==") and all(line.count("==") == 1 for line in lines)
