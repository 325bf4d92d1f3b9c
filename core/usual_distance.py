"""Usual distance: how far good patches commonly lie from each row of the normal bank (our addition to section 3.4).

A coreset keeps rare good patches. What lies near such a row varies more from part to part than what lies near a common
one, so the same distance means less there. The image score therefore counts the distance beyond the usual one.

Shapes in this file
    M  rows of the normal bank      N  patches of an image
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from core.banks import BankNeighbours, NormalBank

PRIOR_PATCHES = 5  # good patches' worth of belief in the mean distance of the whole product


def usual_distances(bank: NormalBank, found: Iterable[BankNeighbours]) -> Tensor:
    """Return (M,) the mean distance of the good patches that are nearest to each row.

    Args:
        found: what the patches of each good training image (N,) are nearest to, own image excluded.

    Returns:
        Rows that few patches are nearest to are drawn towards their product's mean; 0 where nothing was found.
    """
    like = bank.segments[0].features  # `bank.features` would be a second copy of all rows
    total, count = like.new_zeros(len(bank)), like.new_zeros(len(bank))
    for one in found:
        usable = one.rows >= 0
        total.index_add_(0, one.rows[usable], one.distances[usable])
        count.index_add_(0, one.rows[usable], torch.ones_like(one.distances[usable]))
    usual = []
    for part_total, part_count in zip(*(v.split(bank.sizes) for v in (total, count)), strict=True):
        mean = part_total.sum() / part_count.sum().clamp(min=1)
        usual.append((part_total + PRIOR_PATCHES * mean) / (part_count + PRIOR_PATCHES))
    return torch.cat(usual)
