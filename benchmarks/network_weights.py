"""Hands the backbone's weights to the peer, so that both sides look through the same network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from core.backbones import Backbone

FILE = "weights.safetensors"


def hand_over(backbone: Backbone, folder: Path) -> dict[str, Any]:
    """Write the weights of the network up to its last tap, and return what a peer's job says of the network.

    The peer builds timm's network of that name itself and loads them strictly.
    """
    state = {
        name: values.detach().cpu().contiguous() for name, values in backbone.stages.state_dict().items()
    }
    save_file(state, folder / FILE)
    spec = backbone.spec
    return {"timm_name": spec.timm_name, "taps": spec.taps, "mean": spec.mean, "std": spec.std}
