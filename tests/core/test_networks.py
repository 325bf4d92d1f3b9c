"""A faster runtime is used only where it agrees with torch, and a model tells which features it was made with."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest
import torch

from core import networks
from core.backbones import load_backbone
from core.encoder import EncoderMismatchError, PatchEncoder, aggregate_mean
from core.networks import (
    PARITY,
    FeatureGraph,
    RuntimeUnavailableError,
    TorchNetwork,
    choose_network,
    disagreement,
)

CPU = torch.device("cpu")
SIZE = 128


def graph() -> FeatureGraph:
    return FeatureGraph(load_backbone("efficientnet_lite0"), aggregate_mean)


def encoder(runtime: str, size: int = SIZE) -> PatchEncoder:
    return PatchEncoder(load_backbone("efficientnet_lite0"), size, "mean", CPU, runtime=runtime)


def inputs(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, SIZE, SIZE, 3), dtype=np.uint8)


@pytest.fixture
def has_openvino() -> None:
    if importlib.util.find_spec("openvino") is None:
        pytest.skip("there is no OpenVINO package for this machine")


def test_without_openvino_torch_computes_and_the_reason_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    found = choose_network(graph(), SIZE, CPU)
    assert found.network.runtime == "torch-float32"
    assert "not installed" in found.reason
    with pytest.raises(RuntimeUnavailableError, match="not installed"):
        choose_network(graph(), SIZE, CPU, "openvino")


@pytest.mark.usefixtures("has_openvino")
def test_openvino_agrees_with_torch_and_is_chosen() -> None:
    found = choose_network(graph(), SIZE, CPU)
    assert found.network.runtime == "openvino-float32"
    assert disagreement(TorchNetwork(graph(), CPU), found.network, SIZE) <= PARITY


@pytest.mark.usefixtures("has_openvino")
def test_a_runtime_that_disagrees_with_torch_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "PARITY", 0.0)  # as if nothing but equal bits would do
    found = choose_network(graph(), SIZE, CPU)
    assert found.network.runtime == "torch-float32"
    assert "differ" in found.reason


@pytest.mark.usefixtures("has_openvino")
def test_openvino_gives_an_image_the_same_bits_alone_and_in_any_batch() -> None:
    network = choose_network(graph(), SIZE, CPU, "openvino").network
    images = inputs(5)
    together = network.run(images)
    for number in range(5):
        assert torch.equal(network.run(images[number : number + 1])[0], together[number])
    assert not torch.equal(together[0], together[1])


@pytest.mark.usefixtures("has_openvino")
def test_openvino_reports_to_nobody() -> None:
    choose_network(graph(), SIZE, CPU, "openvino")
    assert sys.modules.get("openvino_telemetry") is None


def test_mixed_precision_gives_nearly_the_same_features() -> None:
    exact, half = TorchNetwork(graph(), CPU), TorchNetwork(graph(), CPU, half=True)
    found = disagreement(exact, half, SIZE)
    assert 0 < found < 0.02  # half precision keeps 11 bits; errors of a few layers add up


def test_an_unknown_runtime_is_refused() -> None:
    with pytest.raises(ValueError, match="'tensorrt'"):
        choose_network(graph(), SIZE, CPU, "tensorrt")


@pytest.mark.usefixtures("has_openvino")
def test_a_model_of_the_other_runtime_is_opened_with_a_sentence() -> None:
    one, other = encoder("torch"), encoder("openvino")
    assert one.fingerprint != other.fingerprint
    assert one.require(one.fingerprint) is None
    note = other.require(one.fingerprint)
    assert note is not None and "by PyTorch" in note and "OpenVINO" in note


def test_a_model_of_other_features_is_refused_with_the_next_step() -> None:
    with pytest.raises(EncoderMismatchError, match="build a model anew"):
        encoder("torch").require(encoder("torch", 224).fingerprint)
