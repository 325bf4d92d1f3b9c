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


class FitFailedError(RuntimeError):
    """The process that built the model ended with an error; its words are above."""


def measure(run: SpeedRun) -> list[Measured]:
    """Measure every size; `ours_s` is the time of the fit, the memory is in the details and the remark."""
    results = []
    paths = written_parts(run.folder / "parts", max(run.sizes.memory_images))
    for count in run.sizes.memory_images:
        ours = _fit_apart(run, paths[:count])
        megabytes = ours["peak_bytes"] / 1e6
        details = {"images": count, "peak_mb": megabytes, "before_mb": ours["before_bytes"] / 1e6}
        remark = (
            f"time of the fit; peak {megabytes:.0f} MB ({details['before_mb']:.0f} MB before the first image)"
        )
        if run.peer is not None:
            theirs = _peer(run, paths[:count])
            details |= {"peer_peak_mb": theirs["peak_bytes"] / 1e6, "peer_version": theirs["version"]}
            details |= {"memory_ratio": theirs["peak_bytes"] / ours["peak_bytes"]}
            remark += f"; peer's peak {details['peer_peak_mb']:.0f} MB ({details['memory_ratio']:.1f}x)"
        name = f"memory_{count}"
        results.append(Measured("memory", name, ours["seconds"], PEER, None, remark, details))
    return results


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


def _fit_apart(run: SpeedRun, paths: Sequence[Path]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=run.folder, prefix="fit-") as name:
        folder = Path(name)
        hand_over(run.backbone(), folder)
        job = {"paths": [str(path) for path in paths], "config": run.config.to_json(), "threads": run.threads}
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        words = [sys.executable, "-m", "benchmarks.speed.fit_apart", name]
        if subprocess.run(words, cwd=ROOT, check=False).returncode != 0:
            raise FitFailedError(f"The fit of {len(paths)} images failed; the reason is above.")
        result: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        return result


def _peer(run: SpeedRun, paths: Sequence[Path]) -> dict[str, Any]:
    assert run.peer is not None
    with run.exchange() as folder:
        job = hand_over(run.backbone(), folder) | {"paths": [str(path) for path in paths]}
        job |= {"size": run.config.image_size, "ratio": run.sizes.fraction, "threads": run.threads}
        return run.peer.run("memory", folder, job)
