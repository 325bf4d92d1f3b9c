"""anomalib's PatchCore on prepared images: first their embedding, then the scores with a bank of chosen rows.

job["step"] "embed": images.npy (n, S, S, 3) uint8 -> embedding.npy (n * N, C), projected.npy (n * N, d) and the
    random first pick, both as its KCenterGreedy makes them.
job["step"] "score": picks.npy into embedding.npy; images.npy -> image_scores.npy (n,), maps.npy (n, S, S).
"""

from __future__ import annotations

import torch
from anomalib.models.components.sampling.k_center_greedy import KCenterGreedy

from benchmarks.peer.exchange import Exchange, open_exchange
from benchmarks.peer.patchcore import build, normalised

BATCH = 8


@torch.inference_mode()
def main() -> None:
    exchange = open_exchange()
    if exchange.job["step"] == "embed":
        embed(exchange)
    else:
        score(exchange)


def embed(exchange: Exchange) -> None:
    """Embed the good images and project the embedding as the coreset does."""
    job = exchange.job
    model = build(job["timm_name"], exchange.folder / "weights.safetensors", job["taps"])
    model.train()
    model.feature_extractor.eval()
    images = exchange.read("images")
    for batch in images.split(BATCH):
        model(normalised(batch, job["mean"], job["std"]))
    embedding = torch.vstack(model.embedding_store)
    sampler = KCenterGreedy(embedding=embedding, sampling_ratio=float(job["ratio"]))
    sampler.model.fit(embedding)
    exchange.write("embedding", embedding)
    exchange.write("projected", sampler.model.transform(embedding))
    first = int(torch.randint(high=len(embedding), size=(1,)))
    exchange.finish(first=first, count=sampler.coreset_size)


def score(exchange: Exchange) -> None:
    """Score images with the rows of the embedding that were picked."""
    job = exchange.job
    model = build(job["timm_name"], exchange.folder / "weights.safetensors", job["taps"])
    model.memory_bank = exchange.read("embedding")[exchange.read("picks")]
    model.eval()
    scores, maps = [], []
    for batch in exchange.read("images").split(BATCH):
        found = model(normalised(batch, job["mean"], job["std"]))
        scores.append(found.pred_score)
        maps.append(found.anomaly_map[:, 0])
    exchange.write("image_scores", torch.cat(scores))
    exchange.write("maps", torch.cat(maps))
    exchange.finish(rows=len(model.memory_bank))


if __name__ == "__main__":
    main()
