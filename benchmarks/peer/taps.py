"""Feature maps of a timm network by the names of its parts; needs torch alone."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class Taps(nn.Module):
    """Runs a network's parts in order up to the last one named, and gives the named ones' outputs.

    forward: (B, 3, H, W) -> {name: (B, C_l, H_l, W_l)}.
    """

    def __init__(self, network: nn.Module, names: Sequence[str]) -> None:
        super().__init__()
        self._names = tuple(names)
        self.stages = nn.ModuleList()
        self._called: list[str] = []
        for name, child in network.named_children():
            inside = child.named_children() if any(n.startswith(f"{name}.") for n in names) else [("", child)]
            for inner, module in inside:
                self.stages.append(module)
                self._called.append(f"{name}.{inner}" if inner else name)
                if self._called[-1] == self._names[-1]:
                    return

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        maps = {}
        for name, stage in zip(self._called, self.stages, strict=True):
            images = stage(images)
            if name in self._names:
                maps[name] = images
        return maps
