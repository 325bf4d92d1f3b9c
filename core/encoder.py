"""PatchEncoder: image -> patch features q (section 3.1).

Shapes in this file
    B  images      H, W  pixels of an image      S  side of the resized square image
    C_l, H_l, W_l  one tapped feature map
    H0, W0  patch grid      N = H0 * W0  patches      C  feature dimension
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from core.backbones import Backbone, load_backbone
from core.config import DmadConfig
from core.networks import RUNTIMES, FeatureGraph, choose_network

PATCHCORE_CHANNELS = 1536
DEEPEST = 2.0  # weight of the last map of `aggregate_fine`. Another one makes other features: raise "v2" below with it


class EncoderMismatchError(ValueError):
    """A model reads other features than this encoder gives; the message names both."""


class PatchEncoder:
    """Frozen backbone and aggregation (eq. 1). The same image always gives the same features.

    Attributes:
        fingerprint: names what changes the features: weights, taps, image size, aggregation, runtime with its precision.
        cache_key: the fingerprint with the device, for what must come back bit for bit.
        reason: why this runtime computes, in a sentence for a person.
    """

    def __init__(
        self,
        backbone: Backbone,
        image_size: int,
        aggregation: str,
        device: torch.device,
        *,
        runtime: str = "auto",
    ) -> None:
        """
        Args:
            runtime: "auto" (the fastest that agrees with torch), "torch" or "openvino".

        Raises:
            RuntimeUnavailableError: the runtime asked for can't be used.
            ImageSizeError: the backbone can't cut an image of that size into whole patches.
        """
        backbone.spec.require_size(image_size)
        self._size = image_size
        graph = FeatureGraph(backbone.for_size(image_size), AGGREGATIONS[aggregation])
        self.grid, self.channels = _probe(graph, image_size)
        chosen = choose_network(graph, image_size, device, runtime)
        self._network = chosen.network
        self.reason = chosen.reason
        self.runtime = chosen.network.runtime
        what = f"{backbone.weights_sha256}|{','.join(backbone.spec.taps)}|{image_size}|{aggregation}"
        self._what, self._name = what, backbone.spec.timm_name.split(".")[0]
        self.fingerprint = self._fingerprint(self.runtime)
        self.cache_key = f"{self.fingerprint}-{device.type}"

    def encode(self, images: Sequence[NDArray[np.uint8]]) -> Tensor:
        """Return patch features of images of any size, each (H, W, 3) uint8.

        Returns:
            (B, N, C) float32 on the CPU, rounded to float16: cached and live features score the same.
        """
        return self.encode_inputs(np.stack([self.to_input(image) for image in images]))

    def encode_inputs(self, inputs: NDArray[np.uint8]) -> Tensor:
        """As `encode`, of images that `to_input` has resized: (B, S, S, 3)."""
        return self._network.run(inputs).half().float()

    def to_input(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Resize (never crop: defects at the border count) to (S, S, 3). Lets other threads run meanwhile."""
        resized = Image.fromarray(image).resize((self._size, self._size), Image.Resampling.BILINEAR)
        return np.array(resized)

    def require(self, fingerprint: str) -> str | None:
        """Refuse a model that was built with other features: its scores would mean nothing.

        Returns:
            None: built with this very encoder. Else a sentence: with the same features by another runtime.

        Raises:
            EncoderMismatchError: `fingerprint`, the model's, is of another network, weights, size or aggregation.
        """
        if fingerprint == self.fingerprint:
            return None
        for runtime, name in RUNTIMES.items():
            if fingerprint == self._fingerprint(runtime):
                return (
                    f"This model was built with features by {name}; here they come from {RUNTIMES[self.runtime]}. They "
                    "are the same but for rounding: scores may differ in the third digit. To make them equal, build "
                    "a model anew on this machine."
                )
        raise EncoderMismatchError(
            f"This model was built with the encoder {fingerprint}, but here the encoder is {self.fingerprint}: "
            "other weights or another way to compute. Use the weights it was built with, "
            "or build a model anew from the good images."
        )

    def _fingerprint(self, runtime: str) -> str:
        digest = hashlib.sha256(f"{self._what}|{runtime}|v2".encode()).hexdigest()
        return f"{self._name}-{self._size}-{digest[:16]}"


@torch.inference_mode()
def _probe(graph: FeatureGraph, size: int) -> tuple[tuple[int, int], int]:
    maps = graph.backbone(torch.zeros(1, 3, size, size))
    height, width = maps[0].shape[-2:]
    return (int(height), int(width)), int(graph(torch.zeros(1, size, size, 3, dtype=torch.uint8)).shape[-1])


def build_encoder(config: DmadConfig, device: torch.device, weights_file: Path | None = None) -> PatchEncoder:
    """Build the encoder that `config` names; errors are those of `load_backbone`."""
    return PatchEncoder(
        load_backbone(config.backbone, weights_file), config.image_size, config.aggregation, device
    )


def aggregate_fine(maps: list[Tensor]) -> Tensor:
    """Leave the finest grid as it is, average the coarser maps as `aggregate_mean` does: (B, N, sum of C_l).

    Averaging the finest map hides what is smaller than three patches, averaging the coarser ones steadies what is
    compared. Of the coarser ones the last, which sees most around a patch, counts DEEPEST times: docs/adr/0019.
    """
    size = maps[0].shape[-2:]
    found = [m if m.shape[-2:] == size else _averaged(m) for m in maps]
    if found[-1].shape[-2:] != size:
        found[-1] = found[-1] * DEEPEST
    return _concatenated(found)


def aggregate_mean(maps: list[Tensor]) -> Tensor:
    """Average 3x3 neighbourhoods, resize to the finest grid, concatenate channels: (B, N, sum of C_l)."""
    return _concatenated([_averaged(m) for m in maps])


def _averaged(feature_map: Tensor) -> Tensor:
    return F.avg_pool2d(feature_map, 3, stride=1, padding=1)


def _concatenated(maps: list[Tensor]) -> Tensor:
    size = maps[0].shape[-2:]
    aligned = [m if m.shape[-2:] == size else F.interpolate(m, size, mode="bilinear") for m in maps]
    return torch.cat(aligned, dim=1).flatten(2).transpose(1, 2).contiguous()


def aggregate_patchcore(maps: list[Tensor]) -> Tensor:
    """Aggregate as PatchCore and the paper do: (B, N, 1536).

    Unfold 3x3, adaptively pool each map's flattened C_l * 9 vector to 1536, stack the maps, pool to 1536 again.
    """
    height, width = maps[0].shape[-2:]
    layers = []
    for feature_map in maps:
        batch, _, map_height, map_width = feature_map.shape
        patches = F.unfold(feature_map, 3, padding=1)  # (B, C_l * 9, H_l * W_l)
        if (map_height, map_width) != (height, width):
            patches = patches.reshape(batch, -1, map_height, map_width)
            patches = F.interpolate(patches, (height, width), mode="bilinear").flatten(2)
        flat = patches.transpose(1, 2).flatten(0, 1).unsqueeze(1)  # (B * N, 1, C_l * 9)
        layers.append(F.adaptive_avg_pool1d(flat, PATCHCORE_CHANNELS).squeeze(1))
    stacked = torch.stack(layers, dim=1).flatten(1).unsqueeze(1)  # (B * N, 1, L * 1536)
    pooled = F.adaptive_avg_pool1d(stacked, PATCHCORE_CHANNELS).squeeze(1)
    return pooled.reshape(maps[0].shape[0], height * width, PATCHCORE_CHANNELS)


AGGREGATIONS = {"fine": aggregate_fine, "mean": aggregate_mean, "patchcore": aggregate_patchcore}
