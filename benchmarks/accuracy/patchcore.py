"""anomalib's PatchCore on the protocol's images: one bank for all products.

The peer embeds and projects the good images and draws its first pick as always. Its loop is slow, so the other picks
are made by our coreset from that first one, on its own projected points. Both are exact greedy k-centre and differ
only where two points are equally far but for rounding; `bench speed --only coreset` counts how often. Its own search,
re-weighted image score and map follow.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.accuracy.protocol import Judged, Protocol
from benchmarks.network_weights import hand_over
from benchmarks.peer_environment import Peer
from core.coreset import greedy_k_centre
from core.datasets import read_pixels
from core.pixel_metrics import SIZE


def judge_with_patchcore(protocol: Protocol, peer: Peer, seed: int) -> Iterator[Judged]:
    """Fit PatchCore on the good images of all products and judge the test images of a seed."""
    test = protocol.test_images(seed)
    with tempfile.TemporaryDirectory(prefix="twinbank-patchcore-") as name:
        folder = Path(name)
        job = hand_over(protocol.backbone(), folder)
        job |= {"ratio": protocol.config.coreset_fraction, "seed": seed, "threads": torch.get_num_threads()}
        good = [path for product in protocol.products for path in product.train_good]
        np.save(folder / "images.npy", _inputs(protocol, good))
        chosen = peer.run("scores", folder, job | {"step": "embed"})
        np.save(folder / "picks.npy", _picks(folder, int(chosen["first"]), int(chosen["count"])))
        np.save(folder / "images.npy", _inputs(protocol, [image.path for image in test]))
        peer.run("scores", folder, job | {"step": "score"})
        scores = np.load(folder / "image_scores.npy")
        maps = np.load(folder / "maps.npy")
    for image, score, pixels in zip(test, scores, maps, strict=True):
        yield Judged(image, float(score), _resized(pixels))


def _inputs(protocol: Protocol, paths: Sequence[Path]) -> NDArray[np.uint8]:
    """(n, S, S, 3), resized as our own encoder resizes."""
    encoder = protocol.store.encoder
    return np.stack([encoder.to_input(read_pixels(path)) for path in paths])


def _picks(folder: Path, first: int, count: int) -> NDArray[np.int64]:
    points = torch.from_numpy(np.load(folder / "projected.npy"))
    found = greedy_k_centre(points, count - 1, chosen=points[first : first + 1])
    return np.concatenate([[first], found.picks.numpy()])


def _resized(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring a map to the one size that pixel figures are stated at."""
    if pixels.shape == (SIZE, SIZE):
        return pixels
    resized = torch.nn.functional.interpolate(
        torch.from_numpy(pixels)[None, None], (SIZE, SIZE), mode="bilinear"
    )
    return resized[0, 0].numpy()
