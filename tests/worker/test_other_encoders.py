"""A model that was built with another encoder is refused wherever the training process loads one."""

from pathlib import Path

import pytest

from app.worker.tasks import TaskRunner
from app.worker_specs import FilesSpec, FileTask, ScoreSpec, TrainSpec, as_json
from core import bundle
from core.encoder import EncoderMismatchError
from tests.core.toy import fitted
from tests.services.parts import part


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A stored model whose encoder, "toy", no machine has."""
    return bundle.save_detector(fitted().detector, tmp_path / "models")


def runner(workspace: Path) -> TaskRunner:
    return TaskRunner(workspace, "cpu")


def silent(_: object) -> None:
    pass


def test_model_of_another_encoder_scores_no_stored_image(foreign: Path, tmp_path: Path) -> None:
    spec = ScoreSpec(str(tmp_path), str(foreign), ())
    with pytest.raises(EncoderMismatchError, match="built with the encoder toy") as refused:
        runner(tmp_path).run("score", as_json(spec), silent)
    assert "build a model anew" in str(refused.value)


def test_model_of_another_encoder_scores_no_file(foreign: Path, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(part(1).png)
    files = (FileTask("a.png", str(tmp_path / "a.png"), "bolt"),)
    spec = FilesSpec(str(tmp_path), {"bolt": str(foreign)}, str(foreign), files)
    with pytest.raises(EncoderMismatchError):
        runner(tmp_path).run("score_files", as_json(spec), silent)


def test_model_of_another_encoder_is_not_taught(foreign: Path, tmp_path: Path) -> None:
    spec = TrainSpec(str(tmp_path), str(foreign), "", (), (), ())
    with pytest.raises(EncoderMismatchError):
        runner(tmp_path).run("train", as_json(spec), silent)
