"""Neighbours: the nearest row of every patch of one image, against faiss's flat index, with recall@1.

The bank is a k-centre bank of features of rendered parts (real network features): the first rows of one greedy
selection from twice as many patches. Images looked up are of other parts.
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import torch
from torch import Tensor

from benchmarks.speed.measured import Measured, timed
from benchmarks.speed.run import QUERY_SEED, SpeedRun, encoded, rendered
from core.coreset import greedy_k_centre, random_projection
from core.encoder import PatchEncoder
from core.neighbours import RowIndex, nearest_rows

PEER = "faiss IndexFlatL2"
CLOSE_ENOUGH = 1 + 1e-4  # a row as near as the nearest but for rounding counts as found
ROUNDS = 3


def measure(run: SpeedRun) -> list[Measured]:
    """Measure every size with the default encoder, then with the wide one."""
    results = _measure_encoder(run, run.encoder(), "pretrained weights")
    if run.wide is not None:
        wide, weights = run.wide()
        results += _measure_encoder(run, wide, weights)
    return results


def _measure_encoder(run: SpeedRun, encoder: PatchEncoder, weights: str) -> list[Measured]:
    largest = max(run.sizes.rows)
    patches_per_image = encoder.grid[0] * encoder.grid[1]
    patches = encoded(encoder, rendered(-(-2 * largest // patches_per_image))).flatten(0, 1)
    mean, std = patches.mean(0), patches.std(0).clamp(min=1e-6)
    patches.sub_(mean).div_(std)
    generator = torch.Generator().manual_seed(run.config.seed)
    projection = random_projection(encoder.channels, run.sizes.dimensions, generator)
    picks = greedy_k_centre(patches @ projection, largest).picks
    queries = (encoded(encoder, rendered(run.sizes.queries, first=QUERY_SEED)) - mean) / std
    what = f"C = {encoder.channels}, {weights}"
    return [_measure_rows(run, patches[picks[:rows]], queries, what) for rows in run.sizes.rows]


def _measure_rows(run: SpeedRun, rows: Tensor, queries: Tensor, what: str) -> Measured:
    index, built = timed(lambda: RowIndex(rows))
    ours, found = _best_of_rounds([lambda image=image: index.nearest(image) for image in queries])
    faiss.omp_set_num_threads(run.threads)
    flat = faiss.IndexFlatL2(rows.shape[1])
    flat.add(rows.numpy())
    vectors = [np.ascontiguousarray(image.numpy()) for image in queries]
    theirs, _ = _best_of_rounds([lambda image=image: flat.search(image, 1) for image in vectors])
    exact = torch.cat([nearest_rows(image, rows).distances for image in queries])
    distances = torch.cat([one.distances for one in found])
    recall = float((distances <= exact * CLOSE_ENOUGH).float().mean())
    details: dict[str, Any] = {"rows": len(rows), "channels": rows.shape[1], "patches": queries.shape[1]}
    details |= {"recall_at_1": recall, "build_s": built.seconds, "weights": what, "threads": run.threads}
    remark = f"{queries.shape[1]} patches; {what}; recall@1 {recall:.4f}; built in {built.seconds:.1f} s"
    name = f"neighbours_{len(rows)}x{rows.shape[1]}"
    return Measured("neighbours", name, ours, PEER, theirs, remark, details)


def _best_of_rounds(searches: list[Any]) -> tuple[float, list[Any]]:
    """Return the median seconds of a search in the best of a few rounds, and what the last round found."""
    medians, found = [], []
    for _ in range(ROUNDS):
        results = [timed(search) for search in searches]
        medians.append(float(np.median([time.seconds for _, time in results])))
        found = [one for one, _ in results]
    return min(medians), found
