"""One more lesson after many: what a station pays after months, against comparing every image with every lesson again."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.speed.lessons import Workshop
from benchmarks.speed.measured import Measured, seconds
from benchmarks.speed.run import SpeedRun

PEER = "comparing everything again"


def measure(run: SpeedRun) -> list[Measured]:
    """Measure every number of earlier lessons, in one workspace."""
    images, earlier = run.sizes.archive_images, run.sizes.earlier
    with tempfile.TemporaryDirectory(dir=run.folder, prefix="archive-") as folder:
        shop = Workshop(Path(folder) / "workspace", run, images, max(earlier) + 2)
        try:
            pairs = shop.one_more(earlier)
        finally:
            shop.close()
    results = []
    for number, (ours, peer) in zip(earlier, pairs, strict=True):
        remark = f"1 mask after {number}, {images} images; all judged after {seconds(ours.rescored)}, peer {seconds(peer.rescored)}"
        details = {
            "images": images,
            "earlier": number,
            "rescored_s": ours.rescored,
            "peer_rescored_s": peer.rescored,
            "stages_s": ours.stages,
            "peer_stages_s": peer.stages,
        }
        name = f"archive_{number}"
        results.append(Measured("archive", name, ours.candidate, PEER, peer.candidate, remark, details))
    return results
