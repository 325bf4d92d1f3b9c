"""Anomaly centre sampling: samples around the mean of painted patches -> M_p (section 3.2).

Shapes in this file
    A  anomalous patches of one lesson      C  feature dimension      R  centres
"""

from __future__ import annotations

import torch
from torch import Tensor

MAX_CENTRES = 8


def sample_around_centres(
    patches: Tensor, regions: Tensor, *, sigma: float, generator: torch.Generator, relative: bool = True
) -> Tensor:
    """Return as many samples as there are painted patches, around the centres of the painted regions.

    Args:
        patches: (A, C) anomalous patches of one image.
        regions: (A,) int64, the painted region of each; with more than 8 regions, centres are k-means' instead.
        sigma: spread of the samples; times the patches' own per-channel spread if `relative`, else absolute.
            A lesson of one patch has no spread: the samples then coincide with it.
        relative: False with one region is the paper's form (one centre, N(0, sigma^2)).

    Returns:
        (A, C) samples, patch i's being around the centre of its region.
    """
    groups = torch.unique(regions, return_inverse=True)[1]
    if int(groups.max()) + 1 > MAX_CENTRES:
        groups = _k_means(patches, MAX_CENTRES)
    count = int(groups.max()) + 1
    sums = patches.new_zeros(count, patches.shape[1]).index_add_(0, groups, patches)
    sizes = torch.bincount(groups, minlength=count).clamp(min=1).to(patches.dtype)
    centres = sums / sizes[:, None]  # (R, C)
    noise = torch.randn(patches.shape, generator=generator).to(patches)
    spread = patches.std(0, unbiased=False) if relative else torch.ones_like(patches[0])
    return centres[groups] + sigma * spread * noise


def _k_means(patches: Tensor, count: int, rounds: int = 10) -> Tensor:
    """(A,) group of each patch; starts from evenly spaced patches, so equal input gives equal groups."""
    centres = patches[torch.linspace(0, patches.shape[0] - 1, count).long()].clone()
    groups = torch.cdist(patches, centres).argmin(1)
    for _ in range(rounds):
        for group in range(count):
            members = patches[groups == group]
            if len(members):
                centres[group] = members.mean(0)
        groups = torch.cdist(patches, centres).argmin(1)
    return torch.unique(groups, return_inverse=True)[1]
