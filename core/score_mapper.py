"""Anomaly score mapper Psi and its hinge loss (section 3.3, eq. 12). Normal is >= +0.5; the anomaly score is -Psi.

Shapes in this file
    N  patches      C  feature dimension      D  width of the mapper
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.knowledge import KnowledgeEnhancement

MARGIN = 0.5
SLOPE = 0.2  # of the leaky rectifiers


class ScoreMapper(nn.Module):
    """Psi: four blocks Linear + BatchNorm + LeakyReLU(0.2), skips between blocks 2-4, scalar tail."""

    def __init__(self, channels: int, width: int) -> None:
        """
        Args:
            channels: 3C (2C without an abnormal bank), the length of the enhanced representation.
            width: D.
        """
        super().__init__()
        sizes = [channels, width, width, width, width]
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(before, after), nn.BatchNorm1d(after), nn.LeakyReLU(SLOPE))
            for before, after in itertools.pairwise(sizes)
        )
        self.tail = nn.Linear(width, 1)

    def forward(self, enhanced: Tensor) -> Tensor:
        """Map (N, 3C) to (N,)."""
        first, *rest = self.blocks
        hidden = first(enhanced)
        for block in rest:
            hidden = hidden + block(hidden)
        result: Tensor = self.tail(hidden).squeeze(-1)
        return result


class Head(nn.Module):
    """Knowledge enhancement and score mapper together: what is trained."""

    def __init__(self, channels: int, width: int, *, attention: bool = False, abnormal: bool = True) -> None:
        """Build it untrained; the arguments are those of `KnowledgeEnhancement` and `ScoreMapper`."""
        super().__init__()
        self.enhance = KnowledgeEnhancement(channels, attention=attention, abnormal=abnormal)
        self.mapper = ScoreMapper(self.enhance.parts * channels, width)

    def forward(self, q: Tensor, y_normal: Tensor, y_abnormal: Tensor) -> Tensor:
        """Return Psi: (N,) for (N, C) inputs, (B * N,) for (B, N, C)."""
        enhanced: Tensor = self.enhance(q, y_normal, y_abnormal)
        result: Tensor = self.mapper(enhanced.reshape(-1, enhanced.shape[-1]))
        return result


@dataclass(frozen=True, eq=False)
class FoldedHead:
    """A trained head for scoring: batch norms fold into the layers before them, and P into the first layer.

    [A|B|D] [P q, P (q - y_n), P (q - y_a)] = (A' + B' + D') q - B' y_n - D' y_a; the last two are kept per bank row.
    """

    of_patch: Tensor  # (C, D)
    normal_rows: Tensor  # (M_n, D): B' y_n of every normal row
    abnormal_rows: Tensor  # (M_a, D)
    constant: Tensor  # (D,)
    blocks: tuple[tuple[Tensor, Tensor], ...]  # (D, D) and (D,) of blocks 2-4
    tail: tuple[Tensor, Tensor]  # (D, 1) and (1,)

    def __call__(self, q: Tensor, normal: Tensor, abnormal: Tensor) -> Tensor:
        """Return Psi (N,) of patches (N, C) whose nearest rows are `normal` (N,) and `abnormal` (N,)."""
        hidden = torch.addmm(self.constant, q, self.of_patch)
        hidden.sub_(self.normal_rows[normal]).sub_(self.abnormal_rows[abnormal])
        F.leaky_relu(hidden, SLOPE, inplace=True)
        for weight, bias in self.blocks:
            hidden.add_(F.leaky_relu(torch.addmm(bias, hidden, weight), SLOPE, inplace=True))
        return torch.addmm(self.tail[1], hidden, self.tail[0]).squeeze(1)


@torch.inference_mode()
def fold(head: Head, normal: Tensor, abnormal: Tensor) -> FoldedHead:
    """Fold a head without attention for scoring against fixed banks: normal (M_n, C), abnormal (M_a, C)."""
    assert head.enhance.key is None, "attention mixes the patches of an image: it can't be folded"
    first, *rest = (_affine(block) for block in head.mapper.blocks)
    projection = head.enhance.projection
    parts = first[0].T.chunk(head.enhance.parts, dim=1)  # A, B, D, each (D, C)
    folded = [(part @ projection.weight).T.contiguous() for part in parts]  # (C, D)
    constant = first[1] + sum(part @ projection.bias for part in parts)
    if head.enhance.parts == 2:
        folded.append(torch.zeros_like(folded[0]))  # nothing is known of the abnormal bank
    tail = head.mapper.tail
    return FoldedHead(
        of_patch=folded[0] + folded[1] + folded[2],
        normal_rows=normal @ folded[1],
        abnormal_rows=abnormal @ folded[2],
        constant=constant,
        blocks=tuple(rest),
        tail=(tail.weight.T.contiguous(), tail.bias.clone()),
    )


def _affine(block: nn.Module) -> tuple[Tensor, Tensor]:
    """Return weight (in, out) and bias (out,) of a linear layer and the batch norm after it, in eval mode."""
    assert isinstance(block, nn.Sequential)
    linear, norm = block[0], block[1]
    assert isinstance(linear, nn.Linear) and isinstance(norm, nn.BatchNorm1d)
    assert norm.running_mean is not None and norm.running_var is not None
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return (gain[:, None] * linear.weight).T.contiguous(), gain * (
        linear.bias - norm.running_mean
    ) + norm.bias


def hinge_loss(
    normal: Tensor, pseudo: Tensor, seen: Tensor | None, *, pseudo_weight: float, seen_weight: float
) -> Tensor:
    """Three-part hinge loss on Psi values, each a mean over its patches (eq. 12)."""
    loss = (MARGIN - normal).clamp(min=0).mean() + pseudo_weight * (MARGIN + pseudo).clamp(min=0).mean()
    if seen is not None and seen.numel():
        loss = loss + seen_weight * (MARGIN + seen).clamp(min=0).mean()
    return loss
