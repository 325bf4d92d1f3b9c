"""The optimisation loop of the head: balanced batches, hinge loss, a running average; progress and cancel.

Shapes in this file
    n  patches of a pool      N  patches of an image      B  images of a batch      C  feature dimension
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.config import DmadConfig
from core.progress import Progress, Report, silent
from core.score_mapper import Head, hinge_loss

NORMAL, SEEN, IGNORED = 0, 1, -1


@dataclass(frozen=True, eq=False)
class PatchPool:
    """Patches with their nearest rows, own image excluded, and how they are balanced."""

    q: Tensor  # (n, C) standardised
    normal_rows: Tensor  # (n,) into the normal bank
    abnormal_rows: Tensor  # (n,) into the abnormal bank
    product: Tensor  # (n,) int64
    image: Tensor  # (n,) int64: patches of one image or lesson share their weight
    fold: Tensor  # (n,) int64: cross-fitting fold of the image

    def __len__(self) -> int:
        return int(self.q.shape[0])

    def without_fold(self, fold: int | None) -> PatchPool:
        """Return the pool without one fold's patches; None: the whole pool."""
        if fold is None:
            return self
        keep = self.fold != fold
        return PatchPool(*(value[keep] for value in vars(self).values()))

    def weights(self, *, per_image: bool) -> Tensor:
        """(n,) sampling weights: products count alike and, if `per_image`, so do the images of a product."""
        _, product = torch.unique(self.product, return_inverse=True)
        sizes = torch.bincount(product).double()
        weight = 1.0 / (len(sizes) * sizes[product])
        if per_image:
            _, image = torch.unique(self.image, return_inverse=True)
            image_sizes = torch.bincount(image).double()
            first_product = torch.zeros(len(image_sizes), dtype=torch.int64).scatter_(0, image, product)
            images_of = torch.bincount(first_product, minlength=len(sizes)).double()
            weight = 1.0 / (len(sizes) * images_of[product] * image_sizes[image])
        return weight


@dataclass(frozen=True, eq=False)
class LabelledImage:
    """All patches of one image, for batches of whole images (the paper's, and attention)."""

    q: Callable[[], Tensor]  # -> (N, C)
    normal_rows: Tensor  # (N,)
    abnormal_rows: Tensor  # (N,)
    label: Tensor  # (N,) NORMAL, SEEN or IGNORED


@dataclass(frozen=True, eq=False)
class BankTables:
    """The rows that pools point into."""

    normal: Tensor  # (M_n, C)
    abnormal: Tensor  # (M_a, C)


@dataclass(frozen=True, eq=False)
class Batch:
    """Patches of one step: flat (n, C), or (B, N, C) where attention needs whole images."""

    q: Tensor
    y_normal: Tensor
    y_abnormal: Tensor
    label: Tensor  # (n,) or (B * N,)


def train_head(
    head: Head,
    batches: Iterator[Batch],
    steps: int,
    config: DmadConfig,
    generator: torch.Generator,
    *,
    has_seen: bool,
    stage: str = "Training",
    report: Report = silent,
) -> Head:
    """Return a copy of `head` trained for exactly `steps` steps (the running average of it, if configured).

    The budget is fixed: hinge training of this family collapses when run on "to be safe".
    """
    head = copy.deepcopy(head).train().requires_grad_(True)
    average = copy.deepcopy(head).eval().requires_grad_(False) if config.ema else None
    optimiser = torch.optim.AdamW(
        [
            {"params": head.enhance.parameters(), "lr": config.rate_projection, "weight_decay": 0.0},
            {
                "params": head.mapper.parameters(),
                "lr": config.rate_mapper,
                "weight_decay": config.weight_decay,
            },
        ],
        fused=True,
    )
    for step in range(steps):
        report(Progress(stage, step, steps))
        loss = _loss(head, next(batches), config, generator, has_seen)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if config.gradient_clip:
            torch.nn.utils.clip_grad_norm_(head.parameters(), config.gradient_clip)
        optimiser.step()
        if average is not None:
            _follow(average, head, min(config.ema, (step + 1) / (step + 10)))
    report(Progress(stage, steps, steps))
    return (average if average is not None else head).eval().requires_grad_(False)


def _loss(head: Head, batch: Batch, config: DmadConfig, generator: torch.Generator, has_seen: bool) -> Tensor:
    enhanced = head.enhance(batch.q, batch.y_normal, batch.y_abnormal)
    enhanced = enhanced.reshape(-1, enhanced.shape[-1])  # (n, 3C)
    o_normal, o_seen = enhanced[batch.label == NORMAL], enhanced[batch.label == SEEN]
    parts = head.enhance.parts
    spread = o_normal[:, : o_normal.shape[1] // parts].detach().std(0) if config.noise_relative else None
    o_pseudo = o_normal + _noise(o_normal, parts, spread, config, generator)
    psi = head.mapper(torch.cat([o_normal, o_pseudo, o_seen]))
    normal, pseudo, seen = psi.split([len(o_normal), len(o_pseudo), len(o_seen)])
    pseudo_weight = config.hinge_pseudo if has_seen else config.hinge_pseudo_unsupervised
    return hinge_loss(normal, pseudo, seen, pseudo_weight=pseudo_weight, seen_weight=config.hinge_seen)


def _noise(
    like: Tensor, parts: int, spread: Tensor | None, config: DmadConfig, generator: torch.Generator
) -> Tensor:
    """Gaussian noise of the shape of o (n, parts * C): one draw of C for all its parts if tied."""
    count, width = like.shape
    drawn = width // parts if config.noise_tied else width
    noise = torch.randn(count, drawn, generator=generator).to(like)
    if config.noise_tied:
        noise = noise.repeat(1, parts)
    return config.noise_sigma * (noise if spread is None else noise * spread.repeat(parts))


@torch.no_grad()
def _follow(average: Head, head: Head, decay: float) -> None:
    torch._foreach_lerp_(list(average.parameters()), list(head.parameters()), 1 - decay)
    for mine, current in zip(average.buffers(), head.buffers(), strict=True):
        if mine.is_floating_point():
            mine.lerp_(current, 1 - decay)
        else:
            mine.copy_(current)


def balanced_batches(
    normal: PatchPool,
    seen: PatchPool | None,
    tables: BankTables,
    config: DmadConfig,
    generator: torch.Generator,
) -> Iterator[Batch]:
    """Endless batches of patches balanced over products; seen patches are balanced over lessons too."""
    device = tables.normal.device
    normal_weights = normal.weights(per_image=False).cumsum(0)
    seen_weights = seen.weights(per_image=True).cumsum(0) if seen is not None and len(seen) else None
    while True:
        picked = [_gather(normal, normal_weights, config.batch_normal, tables, generator)]
        labels = [torch.full((config.batch_normal,), NORMAL)]
        if seen is not None and seen_weights is not None:
            picked.append(_gather(seen, seen_weights, config.batch_seen, tables, generator))
            labels.append(torch.full((config.batch_seen,), SEEN))
        q, y_normal, y_abnormal = (torch.cat(parts) for parts in zip(*picked, strict=True))
        yield Batch(q, y_normal, y_abnormal, torch.cat(labels).to(device))


def _gather(
    pool: PatchPool, cumulated: Tensor, count: int, tables: BankTables, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw patches with replacement; `cumulated` (n,) is the running sum of their weights."""
    drawn = torch.rand(count, generator=generator, dtype=cumulated.dtype) * cumulated[-1]
    index = torch.searchsorted(cumulated, drawn).clamp(max=len(pool) - 1)
    device = tables.normal.device
    return (
        pool.q[index].to(device),
        tables.normal[pool.normal_rows[index].to(device)],
        tables.abnormal[pool.abnormal_rows[index].to(device)],
    )


def image_batches(
    images: Sequence[LabelledImage],
    annotated: Sequence[LabelledImage],
    tables: BankTables,
    config: DmadConfig,
    generator: torch.Generator,
    *,
    whole: bool,
) -> Iterator[Batch]:
    """Endless epochs of shuffled good images in batches; each batch has up to four annotated images besides.

    Args:
        whole: keep (B, N, C), for attention; else flatten to (n, C).
    """
    device = tables.normal.device
    while True:
        order = torch.randperm(len(images), generator=generator).tolist()
        for start in range(0, len(order), config.batch_images):
            members = [images[i] for i in order[start : start + config.batch_images]]
            if annotated:
                picks = torch.randint(len(annotated), (min(4, len(annotated)),), generator=generator).tolist()
                members += [annotated[i] for i in picks]
            q = torch.stack([member.q() for member in members]).to(device)  # (B, N, C)
            y_normal = tables.normal[torch.stack([m.normal_rows for m in members]).to(device)]
            y_abnormal = tables.abnormal[torch.stack([m.abnormal_rows for m in members]).to(device)]
            label = torch.cat([member.label for member in members]).to(device)
            if whole:
                yield Batch(q, y_normal, y_abnormal, label)
            else:
                yield Batch(q.flatten(0, 1), y_normal.flatten(0, 1), y_abnormal.flatten(0, 1), label)
