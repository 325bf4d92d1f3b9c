"""PatchEncoder: image -> patch features q (section 3.1).

Shapes in this file
    B  images      H, W  pixels of the resized square image      C_l, H_l, W_l  one tapped feature map
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

PATCHCORE_CHANNELS = 1536
RUNTIME = "torch-float32"  # what computes the features, and how precisely


class EncoderMismatchError(ValueError):
    """A model reads other features than this encoder gives; the message names both."""


class PatchEncoder:
    """Frozen backbone and aggregation (eq. 1). The same image always gives the same features.

    Attributes:
        fingerprint: names what changes the features: weights, taps, image size, aggregation, runtime with its
            precision. Not the device: a CPU and a GPU agree to rounding, so a model moves between them.
        cache_key: the fingerprint with the device, for what must come back bit for bit.
    """

    def __init__(self, backbone: Backbone, image_size: int, aggregation: str, device: torch.device) -> None:
        self._backbone = backbone.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._size = image_size
        self._aggregate = aggregate_mean if aggregation == "mean" else aggregate_patchcore
        self._device = device
        self._mean = torch.tensor(backbone.spec.mean, device=device).view(1, 3, 1, 1)
        self._std = torch.tensor(backbone.spec.std, device=device).view(1, 3, 1, 1)
        what = f"{backbone.weights_sha256}|{','.join(backbone.spec.taps)}|{image_size}|{aggregation}|{RUNTIME}|v2"
        self.fingerprint = f"{backbone.spec.timm_name.split('.')[0]}-{image_size}-{hashlib.sha256(what.encode()).hexdigest()[:16]}"
        self.cache_key = f"{self.fingerprint}-{device.type}"
        self.grid, self.channels = self._probe()

    def require(self, fingerprint: str) -> None:
        """Refuse a model that was built with another encoder: its scores would mean nothing.

        Raises:
            EncoderMismatchError: `fingerprint`, the model's, is not this encoder's.
        """
        if fingerprint != self.fingerprint:
            raise EncoderMismatchError(
                f"This model was built with the encoder {fingerprint}, but here the encoder is {self.fingerprint}: "
                "other weights or another way to compute. Use the weights it was built with, "
                "or build a model anew from the good images."
            )

    @torch.inference_mode()
    def encode(self, images: Sequence[NDArray[np.uint8]]) -> Tensor:
        """Return patch features of images of any size, each (H, W, 3) uint8.

        Returns:
            (B, N, C) float32 on the CPU, rounded to float16: cached and live features score the same.
        """
        batch = torch.stack([self.to_input(image) for image in images])  # (B, 3, H, W) uint8
        batch = batch.to(self._device).float().div_(255.0).sub_(self._mean).div_(self._std)
        maps = self._backbone(batch.contiguous(memory_format=torch.channels_last))
        features = self._aggregate(maps)  # (B, N, C)
        return features.half().float().cpu()

    def to_input(self, image: NDArray[np.uint8]) -> Tensor:
        """Resize (never crop: defects at the border count) to (3, H, W) uint8."""
        resized = Image.fromarray(image).resize((self._size, self._size), Image.Resampling.BILINEAR)
        return torch.from_numpy(np.array(resized)).permute(2, 0, 1)

    def _probe(self) -> tuple[tuple[int, int], int]:
        with torch.inference_mode():
            maps = self._backbone(torch.zeros(1, 3, self._size, self._size, device=self._device))
            height, width = maps[0].shape[-2:]
            return (int(height), int(width)), int(self._aggregate(maps).shape[-1])


def build_encoder(config: DmadConfig, device: torch.device, weights_file: Path | None = None) -> PatchEncoder:
    """Build the encoder that `config` names; errors are those of `load_backbone`."""
    return PatchEncoder(
        load_backbone(config.backbone, weights_file), config.image_size, config.aggregation, device
    )


def aggregate_mean(maps: list[Tensor]) -> Tensor:
    """Average 3x3 neighbourhoods, resize to the finest grid, concatenate channels: (B, N, sum of C_l)."""
    size = maps[0].shape[-2:]
    pooled = [F.avg_pool2d(m, 3, stride=1, padding=1) for m in maps]
    aligned = [m if m.shape[-2:] == size else F.interpolate(m, size, mode="bilinear") for m in pooled]
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
