"""Peak memory of anomalib's PatchCore while it is fitted on image files.

Its coreset loop is stopped after a few picks: what it holds does not grow after the first.
job: paths, timm_name, taps, mean, std, size, ratio, threads; weights.safetensors in the folder.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from anomalib.models.components.sampling.k_center_greedy import KCenterGreedy
from PIL import Image
from torch import Tensor

from benchmarks.peer.exchange import open_exchange
from benchmarks.peer.patchcore import build, normalised
from benchmarks.peer.peak import peak_bytes

BATCH, PICKS = 8, 5


def read(paths: Sequence[str], size: int) -> Tensor:
    """(B, size, size, 3) uint8."""
    decoded = [np.array(Image.open(path).convert("RGB").resize((size, size))) for path in paths]
    return torch.from_numpy(np.stack(decoded))


@torch.inference_mode()
def main() -> None:
    exchange = open_exchange()
    job = exchange.job
    model = build(job["timm_name"], exchange.folder / "weights.safetensors", job["taps"])
    model.train()
    model.feature_extractor.eval()
    before = peak_bytes()
    for start in range(0, len(job["paths"]), BATCH):
        model(normalised(read(job["paths"][start : start + BATCH], job["size"]), job["mean"], job["std"]))
    model.memory_bank = torch.vstack(model.embedding_store)
    model.embedding_store.clear()
    sampler = KCenterGreedy(embedding=model.memory_bank, sampling_ratio=float(job["ratio"]))
    sampler.coreset_size = min(sampler.coreset_size, PICKS)
    model.memory_bank = sampler.sample_coreset()
    exchange.finish(before_bytes=before, peak_bytes=peak_bytes())


if __name__ == "__main__":
    main()
