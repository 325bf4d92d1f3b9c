"""SimpleNet's idea (arXiv 2303.15140) with our head: a projection and a mapper that see the patch alone, no memory.

Trained as ours is: same batches, noise, loss, steps and running average. It sees o = [P q, P q, P q] in place of
[P q, P d_n, P d_a]; the noise is one draw for all three, so that this is a head over P q of the same size as ours.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from core.config import DmadConfig
from core.knowledge import KnowledgeEnhancement
from core.score_mapper import Head
from core.training import BankTables, PatchPool, balanced_batches, train_head


class PatchAlone(KnowledgeEnhancement):
    """Knows no banks: P q three times."""

    def forward(self, q: Tensor, y_normal: Tensor, y_abnormal: Tensor) -> Tensor:
        projected: Tensor = self.projection(q)
        return torch.cat([projected] * 3, dim=-1)


def train_without_banks(
    normal: PatchPool, seen: PatchPool | None, tables: BankTables, config: DmadConfig
) -> Head:
    """Train on patches of good images, and on those of seen defects if there are any."""
    alone = replace(config, noise_tied=True, attention="never")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        head = Head(normal.q.shape[1], config.head_width)
        head.enhance = PatchAlone(normal.q.shape[1], attention=False)
    generator = torch.Generator().manual_seed(config.seed)
    has_seen = seen is not None and len(seen) > 0
    batches = balanced_batches(normal, seen if has_seen else None, tables, alone, generator)
    steps = config.teach_steps if has_seen else config.fit_steps
    return train_head(head, batches, steps, alone, generator, has_seen=has_seen)


@torch.inference_mode()
def patch_scores(head: Head, q: Tensor) -> Tensor:
    """(N,) scores of standardised patches (N, C)."""
    return -head(q, q, q)
