"""Extraction: images to patch features, against the same network run eagerly by timm in fp32.

Decoding and resizing to the network's input are left out on both sides; normalising, the network up to its last tap,
and the aggregation are in. Each side runs in its own best form: the peer in the better memory layout, both at the
best batch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import timm
import torch
from torch import Tensor

from benchmarks.peer.taps import Taps
from benchmarks.speed.measured import Measured, timed
from benchmarks.speed.run import Pixels, SpeedRun, rendered
from core.encoder import AGGREGATIONS

PEER = "timm eager fp32"
LAYOUTS = {"NCHW": torch.contiguous_format, "channels-last": torch.channels_last}
ROUNDS = 3


def measure(run: SpeedRun) -> list[Measured]:
    """Measure seconds an image."""
    encoder = run.encoder()
    size = run.config.image_size
    small = [encoder.to_input(image) for image in rendered(run.sizes.extracted)]
    ours = {str(batch): _seconds(encoder.encode, small, batch) for batch in run.sizes.batches}
    theirs = {}
    for layout, memory_format in LAYOUTS.items():
        network = _Eager(run, memory_format)
        for batch in run.sizes.batches:
            theirs[f"{layout} {batch}"] = _seconds(network.features, small, batch)
    plain = _Eager(run, torch.contiguous_format).features(small[:2])
    difference = float((encoder.encode(small[:2]) - plain).abs().max() / plain.abs().max())
    best, best_peer = min(ours, key=ours.__getitem__), min(theirs, key=theirs.__getitem__)
    details = {
        "batch": best,
        "peer_form": best_peer,
        "relative_difference": difference,
        "threads": run.threads,
    }
    details |= {"ours_s_by_batch": ours, "peer_s_by_form": theirs}
    remark = f"an image of {size} px; batch {best} against {best_peer}; features differ by {difference:.1e} of the largest"
    return [Measured("extraction", "extraction", ours[best], PEER, theirs[best_peer], remark, details)]


class _Eager:
    """The network as timm builds it."""

    def __init__(self, run: SpeedRun, layout: torch.memory_format) -> None:
        backbone = run.backbone()
        spec = backbone.spec
        network = Taps(timm.create_model(spec.timm_name, pretrained=False), spec.taps)
        network.stages.load_state_dict(backbone.stages.state_dict())
        self._network = network.eval().requires_grad_(False).to(memory_format=layout)
        self._layout = layout
        self._aggregate = AGGREGATIONS[run.config.aggregation]
        self._mean = torch.tensor(spec.mean).view(1, 3, 1, 1)
        self._std = torch.tensor(spec.std).view(1, 3, 1, 1)

    @torch.inference_mode()
    def features(self, images: list[Pixels]) -> Tensor:
        """(B, N, C) of images that have the network's size already."""
        batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float().div_(255)
        batch = batch.sub_(self._mean).div_(self._std).contiguous(memory_format=self._layout)
        return self._aggregate(list(self._network(batch).values()))


def _seconds(extract: Callable[[list[Pixels]], Tensor], images: list[Pixels], batch: int) -> float:
    """Return the seconds an image takes in batches, in the best of a few rounds."""
    parts = [images[start : start + batch] for start in range(0, len(images), batch)]
    extract(parts[0])

    def all_parts() -> None:
        for part in parts:
            extract(part)

    return min(timed(all_parts)[1].seconds for _ in range(ROUNDS)) / len(images)
