"""Coreset: our greedy k-centre against anomalib's KCenterGreedy, from the same first pick, one thread each.

Points are patch features of rendered parts, projected. The peer's loop does the same work at every step, so its first
steps tell what all of them take; the remark says how many were run.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from benchmarks.speed.measured import Measured, Timed, threads, timed
from benchmarks.speed.run import SpeedRun, standardised_patches
from core.coreset import Coreset, greedy_k_centre, random_projection

PEER = "anomalib KCenterGreedy"


def measure(run: SpeedRun) -> list[Measured]:
    """Measure every size; CPU seconds."""
    sizes = run.sizes
    patches = standardised_patches(run.encoder(), max(sizes.points))
    shuffled = patches[torch.randperm(len(patches), generator=torch.Generator().manual_seed(0))]
    generator = torch.Generator().manual_seed(run.config.seed)
    points = shuffled @ random_projection(shuffled.shape[1], sizes.dimensions, generator)
    return [_measure_size(run, points[:size].contiguous(), _name(size)) for size in sizes.points]


def _measure_size(run: SpeedRun, points: Tensor, name: str) -> Measured:
    count = int(len(points) * run.sizes.fraction)
    first, peer = 0, None
    if run.peer is not None:
        with run.exchange() as folder:
            np.save(folder / "points.npy", points.numpy())
            job = {"ratio": run.sizes.fraction, "steps": run.sizes.peer_steps, "threads": 1}
            peer = run.peer.run("coreset", folder, job)
        first = peer["picks"][0]
    found, one = _ours(points, first, count, 1)
    _, more = _ours(points, first, count, run.threads)
    details = {"points": len(points), "dimensions": points.shape[1], "picks": count, "radius": found.radius}
    details |= {f"ours_s_{run.threads}_threads": more.seconds, "clock_s": one.seconds}
    if peer is None:
        return Measured("coreset", name, one.cpu_seconds, PEER, None, "CPU seconds", details)
    steps = len(peer["picks"])
    prefix = found if steps == count else _ours(points, first, steps, run.threads)[0]
    ours, theirs = prefix.picks.tolist(), peer["picks"]
    same, in_order = len(set(ours) & set(theirs)), sum(a == b for a, b in zip(ours, theirs, strict=False))
    details |= {
        "peer_version": peer["version"],
        "peer_steps": steps,
        "peer_cpu_s_measured": peer["cpu_seconds"],
        "picks_compared": steps,
        "picks_same": same,
        "picks_same_and_in_the_same_place": in_order,  # equally far points may come in another order
        "radius_after_compared": prefix.radius,
        "peer_radius_after_compared": peer["radius"],
    }
    how = "all steps run" if steps == count else f"extrapolated from {steps} of {count} steps"
    remark = (
        f"CPU seconds, 1 thread; peer: {how}; same picks {same} of {steps}, {in_order} of them in the same place, "
        f"radius {prefix.radius:.4f} against {peer['radius']:.4f}; ours with {run.threads} threads {more.seconds:.1f} s"
    )
    peer_s = peer["cpu_seconds"] * count / steps
    return Measured("coreset", name, one.cpu_seconds, PEER, peer_s, remark, details)


def _ours(points: Tensor, first: int, count: int, thread_count: int) -> tuple[Coreset, Timed]:
    """Pick `count` points, `first` among them."""
    with threads(thread_count):
        found, time = timed(lambda: greedy_k_centre(points, count - 1, chosen=points[first : first + 1]))
    picks = torch.cat([torch.tensor([first]), found.picks])
    return Coreset(picks, found.radius), time


def _name(size: int) -> str:
    return f"coreset_{size // 1000}k" if size >= 1000 else f"coreset_{size}"
