"""Latency of anomalib's PatchCore: one decoded image in, a heatmap of its size out.

In: images.npy (K, H, W, 3) uint8, bank.npy (M, C) float32, weights.safetensors. Out: seconds of each call.
job: timm_name, taps, mean, std, size, repeats, threads.
"""

from __future__ import annotations

import time

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.transforms.v2.functional import resize

from benchmarks.peer.exchange import open_exchange
from benchmarks.peer.patchcore import build, normalised

WARM_UP = 5


@torch.inference_mode()
def main() -> None:
    exchange = open_exchange()
    job = exchange.job
    images = exchange.read("images")
    model = build(job["timm_name"], exchange.folder / "weights.safetensors", job["taps"])
    model.memory_bank = exchange.read("bank")
    model.eval()

    def heatmap(image: Tensor) -> Tensor:
        small = resize(image.permute(2, 0, 1), [job["size"], job["size"]], antialias=True)
        found = model(normalised(small.permute(1, 2, 0)[None], job["mean"], job["std"]))
        return F.interpolate(found.anomaly_map, size=image.shape[:2], mode="bilinear")

    seconds = []
    for number in range(WARM_UP + int(job["repeats"])):
        started = time.perf_counter()
        heatmap(images[number % len(images)])
        seconds.append(time.perf_counter() - started)
    exchange.finish(seconds=seconds[WARM_UP:])


if __name__ == "__main__":
    main()
