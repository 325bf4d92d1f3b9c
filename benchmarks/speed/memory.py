"""Memory: the most that a process holds while it builds a first model from image files, each size in a new process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image

from app.demo import GOOD, PRODUCTS, render_part
from benchmarks.network_weights import hand_over
from benchmarks.peer_environment import ROOT
from benchmarks.speed.measured import Measured
from benchmarks.speed.run import SpeedRun

PEER = "anomalib PatchCore"
WIDE_CHANNELS = 1536  # WideResNet50-2's
WIDE_PRODUCTS = 15  # as many as MVTec AD has, among as many images as it trains on


class FitFailedError(RuntimeError):
    """The process that built the model ended with an error; its words are above."""


def measure(run: SpeedRun) -> list[Measured]:
    """Measure every size; `ours_s` is the time of the fit, the memory is in the details and the remark."""
    results = []
    paths = written_parts(run.folder / "parts", max(run.sizes.memory_images, default=0))
    for count in run.sizes.memory_images:
        ours = _fit_of_files(run, paths[:count])
        theirs = None if run.peer is None else _peer(run, paths[:count])
        results.append(_result(f"memory_{count}", count, ours, theirs))
    for count in run.sizes.memory_wide:
        job = {"made_up": count, "products": WIDE_PRODUCTS, "channels": WIDE_CHANNELS}
        results.append(_result(f"memory_wide_{count}", count, _fit_apart(run, job, of_network=False), None))
    return results


def _result(name: str, count: int, ours: dict[str, Any], theirs: dict[str, Any] | None) -> Measured:
    details = {"images": count} | {
        f"{key.removesuffix('_bytes')}_mb": value / 1e6
        for key, value in ours.items()
        if key.endswith("_bytes") and value is not None
    }
    remark = f"time of the fit; peak {details['peak_mb']:.0f} MB"
    if "own_peak_mb" in details:
        grown = details["own_peak_mb"] - details["own_before_mb"]
        details["mapped_mb"] = details["peak_mb"] - details["own_peak_mb"]
        remark += (
            f", without pages of files {details['own_peak_mb']:.0f} MB: {details['own_before_mb']:.0f} MB before the "
            f"first image and {grown:.0f} MB more, where a job is told {details['estimate_mb']:.0f} MB"
        )
    if theirs is not None:
        details |= {"peer_peak_mb": theirs["peak_bytes"] / 1e6, "peer_version": theirs["version"]}
        details |= {"memory_ratio": theirs["peak_bytes"] / ours["peak_bytes"]}
        remark += f"; peer's peak {details['peer_peak_mb']:.0f} MB ({details['memory_ratio']:.1f}x)"
    return Measured("memory", name, ours["seconds"], PEER, None, remark, details)


def written_parts(folder: Path, count: int) -> list[Path]:
    """Write rendered good parts as <folder>/<product>/<number>.jpg, those that are not there yet."""
    paths = [
        folder / PRODUCTS[n % len(PRODUCTS)].name / f"{n // len(PRODUCTS):05d}.jpg" for n in range(count)
    ]
    for product in PRODUCTS:
        (folder / product.name).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(_write, [path for path in paths if not path.is_file()]))
    return paths


def _write(path: Path) -> None:
    pixels = render_part(path.parent.name, GOOD, int(path.stem)).pixels
    part = path.with_suffix(".part")
    Image.fromarray(pixels).save(part, format="JPEG", quality=95)
    part.replace(path)


def _fit_of_files(run: SpeedRun, paths: Sequence[Path]) -> dict[str, Any]:
    return _fit_apart(run, {"paths": [str(path) for path in paths]}, of_network=True)


def _fit_apart(run: SpeedRun, job: dict[str, Any], *, of_network: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=run.folder, prefix="fit-") as name:
        folder = Path(name)
        if of_network:
            hand_over(run.backbone(), folder)
        job = job | {"config": run.config.to_json(), "threads": run.threads}
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        words = [sys.executable, "-m", "benchmarks.speed.fit_apart", name]
        if subprocess.run(words, cwd=ROOT, check=False).returncode != 0:
            raise FitFailedError("A fit in a process of its own failed; the reason is above.")
        result: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        return result


def _peer(run: SpeedRun, paths: Sequence[Path]) -> dict[str, Any]:
    assert run.peer is not None
    with run.exchange() as folder:
        job = hand_over(run.backbone(), folder) | {"paths": [str(path) for path in paths]}
        job |= {"size": run.config.image_size, "ratio": run.sizes.fraction, "threads": run.threads}
        return run.peer.run("memory", folder, job)
