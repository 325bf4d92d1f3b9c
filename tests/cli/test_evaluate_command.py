"""evaluate from the command line: what it writes, how it goes on, what it refuses."""

import json
from pathlib import Path

import pytest
import timm
import torch

from app.cli import _parser, main
from app.commands.outcome import FAILED, WRONG_USE
from core.config import DmadConfig
from core.datasets import LAYOUTS
from core.encoder import build_encoder
from tests.core.tiny_parts import TINY, render


def run(*words: object) -> int:
    return main([str(word) for word in words])


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("parts")
    render(root / "bolt", with_masks=True, seed=1)
    render(root / "cap", with_masks=True, seed=2)
    return root


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.json"
    file.write_text(TINY.to_json())
    return file


def test_a_run_writes_figures_page_and_cache_and_goes_on_from_them(
    parts: Path, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures, page, cache = tmp_path / "figures.json", tmp_path / "page.html", tmp_path / "cache"
    words = ["evaluate", "--data", parts, "--seen", "0,2", "--config", tiny, "--device", "cpu"]
    words += ["--json", figures, "--cache", cache]

    assert run(*words) == 0
    assert len(list(cache.rglob("*.npy"))) == 2 * 14
    first = json.loads(figures.read_text())
    first["cells"].pop()  # as if the run had been cut before its last cell
    for name in ("results", "pooled", "calls", "types", "images", "curves", "pictures"):
        first[name] = [entry for entry in first[name] if entry["seen"] == 0]
    figures.write_text(json.dumps(first))

    assert run(*words, "--resume", "--report", page, "--against", figures) == 0
    out = capsys.readouterr().out
    assert "+0.00  (+0.00 to +0.00)" in out and "The report is in" in out
    again = json.loads(figures.read_text())
    assert [row["seen"] for row in again["cells"]] == [0, 2]
    assert page.read_text().startswith("<!doctype html>")


def test_the_papers_protocol_runs_from_the_command_line(
    parts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = {"backbone": "efficientnet_lite0", "image_size": 128, "epochs": 1, "head_width": 8}
    settings = (
        json.loads(DmadConfig.paper().to_json()) | changes | {"coreset_minimum": 50, "outlier_limit": 20}
    )
    (tmp_path / "paper.json").write_text(json.dumps(settings))
    words = [
        "--config",
        tmp_path / "paper.json",
        "--protocol",
        "paper",
        "--outliers",
        parts / "cap",
        "--device",
        "cpu",
    ]

    assert run("evaluate", "--data", parts, "--seen", "0,1", "--transfer", *words) == 0

    out = capsys.readouterr().out
    assert all(f"Table {number}, " in out for number in (1, 2, 3, 5))
    assert "not run" in out and "outliers from cap, protocol paper" in out


def test_weights_come_from_a_named_file(
    parts: Path, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    torch.save(
        timm.create_model("tf_efficientnet_lite0", pretrained=False).state_dict(), tmp_path / "random.pth"
    )
    words = [
        "--seen",
        "0",
        "--config",
        tiny,
        "--weights",
        tmp_path / "random.pth",
        "--json",
        tmp_path / "f.json",
    ]

    assert run("evaluate", "--data", parts, "--products", "bolt", "--device", "cpu", *words) == 0

    used = json.loads((tmp_path / "f.json").read_text())["settings"]["encoder"]
    assert used.startswith("tf_efficientnet_lite0-128-")
    assert used != build_encoder(TINY, torch.device("cpu")).fingerprint


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--resume"], WRONG_USE, "name it with --json"),
        (["--transfer", "--seen", "0"], WRONG_USE, "--seen needs a number above 0"),
        (["--json", "/nowhere/at/all/f.json"], WRONG_USE, "There is no folder /nowhere/at/all"),
        (["--config", "better"], WRONG_USE, "neither default nor paper nor a file"),
        (["--layout", "visa-fewshot"], FAILED, "looked for split_csv/2cls_fewshot.csv"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(
    parts: Path, words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("evaluate", "--data", parts, "--device", "cpu", *words) == code
    assert said in capsys.readouterr().err


def test_the_command_line_offers_every_layout() -> None:
    for layout in LAYOUTS:
        assert _parser().parse_args(["evaluate", "--data", "x", "--layout", layout]).layout == layout
