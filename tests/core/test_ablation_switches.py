"""The switches that the paper's ablation needs: no abnormal knowledge, no M_p, attention only where it belongs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.bundle import load_detector, save_detector
from core.config import DmadConfig
from core.detector import DualMemoryDetector
from core.teaching import teach
from tests.core.toy import CHANNELS, TOY, defect_features, fitted, good_images, lesson

WHOLE_IMAGES = replace(TOY, balanced=False, epochs=2, folds=1, combine="head")


def taught(config: DmadConfig) -> DualMemoryDetector:
    good = good_images()
    lessons = [lesson(number, (5,)) for number in range(2)]
    return teach(fitted(good, config=config).detector, good, lessons, always_train=True)


def test_without_abnormal_knowledge_the_representation_has_two_parts() -> None:
    detector = taught(replace(TOY, abnormal_knowledge=False))
    first = next(detector.heads[0].mapper.parameters())
    assert first.shape[1] == 2 * CHANNELS


def test_without_abnormal_knowledge_the_head_ignores_the_abnormal_bank() -> None:
    detector = taught(replace(TOY, abnormal_knowledge=False))
    q = detector.standardise(defect_features(900, (5,)))
    normal, abnormal = detector.nearest_good(q, "bolt"), detector.nearest_abnormal(q)
    other = replace(abnormal, rows=torch.zeros_like(abnormal.rows))
    assert torch.equal(detector.ask_heads(q, normal, abnormal), detector.ask_heads(q, normal, other))


def test_a_folded_head_of_two_parts_says_what_the_head_says() -> None:
    detector = taught(replace(TOY, abnormal_knowledge=False))
    q = detector.standardise(defect_features(900, (5,)))
    normal, abnormal = detector.nearest_good(q, "bolt"), detector.nearest_abnormal(q)
    rows = detector.normal.features[normal.rows], detector.abnormal.features[abnormal.rows]
    with torch.inference_mode():
        asked = torch.stack([-head(q, *rows) for head in detector.heads])
    assert torch.allclose(asked, detector.ask_heads(q, normal, abnormal), atol=1e-4)


def test_without_centres_a_lesson_adds_its_painted_patches_alone() -> None:
    detector = taught(replace(TOY, centres="none"))
    assert [len(entry.centres) for entry in detector.abnormal.lessons] == [0, 0]
    assert all(len(entry.painted) for entry in detector.abnormal.lessons)
    assert detector.score(defect_features(900, (5,)), "bolt").score > 1


@pytest.mark.parametrize(
    ("attention", "at_fit", "at_teach"), [("unsupervised", True, False), ("always", True, True)]
)
def test_attention_is_there_where_the_setting_says(attention: str, at_fit: bool, at_teach: bool) -> None:
    config = replace(WHOLE_IMAGES, attention=attention)
    assert (fitted(config=config).detector.heads[0].enhance.key is not None) == at_fit
    assert (taught(config).heads[0].enhance.key is not None) == at_teach


@pytest.mark.parametrize(
    "config",
    [
        replace(WHOLE_IMAGES, attention="unsupervised"),
        replace(TOY, abnormal_knowledge=False),
        replace(TOY, centres="none"),
    ],
    ids=["attention", "two parts", "no centres"],
)
def test_a_detector_with_switches_reads_back_as_it_was(config: DmadConfig, tmp_path: Path) -> None:
    detector = taught(config)
    read = load_detector(save_detector(detector, tmp_path), tmp_path / "segments")
    features = defect_features(900, (5,))
    before, after = (d.score(features, "bolt", with_head=True) for d in (detector, read))
    assert np.array_equal(before.combined, after.combined)
