"""Knowledge about a patch from the two memories, and the enhanced representation o (section 3.2, eq. 7-11).

Shapes in this file
    B  images (1 unless attention is used)      N  patches of an image      C  feature dimension
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class KnowledgeEnhancement(nn.Module):
    """q and its nearest rows y_n, y_a -> o = [P(q), P(k_n), P(k_a)], or [P(q), P(k_n)] without the abnormal bank."""

    def __init__(self, channels: int, *, attention: bool, abnormal: bool = True) -> None:
        """
        Args:
            channels: C.
            attention: add eq. 8 to the distances. Patches then come as whole images.
            abnormal: False: know nothing of the abnormal bank.
        """
        super().__init__()
        self.parts = 3 if abnormal else 2
        self.projection = nn.Linear(channels, channels)  # P, shared by the three parts
        self.key = nn.Linear(channels, channels, bias=False) if attention else None
        self.value = nn.Linear(channels, channels, bias=False) if attention else None

    def forward(self, q: Tensor, y_normal: Tensor, y_abnormal: Tensor) -> Tensor:
        """
        Args:
            q, y_normal, y_abnormal: (..., C); with attention (B, N, C).

        Returns:
            o: (..., 3C), or (..., 2C) without the abnormal bank
        """
        k_normal = q - y_normal  # eq. 7: vectors, not lengths
        k_abnormal = q - y_abnormal
        if self.key is not None and self.value is not None:
            keys, values = self.key(q), self.value(q)
            k_normal = k_normal + F.scaled_dot_product_attention(y_normal, keys, values)  # eq. 8, 9
            k_abnormal = k_abnormal + F.scaled_dot_product_attention(y_abnormal, keys, values)
        known = [q, k_normal, k_abnormal][: self.parts]
        return torch.cat([self.projection(part) for part in known], dim=-1)  # eq. 10
