"""Measures one backbone by one runtime in a process of its own: arguments NAME SIZE RUNTIME REPEATS, JSON on stdout.

Weights are random: speed and memory do not depend on their values.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

import numpy as np
import torch

from benchmarks.peer.peak import peak_bytes
from core.backbones import load_backbone
from core.encoder import PatchEncoder
from core.extraction import BATCH
from core.networks import RuntimeUnavailableError


def main() -> None:
    name, size, runtime, repeats = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    before = peak_bytes()
    backbone = load_backbone(name, random_seed=0)
    weights = sum(values.numel() * values.element_size() for values in backbone.state_dict().values())
    try:
        encoder = PatchEncoder(backbone, size, "mean", torch.device("cpu"), runtime=runtime)
    except RuntimeUnavailableError as error:
        print(json.dumps({"unavailable": str(error)}))
        return
    rows, columns = encoder.grid
    report = {
        "grid": [rows, columns],
        "channels": encoder.channels,
        "weights_mb": weights / 1e6,
        "features_kb": rows * columns * encoder.channels * 2 / 1e3,
        "alone_ms": _milliseconds(encoder, size, 1, repeats),
        "bulk_ms": _milliseconds(encoder, size, BATCH, max(2, repeats // BATCH)),
        "before_mb": before / 1e6,
        "peak_mb": peak_bytes() / 1e6,
    }
    print(json.dumps(report))


def _milliseconds(encoder: PatchEncoder, size: int, batch: int, repeats: int) -> float:
    """Median milliseconds an image takes in batches of `batch`."""
    images = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), dtype=np.uint8)
    encoder.encode_inputs(images)
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        encoder.encode_inputs(images)
        times.append(1000 * (time.perf_counter() - started) / batch)
    return statistics.median(times)


if __name__ == "__main__":
    main()
