"""Anomaly score mapper Psi and its hinge loss (section 3.3, eq. 12). Normal is >= +0.5; the anomaly score is -Psi.

Shapes in this file
    N  patches      C  feature dimension      D  width of the mapper
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.knowledge import KnowledgeEnhancement

MARGIN = 0.5


class ScoreMapper(nn.Module):
    """Psi: four blocks Linear + BatchNorm + LeakyReLU(0.2), skips between blocks 2-4, scalar tail."""

    def __init__(self, channels: int, width: int) -> None:
        """
        Args:
            channels: 3C, the length of the enhanced representation.
            width: D.
        """
        super().__init__()
        sizes = [channels, width, width, width, width]
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(before, after), nn.BatchNorm1d(after), nn.LeakyReLU(0.2))
            for before, after in itertools.pairwise(sizes)
        )
        self.tail = nn.Linear(width, 1)

    def forward(self, enhanced: Tensor) -> Tensor:
        """Map (N, 3C) to (N,)."""
        return self.from_first(self.blocks[0](enhanced))

    def from_first(self, hidden: Tensor) -> Tensor:
        """Map (N, D), what the first block gives, to (N,)."""
        for block in list(self.blocks)[1:]:
            hidden = hidden + block(hidden)
        result: Tensor = self.tail(hidden).squeeze(-1)
        return result


class Head(nn.Module):
    """Knowledge enhancement and score mapper together: what is trained."""

    def __init__(self, channels: int, width: int, *, attention: bool = False) -> None:
        super().__init__()
        self.enhance = KnowledgeEnhancement(channels, attention=attention)
        self.mapper = ScoreMapper(3 * channels, width)

    def forward(self, q: Tensor, y_normal: Tensor, y_abnormal: Tensor) -> Tensor:
        """Return Psi: (N,) for (N, C) inputs, (B * N,) for (B, N, C)."""
        enhanced: Tensor = self.enhance(q, y_normal, y_abnormal)
        result: Tensor = self.mapper(enhanced.reshape(-1, enhanced.shape[-1]))
        return result


@dataclass(frozen=True, eq=False)
class FoldedHead:
    """A trained head for scoring: P and the first layer are linear, so they fold into three C x D matrices.

    [A|B|D] [P q, P (q - y_n), P (q - y_a)] = (A' + B' + D') q - B' y_n - D' y_a; the last two are kept per bank row.
    """

    of_patch: Tensor  # (C, D)
    normal_rows: Tensor  # (M_n, D): B' y_n of every normal row
    abnormal_rows: Tensor  # (M_a, D)
    constant: Tensor  # (D,)
    mapper: ScoreMapper

    def __call__(self, q: Tensor, normal: Tensor, abnormal: Tensor) -> Tensor:
        """Return Psi (N,) of patches (N, C) whose nearest rows are `normal` (N,) and `abnormal` (N,)."""
        hidden = q @ self.of_patch + self.constant - self.normal_rows[normal] - self.abnormal_rows[abnormal]
        return self.mapper.from_first(torch.nn.functional.leaky_relu(hidden, 0.2))


@torch.inference_mode()
def fold(head: Head, normal: Tensor, abnormal: Tensor) -> FoldedHead:
    """Fold a head without attention for scoring against fixed banks: normal (M_n, C), abnormal (M_a, C)."""
    assert head.enhance.key is None, "attention mixes the patches of an image: it can't be folded"
    first = head.mapper.blocks[0]
    assert isinstance(first, nn.Sequential)
    linear, norm = first[0], first[1]
    assert isinstance(linear, nn.Linear) and isinstance(norm, nn.BatchNorm1d)
    assert norm.running_mean is not None and norm.running_var is not None
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)  # batch norm in eval mode is affine too
    projection = head.enhance.projection
    parts = linear.weight.chunk(3, dim=1)  # A, B, D, each (D, C)
    folded = [(gain[:, None] * part @ projection.weight).T.contiguous() for part in parts]  # (C, D)
    bias = sum(part @ projection.bias for part in parts) + linear.bias
    constant = gain * (bias - norm.running_mean) + norm.bias
    return FoldedHead(
        folded[0] + folded[1] + folded[2], normal @ folded[1], abnormal @ folded[2], constant, head.mapper
    )


def hinge_loss(
    normal: Tensor, pseudo: Tensor, seen: Tensor | None, *, pseudo_weight: float, seen_weight: float
) -> Tensor:
    """Three-part hinge loss on Psi values, each a mean over its patches (eq. 12)."""
    loss = (MARGIN - normal).clamp(min=0).mean() + pseudo_weight * (MARGIN + pseudo).clamp(min=0).mean()
    if seen is not None and seen.numel():
        loss = loss + seen_weight * (MARGIN + seen).clamp(min=0).mean()
    return loss
