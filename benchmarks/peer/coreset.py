"""anomalib's KCenterGreedy on points.npy (N, d): its picks, its radius after them, and the CPU seconds they took.

job: ratio of points to pick, steps to run (0: all), threads, seed of its random first pick.
"""

from __future__ import annotations

import time

from anomalib.models.components.sampling.k_center_greedy import KCenterGreedy

from benchmarks.peer.exchange import open_exchange


def main() -> None:
    exchange = open_exchange()
    points = exchange.read("points")
    # Points of three axes are taken as they are; those of two would be projected once more, to more dimensions.
    sampler = KCenterGreedy(embedding=points[:, :, None], sampling_ratio=float(exchange.job["ratio"]))
    whole = sampler.coreset_size
    if exchange.job["steps"]:
        sampler.coreset_size = min(whole, int(exchange.job["steps"]))
    cpu, clock = time.process_time(), time.perf_counter()
    picks = sampler.select_coreset_idxs()
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    sampler.update_distances(picks[-1])
    exchange.finish(
        picks=[int(pick) for pick in picks],
        whole=whole,
        radius=float(sampler.min_distances.max()),
        cpu_seconds=cpu,
        seconds=clock,
    )


if __name__ == "__main__":
    main()
