"""What computes patch features: torch anywhere, OpenVINO on a CPU where it is installed and agrees with torch.

Shapes in this file
    B  images      S  pixels of the square image's side      N  patches of an image      C  feature dimension
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.backbones import Backbone

RUNTIMES = {  # what computes the features and how precisely, and its name for a person
    "torch-float32": "PyTorch",
    "torch-float16": "PyTorch in mixed precision",
    "openvino-float32": "OpenVINO",
}
ASKED = ("auto", "torch", "openvino")
PARITY = 1e-4  # largest difference from torch, as a share of the largest feature (at least of 1)
Inputs = NDArray[np.uint8]  # (B, S, S, 3)


class RuntimeUnavailableError(RuntimeError):
    """The runtime asked for can't compute here; the message says why."""


class FeatureNetwork(Protocol):
    """A frozen backbone with its normalisation and aggregation, ready to run."""

    runtime: str  # one of RUNTIMES

    def run(self, images: Inputs) -> Tensor:
        """(B, S, S, 3) uint8 -> (B, N, C) float32 on the CPU."""
        ...


@dataclass(frozen=True, eq=False)
class NetworkChoice:
    """Which runtime computes, and why, in a sentence for a person."""

    network: FeatureNetwork
    reason: str


class FeatureGraph(nn.Module):
    """Normalisation, backbone and aggregation as one module: (B, S, S, 3) uint8 -> (B, N, C)."""

    mean: Tensor  # (1, 3, 1, 1)
    std: Tensor

    def __init__(self, backbone: Backbone, aggregate: Callable[[list[Tensor]], Tensor]) -> None:
        super().__init__()
        self.backbone = backbone
        self._aggregate = aggregate
        self.register_buffer("mean", torch.tensor(backbone.spec.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(backbone.spec.std).view(1, 3, 1, 1))
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        planes = images.permute(0, 3, 1, 2)  # (B, 3, S, S), channels-last in memory as it stands
        maps = self.backbone(planes.float().div(255.0).sub(self.mean).div(self.std))
        return self._aggregate(maps)


class TorchNetwork:
    """Runs the graph in torch, channels-last; in half precision where `half` says so (a GPU's tensor cores)."""

    def __init__(self, graph: FeatureGraph, device: torch.device, *, half: bool | None = None) -> None:
        """
        Args:
            half: mixed precision. None: on CUDA.
        """
        self._graph = graph.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._device = device
        self._half = device.type == "cuda" if half is None else half
        self.runtime = "torch-float16" if self._half else "torch-float32"

    @torch.inference_mode()
    def run(self, images: Inputs) -> Tensor:
        batch = torch.from_numpy(images)
        if self._device.type == "cuda":
            batch = batch.pin_memory().to(self._device, non_blocking=True)
        with torch.autocast(self._device.type, dtype=torch.float16, enabled=self._half):
            features: Tensor = self._graph(batch)
        return features.float().cpu()


def choose_network(
    graph: FeatureGraph, size: int, device: torch.device, runtime: str = "auto"
) -> NetworkChoice:
    """Return the fastest network that can be trusted on this device.

    OpenVINO computes the same float32 values as torch on a CPU, two to three times as fast. It is tried on a fixed
    image and used only if it agrees with torch within PARITY.

    Args:
        runtime: "auto", "torch" or "openvino".

    Raises:
        RuntimeUnavailableError: "openvino" was asked for and can't be used.
        ValueError: for another name.
    """
    if runtime not in ASKED:
        raise ValueError(f"runtime {runtime!r} is not one of {', '.join(map(repr, ASKED))}")
    plain = TorchNetwork(graph, device)
    if runtime == "torch":
        return NetworkChoice(plain, "Features are computed by PyTorch, as asked.")
    if device.type != "cpu":
        if runtime == "openvino":
            raise RuntimeUnavailableError("OpenVINO computes on the CPU only. Use --device cpu.")
        return NetworkChoice(plain, "Features are computed by PyTorch on the GPU, in mixed precision.")
    found = _openvino(graph, size, plain)
    if not isinstance(found, str):
        return NetworkChoice(found, "Features are computed by OpenVINO.")
    if runtime == "openvino":
        raise RuntimeUnavailableError(found)
    return NetworkChoice(plain, f"Features are computed by PyTorch, two to three times slower: {found}")


def disagreement(one: FeatureNetwork, other: FeatureNetwork, size: int) -> float:
    """Return the largest difference between two networks on a fixed image, as a share of the largest feature."""
    image = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), dtype=np.uint8)
    expected = one.run(image)
    difference = (expected - other.run(image)).abs().max()
    return float(difference) / max(1.0, float(expected.abs().max()))


def _openvino(graph: FeatureGraph, size: int, reference: FeatureNetwork) -> FeatureNetwork | str:
    """Return the network, or why it can't be used."""
    from core.openvino_network import OpenVinoNetwork

    try:
        network = OpenVinoNetwork(graph, size)
    except ModuleNotFoundError:
        return "OpenVINO is not installed; python3 launch.py setup installs it where there is a package."
    except (ImportError, RuntimeError) as error:
        return f"OpenVINO can't be used ({str(error).splitlines()[0]})."
    found = disagreement(reference, network, size)
    if not found <= PARITY:  # nan is a disagreement too
        return f"OpenVINO's features differ from PyTorch's by {found:.1e}, more than {PARITY:.0e}."
    return network
