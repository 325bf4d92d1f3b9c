import json
from pathlib import Path

import numpy as np
import pytest

from app import cli
from app.commands.outcome import FAILED, WRONG_USE
from app.commands.settings_file import chosen_settings
from tests.services.parts import SIDE, part, png


def run(*words: object) -> int:
    try:
        return cli.main([str(word) for word in words])
    except SystemExit as ended:  # argparse ends the process itself
        return int(ended.code or 0)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "good").mkdir(parents=True)
    for seed in range(3):
        (folder / "good" / f"L1_p{seed}.png").write_bytes(part(seed).png)
    (folder / "cut.png").write_bytes(part(9).png[:100])
    return folder


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_explains_itself_with_examples_and_exit_codes(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command, "--help") == 0
    text = capsys.readouterr().out
    assert "examples" in text and f"launch.py {command}" in text and "exit codes" in text
    assert "--workspace" in text and "--device" in text


@pytest.mark.parametrize(
    "words",
    [
        ["paint"],
        ["import", "x"],
        ["import", "x", "--layout", "pascal"],
        ["serve", "--port", "99999"],
        ["evaluate", "--data", "x", "--seen", "ten"],
        ["score"],
        ["fit", "--device", "tpu"],
        ["setup"],
        ["test"],
        ["weights"],
        ["weights", "no_such_net"],
        ["bench", "no_such_thing"],
        ["bench", "../x"],
        ["fit", "--image-size", "200"],
        ["fit", "--image-size", "large"],
        ["fit", "--backbone", "no_such_net"],
        ["fit", "--settings", "no_such_file.json"],
    ],
)
def test_wrong_use_is_exit_code_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words) == WRONG_USE
    assert capsys.readouterr().err.strip()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not JSON"),
        ("[320]", "needs names and values"),
        ('{"size": 320}', "there is no setting 'size'; there are backbone, image_size"),
        ('{"image_size": "320"}', "image_size is a whole number, such as 256, not '320'"),
        ('{"balanced": 1}', "balanced is true or false"),
        ('{"overkill": 3}', "overkill=3 is not between 0.0 and 1.0"),
    ],
)
def test_wrong_settings_of_a_model_are_named(
    content: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "settings.json"
    file.write_text(content)

    assert run("fit", "--settings", file, "--workspace", tmp_path / "w") == WRONG_USE
    assert says in capsys.readouterr().err


def test_fit_says_that_another_backbone_needs_a_new_fit(capsys: pytest.CaptureFixture[str]) -> None:
    run("fit", "--help")
    text = " ".join(capsys.readouterr().out.split())
    assert "another backbone or image size needs a new fit" in text
    assert "fit --backbone wide_resnet50_2" in text and "fit --settings settings.json" in text


def test_options_count_for_more_than_the_settings_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"image_size": 288, "overkill": 0.02}')

    assert chosen_settings(None, None, None) is None
    assert chosen_settings(file, "efficientnet_lite0", 128) == {
        "backbone": "efficientnet_lite0",
        "image_size": 128,
        "overkill": 0.02,
    }


def test_set_up_and_test_point_to_the_door(capsys: pytest.CaptureFixture[str]) -> None:
    run("setup")
    assert "launch.py setup" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["fit"], ["teach"], ["score", __file__], ["check"]])
def test_commands_that_need_a_workspace_say_so(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words, "--workspace", tmp_path / "none") == FAILED
    assert "There is no workspace" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_import_then_check(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = tmp_path / "w"
    words = [
        "import",
        photos,
        "--layout",
        "folder",
        "--workspace",
        workspace,
        "--name-pattern",
        "{lot}_{part}",
    ]

    assert run(*words) == 0
    out = capsys.readouterr().out
    assert "3 images added" in out and "refused  cut.png" in out
    assert run(*words) == 0 and "3 were already there" in capsys.readouterr().out

    assert run("check", "--workspace", workspace) == 0
    assert "3 images" in capsys.readouterr().out


def test_check_finds_a_damaged_file(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = tmp_path / "w"
    run("import", photos, "--layout", "folder", "--workspace", workspace)
    blob = next(path for path in (workspace / "blobs").rglob("*") if path.is_file() and len(path.name) == 64)
    blob.write_bytes(b"rust")
    capsys.readouterr()

    assert run("check", "--workspace", workspace) == FAILED
    assert blob.name in capsys.readouterr().out


def test_training_without_reason_is_a_sentence(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "w"
    run("import", photos, "--layout", "folder", "--workspace", workspace)
    capsys.readouterr()

    assert run("teach", "--workspace", workspace) == FAILED
    assert run("score", photos / "good", "--workspace", workspace) == FAILED
    assert capsys.readouterr().err.count("no model yet") == 2
    assert run("score", photos / "none.png", "--workspace", workspace) == WRONG_USE


def test_import_of_a_folder_that_is_not_there_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["import", tmp_path / "nowhere", "--layout", "mvtec", "--workspace", tmp_path / "w"]
    assert run(*words) == FAILED
    assert "can't be read" in capsys.readouterr().err


def test_folder_that_is_no_workspace_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(part(1).png)

    assert run("import", tmp_path / "in", "--layout", "folder", "--workspace", tmp_path) == FAILED
    assert "not a Twinbank workspace" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "notes.txt"]


def write_known_defects(root: Path) -> None:
    """Twelve good plates and six with a painted spot, in MVTec layout."""
    for name in ("train/good", "test/good", "test/spot", "ground_truth/spot"):
        (root / name).mkdir(parents=True)
    for seed in range(6):
        (root / f"train/good/{seed}.png").write_bytes(part(seed).png)
        (root / f"test/good/{seed}.png").write_bytes(part(50 + seed).png)
        spotted = part(100 + seed, spot=7)
        (root / f"test/spot/{seed}.png").write_bytes(spotted.png)
        (root / f"ground_truth/spot/{seed}_mask.png").write_bytes(png(spotted.mask.astype("uint8") * 255))


@pytest.mark.slow
def test_mask_of_another_size_is_named_with_both_sizes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_known_defects(tmp_path / "plate")
    wrong = tmp_path / "plate" / "ground_truth" / "spot" / "2_mask.png"
    wrong.write_bytes(png(np.zeros((9, 8), np.uint8)))

    assert run("evaluate", "--data", tmp_path, "--seen", "0", "--device", "cpu") == FAILED

    error = capsys.readouterr().err
    assert str(wrong) in error and f"8 x 9 px, its image {SIDE} x {SIDE} px" in error
    assert "give the mask its image's size" in error


@pytest.mark.slow
def test_evaluate_writes_a_table_and_the_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_known_defects(tmp_path / "parts" / "plate")
    figures, settings = tmp_path / "figures.json", tmp_path / "settings.json"
    settings.write_text(json.dumps({"image_size": 128, "fit_steps": 5, "folds": 2, "coreset_minimum": 50}))
    words = ["--seen", "0", "--device", "cpu", "--json", figures, "--settings", settings]

    assert run("evaluate", "--data", tmp_path / "parts", *words) == 0

    assert "image AUROC" in capsys.readouterr().out
    rows = json.loads(figures.read_text())["results"]
    assert {row["scorer"] for row in rows} == {"distance", "head", "combined"}
    assert next(row for row in rows if row["scorer"] == "distance")["image_auroc"] == 1.0
