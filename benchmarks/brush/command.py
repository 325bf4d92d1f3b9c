"""Brush: make the reference brush's opinion anew, from rendered defects alone.

    python3 launch.py bench brush [--pictures 700] [--out core/assist/opinion.npz]

On each picture the largest defect is stroked along (70 % of its skeleton, or beside it) and clicked (its thickest point,
or another well inside). A first network learns from the cues of single pixels; two others, on other pictures, also from
what the first says around each pixel. For one of them each defect counts alike, for the other large ones count more.

Shapes in this file
    h, w  pixels of a region      P  sampled pixels      K  cues
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from torch import nn

from benchmarks.assist_cases import Case, cases
from benchmarks.brush.rendered import GAPS_FROM, Mask, Random, Rendered, rendered
from core.assist.cues import cues_of, second_cues
from core.assist.opinion import FARTHEST, FILE, Opinion
from core.assist.reference import scene_of
from core.assist.region import Region, region_around

HIDDEN = (48, 24)
SAMPLED = (250, 250, 150)  # pixels: inside, close outside, elsewhere
WITHOUT_MODEL = 0.25
LEAST_TRUTH = 15  # px of a region
LEAST_AREA = 30  # px; what is smaller counts no more
HEAVIEST = 30.0
LEANS = (1.0, 0.75)  # of the second networks
BATCH, EPOCHS, RATE, JITTER = 4096, 6, 3e-3, 0.05


@dataclass(frozen=True, eq=False)
class Sample:
    """Pixels of many scenes."""

    cues: NDArray[np.float16]  # (P, K)
    truth: NDArray[np.bool_]  # (P,)
    weight: NDArray[np.float32]  # (P,) how many pixels it stands for
    area: NDArray[np.float32]  # (P,) pixels of its defect


def sampled(job: tuple[int, Opinion | None]) -> list[Sample]:
    """Draw on picture number `seed`; with a first opinion the cues hold what it says."""
    seed, first = job
    picture = rendered(seed)
    if picture is None:
        return []
    random = np.random.default_rng((seed, 1))
    case = max(cases(picture.mask), key=lambda one: int(one.truth.sum()), default=None)
    drawn = (
        []
        if case is None
        else [(case.truth, marks) for marks in (_stroke(random, case), _click(random, case))]
    )
    return [one for truth, marks in drawn for one in _of_scene(random, picture, truth, marks, first)]


def _of_scene(
    random: Random, picture: Rendered, truth: Mask, marks: Mask, first: Opinion | None
) -> Iterator[Sample]:
    region = region_around(marks)
    heat = picture.heat if random.random() > WITHOUT_MODEL else None
    scene = scene_of(picture.pixels, marks, heat, region)
    there = _resized(truth, region)
    if there.sum() < LEAST_TRUTH:
        return
    cues = cues_of(scene)
    if first is not None:
        cues = np.hstack([cues, second_cues(first.of(cues).reshape(there.shape), scene)])
    chosen, weight = _pixels(random, there)
    area = np.full(len(chosen), max(LEAST_AREA, int(there.sum())), dtype=np.float32)
    yield Sample(cues[chosen].astype(np.float16), there.ravel()[chosen], weight, area)


def _stroke(random: Random, case: Case) -> Mask:
    if random.random() < 0.6:
        return case.stroke
    off = random.integers(-1, 2, 2) * (1 if random.random() < 0.7 else 2)
    height, width = case.stroke.shape
    rows, columns = np.nonzero(case.stroke)
    beside = np.zeros_like(case.stroke)
    beside[np.clip(rows + off[0], 0, height - 1), np.clip(columns + off[1], 0, width - 1)] = True
    return beside


def _click(random: Random, case: Case) -> Mask:
    if random.random() < 0.6:
        return case.click
    depth = ndimage.distance_transform_edt(np.pad(case.truth, 1))[1:-1, 1:-1]
    click = np.zeros(case.truth.size, dtype=np.bool_)
    click[random.choice(np.flatnonzero(depth >= depth.max() / 2))] = True
    return click.reshape(case.truth.shape)


def _resized(truth: Mask, region: Region) -> Mask:
    piece = truth[region.top : region.bottom, region.left : region.right].astype(np.float32)
    size = (region.width, region.height)
    return np.asarray(Image.fromarray(piece).resize(size, Image.Resampling.BOX)) > 0.5


def _pixels(random: Random, truth: Mask) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Choose pixels, and how many each stands for."""
    away = ndimage.distance_transform_edt(~truth)
    close = max(5.0, float(np.sqrt(truth.sum() / np.pi)) / 2)
    strata = (truth, ~truth & (away <= close), ~truth & (away > close))
    chosen, weights = [], []
    for stratum, most in zip(strata, SAMPLED, strict=True):
        there = np.flatnonzero(stratum)
        taken = random.choice(there, min(most, len(there)), replace=False)
        chosen.append(taken)
        weights.append(np.full(len(taken), len(there) / max(1, len(taken)), dtype=np.float32))
    return np.concatenate(chosen), np.concatenate(weights)


def gathered(seeds: Sequence[int], first: Opinion | None) -> Sample:
    """Draw on many pictures, as many at a time as there are processors."""
    with Pool(os.cpu_count()) as pool:
        jobs = ((seed, first) for seed in seeds)
        found = [one for some in pool.imap(sampled, jobs, chunksize=4) for one in some]
    return Sample(
        *(
            np.concatenate([getattr(one, name) for one in found])
            for name in ("cues", "truth", "weight", "area")
        )
    )


def fitted(sample: Sample, lean: float = 1.0, seed: int = 0) -> Opinion:
    """Fit a network to a sample.

    Args:
        lean: 1: each defect counts alike, whatever its size; less: large ones count more.
    """
    torch.manual_seed(seed)
    cues = torch.from_numpy(sample.cues.astype(np.float32))
    mean, spread = cues.mean(0), cues.std(0) + 1e-3
    cues = ((cues - mean) / spread).clamp_(-FARTHEST, FARTHEST)
    truth = torch.from_numpy(sample.truth.astype(np.float32))
    weight = torch.from_numpy(sample.weight / sample.area**lean)
    weight = (weight / weight.mean()).clamp_(max=HEAVIEST)
    sides = (cues.shape[1], *HIDDEN, 1)
    linear = [nn.Linear(inputs, outputs) for inputs, outputs in pairwise(sides)]
    layers = [part for layer in linear for part in (layer, nn.ReLU())]
    _train(nn.Sequential(*layers[:-1]), cues, truth, weight)
    return Opinion(
        mean.numpy(),
        spread.numpy(),
        tuple(layer.weight.detach().numpy() for layer in linear),
        tuple(layer.bias.detach().numpy() for layer in linear),
    )


def _train(network: nn.Module, cues: torch.Tensor, truth: torch.Tensor, weight: torch.Tensor) -> None:
    steps = len(cues) // BATCH
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=EPOCHS * steps + 1)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(cues))[: steps * BATCH].split(BATCH):
            inputs = cues[chosen] + JITTER * torch.randn(BATCH, cues.shape[1])
            loss = nn.functional.binary_cross_entropy_with_logits(
                network(inputs)[:, 0], truth[chosen], weight[chosen]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()


def save(first: Opinion, seconds: Sequence[Opinion], file: Path) -> None:
    """Write the networks as `core.assist.opinion` reads them."""
    arrays: dict[str, NDArray[np.float16] | NDArray[np.float32]] = {}
    for name, opinion in (
        ("first", first),
        *((f"second{number}", second) for number, second in enumerate(seconds)),
    ):
        arrays |= {f"{name}.mean": opinion.mean, f"{name}.spread": opinion.spread}
        arrays |= {f"{name}.weights.{layer}": value for layer, value in enumerate(opinion.weights)}
        arrays |= {f"{name}.shifts.{layer}": value for layer, value in enumerate(opinion.shifts)}
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def main(arguments: Sequence[str]) -> int:
    """Render, fit and write; the exit code."""
    parser = argparse.ArgumentParser(prog="launch.py bench brush", description=__doc__)
    parser.add_argument("--pictures", type=int, default=700, metavar="N", help="for the first network")
    parser.add_argument("--out", type=Path, default=FILE, metavar="FILE")
    options = parser.parse_args(list(arguments))
    count = options.pictures
    first = fitted(gathered(range(count), None))
    sample = gathered([*range(count, 2 * count), *range(GAPS_FROM, GAPS_FROM + count // 2)], first)
    seconds = [fitted(sample, lean, seed) for seed, lean in enumerate(LEANS)]
    save(first, seconds, options.out)
    print(f"wrote {options.out}")
    return 0
