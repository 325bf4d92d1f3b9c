"""anomalib's PatchCore on a given network: its own pooling, embedding, search, re-weighted image score and map.

anomalib can't tap every block of EfficientNet-Lite by name (its list leaves blocks.3 out), so the network's feature
maps are handed over by a small module instead; it stops after the last one, which anomalib's own would not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import timm
import torch
from anomalib.models.image.patchcore.torch_model import PatchcoreModel
from safetensors.torch import load_file
from torch import Tensor

from benchmarks.peer.taps import Taps

NEIGHBOURS = 9  # anomalib's default, for the re-weighting of the image score


def build(timm_name: str, weights: Path, taps: Sequence[str]) -> PatchcoreModel:
    """Return PatchCore over the network `timm_name`; `weights` holds those of the parts up to the last tap."""
    network = Taps(timm.create_model(timm_name, pretrained=False), taps)
    network.stages.load_state_dict(load_file(weights), strict=True)
    # It insists on building a feature extractor of its own, which is then replaced.
    model = PatchcoreModel(layers=[taps[0]], backbone=timm_name, pre_trained=False, num_neighbors=NEIGHBOURS)
    model.layers = list(taps)
    model.feature_extractor = network.eval().requires_grad_(False)
    return model


def normalised(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """(B, H, W, 3) uint8 -> (B, 3, H, W) float32 as the network wants it."""
    scaled = images.permute(0, 3, 1, 2).float() / 255
    return (scaled - torch.tensor(mean).view(1, 3, 1, 1)) / torch.tensor(std).view(1, 3, 1, 1)
