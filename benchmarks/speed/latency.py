"""Latency: one decoded 1-Mpx image in, a heatmap of its own size out; p50 and p95 of many, one at a time.

Ours is the whole path of a first model: resize, features, both memories, evidence, heatmap. The peer is anomalib's
PatchCore with the same network, size and bank: resize, features, search, re-weighted image score, map, enlarging.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.network_weights import hand_over
from benchmarks.speed.measured import Measured, timed
from benchmarks.speed.run import QUERY_SEED, Pixels, SpeedRun, encoded, enlarged, rendered
from core.config import DmadConfig
from core.detector import DualMemoryDetector
from core.encoder import PatchEncoder
from core.heatmap import pixel_map
from core.outliers import outlier_textures
from core.teaching import GoodImage, fit

PEER = "anomalib PatchCore"
PRODUCT = "parts"
WARM_UP = 5
PICTURES = 8


def measure(run: SpeedRun) -> list[Measured]:
    """Measure both sides; `ours_s` and `peer_s` are p95."""
    encoder = run.encoder()
    detector = _detector(encoder, run.config, run.sizes.bank_rows)
    side = run.sizes.picture_side
    pictures = [enlarged(part, side) for part in rendered(PICTURES, first=QUERY_SEED)]
    ours = _ours(encoder, detector, pictures, run.sizes.repeats)
    details: dict[str, Any] = {"p50_s": _p(ours, 50), "p95_s": _p(ours, 95), "side": side}
    details |= {"bank_rows": len(detector.normal), "outlier_rows": len(detector.abnormal)}
    details |= {"calls": len(ours), "threads": run.threads}
    remark = f"p95 of {len(ours)}; p50 {1000 * details['p50_s']:.1f} ms"
    theirs: float | None = None
    if run.peer is not None:
        found = _theirs(run, detector, pictures)
        theirs = _p(found["seconds"], 95)
        details |= {
            "peer_p50_s": _p(found["seconds"], 50),
            "peer_p95_s": theirs,
            "peer_version": found["version"],
        }
        details |= {"ratio_p50": details["peer_p50_s"] / details["p50_s"]}
        remark += f" against {1000 * details['peer_p50_s']:.1f} ms ({details['ratio_p50']:.1f}x)"
    remark += f"; {side} x {side} px, bank of {len(detector.normal)} rows"
    return [Measured("latency", "latency", details["p95_s"], PEER, theirs, remark, details)]


def _detector(encoder: PatchEncoder, config: DmadConfig, rows: int) -> DualMemoryDetector:
    """Fit one product with a bank of `rows` rows, from half as many patches again."""
    count = max(2, -(-3 * rows // (2 * encoder.grid[0] * encoder.grid[1])))
    features = encoded(encoder, rendered(count))
    good = [GoodImage(n + 1, n + 1, PRODUCT, lambda n=n: features[n]) for n in range(count)]  # type: ignore[misc]
    return fit(
        good,
        lambda: encoder.encode(outlier_textures(config.seed)),
        replace(config, coreset_minimum=rows),
        fingerprint=encoder.fingerprint,
        grid=encoder.grid,
    ).detector


def _ours(
    encoder: PatchEncoder, detector: DualMemoryDetector, pictures: list[Pixels], repeats: int
) -> list[float]:
    def heatmap(picture: Pixels) -> None:
        result = detector.score(encoder.encode([picture])[0], PRODUCT)
        pixel_map(result.combined, (picture.shape[0], picture.shape[1]))

    calls = [pictures[number % len(pictures)] for number in range(WARM_UP + repeats)]
    return [timed(lambda picture=picture: heatmap(picture))[1].seconds for picture in calls][WARM_UP:]  # type: ignore[misc]


def _theirs(run: SpeedRun, detector: DualMemoryDetector, pictures: list[Pixels]) -> dict[str, Any]:
    assert run.peer is not None
    bank = detector.normal.features * detector.std + detector.mean  # as the network gives them
    with run.exchange() as folder:
        np.save(folder / "images.npy", np.stack(pictures))
        np.save(folder / "bank.npy", bank.numpy().astype(np.float32))
        job = hand_over(run.backbone(), folder)
        job |= {"size": run.config.image_size, "repeats": run.sizes.repeats, "threads": run.threads}
        return run.peer.run("latency", folder, job)


def _p(seconds: list[float], percent: int) -> float:
    return float(np.percentile(seconds, percent))
