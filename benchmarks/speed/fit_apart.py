"""Builds a first model in a process of its own and writes how much memory that took. Started by `memory`.

FOLDER holds job.json (paths, config, threads) and the weights; features are cached below it; result.json is written.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

from benchmarks.network_weights import FILE
from benchmarks.peer.peak import peak_bytes
from core.backbones import load_backbone
from core.config import DmadConfig
from core.datasets import ProductData
from core.encoder import PatchEncoder
from core.evaluation.protocol import Ids, fit_detector, good_images
from core.feature_store import FeatureStore, RunMemory


def main() -> None:
    folder = Path(sys.argv[1])
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    torch.set_num_threads(int(job["threads"]))
    config = DmadConfig.from_json(job["config"])
    backbone = load_backbone(config.backbone, random_seed=0)
    backbone.stages.load_state_dict(load_file(folder / FILE))
    encoder = PatchEncoder(backbone, config.image_size, config.aggregation, torch.device("cpu"))
    store = FeatureStore(encoder, folder / "features")
    before, started = peak_bytes(), time.perf_counter()
    paths = [Path(path) for path in job["paths"]]
    products = [
        ProductData(name, tuple(path for path in paths if path.parent.name == name), (), ())
        for name in sorted({path.parent.name for path in paths})
    ]
    store.prepare(paths)
    fit_detector(good_images(products, store, Ids()), config, store, RunMemory())
    result = {"seconds": time.perf_counter() - started, "before_bytes": before, "peak_bytes": peak_bytes()}
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
