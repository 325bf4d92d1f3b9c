"""Builds a first model in a process of its own and writes how much memory that took. Started by `memory`.

FOLDER holds job.json; features are cached below it; result.json is written. The job is one of
    paths, config, threads              image files; FOLDER holds the network's weights too
    made_up, products, channels, ...    so many images whose features are made up as they are read: what a fit holds
                                        does not depend on what they show, and a wide network would take an hour
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from benchmarks.network_weights import FILE
from benchmarks.peer.peak import OwnPeak, own_bytes, peak_bytes
from core.backbones import load_backbone
from core.config import DmadConfig
from core.datasets import ProductData
from core.encoder import PatchEncoder
from core.evaluation.protocol import Ids, fit_detector, good_images
from core.feature_store import FeatureStore, RunMemory
from core.needs import Work, estimate
from core.teaching import GoodImage, fit

GRID = (32, 32)
LATENT = 48  # dimensions that made-up patches mostly lie in
OUTLIERS = 8  # images


def main() -> None:
    folder = Path(sys.argv[1])
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    torch.set_num_threads(int(job["threads"]))
    config = DmadConfig.from_json(job["config"])
    work = _made_up(job, config) if "made_up" in job else _of_files(job, config, folder)
    (folder / "result.json").write_text(json.dumps(work), encoding="utf-8")


def _of_files(job: dict[str, Any], config: DmadConfig, folder: Path) -> dict[str, Any]:
    backbone = load_backbone(config.backbone, random_seed=0)
    backbone.stages.load_state_dict(load_file(folder / FILE))
    encoder = PatchEncoder(backbone, config.image_size, config.aggregation, torch.device("cpu"))
    store = FeatureStore(encoder, folder / "features")
    paths = [Path(path) for path in job["paths"]]
    by_product = Counter(path.parent.name for path in paths)
    products = [
        ProductData(name, tuple(path for path in paths if path.parent.name == name), (), ())
        for name in sorted(by_product)
    ]

    def build() -> None:
        store.prepare(paths)
        fit_detector(good_images(products, store, Ids()), config, store, RunMemory())

    return _measured(build, encoder.grid, encoder.channels, by_product, config)


def _made_up(job: dict[str, Any], config: DmadConfig) -> dict[str, Any]:
    count, products, channels = int(job["made_up"]), int(job["products"]), int(job["channels"])
    names = [f"product-{number % products:02d}" for number in range(count)]
    mixing = torch.randn(LATENT, channels, generator=torch.Generator().manual_seed(0))

    def features(number: int, shift: float) -> Tensor:
        """(N, C) rounded to float16, as a network's are."""
        generator = torch.Generator().manual_seed(number)
        latent = torch.randn(GRID[0] * GRID[1], LATENT, generator=generator) + shift
        noise = torch.randn(GRID[0] * GRID[1], channels, generator=generator)
        return (latent @ mixing + noise).half().float()

    good = [
        GoodImage(number + 1, number + 1, name, partial(features, number, float(number % products)))
        for number, name in enumerate(names)
    ]

    def build() -> None:
        fit(
            good,
            lambda: torch.stack([features(count + number, 100.0) for number in range(OUTLIERS)]),
            config,
            fingerprint="made up",
            grid=GRID,
            memory=RunMemory(),
        )

    return _measured(build, GRID, channels, Counter(names), config)


def _measured(
    build: Callable[[], None], grid: tuple[int, int], channels: int, good: Counter[str], config: DmadConfig
) -> dict[str, Any]:
    """Build, and return what that took beside what a job would be told that it takes."""
    before, own_before, started = peak_bytes(), own_bytes(), time.perf_counter()
    with OwnPeak() as own:
        build()
    work = Work(grid[0] * grid[1], channels, good, 0, 0, 0, is_new=True)
    return {
        "seconds": time.perf_counter() - started,
        "before_bytes": before,
        "peak_bytes": peak_bytes(),
        "own_before_bytes": own_before,
        "own_peak_bytes": own.bytes,
        "estimate_bytes": estimate(work, config).memory,
    }


if __name__ == "__main__":
    main()
