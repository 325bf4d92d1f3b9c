"""What a job will need: an estimate of disk and memory from counts alone, made before any work starts.

Estimates lean to the large side: a job that is refused in the first second costs less than one that fails in the last.

Symbols in this file
    N  patches of an image      C  feature dimension
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.config import DmadConfig
from core.projection import IN_MEMORY

_FLOAT, _HALF, _INDEX = 4, 2, 4  # bytes
_PROVENANCE = 44  # bytes: where a row came from
_EVIDENCE = 4_000  # bytes of a stored score besides its patch scores, with what it takes on the way there
_COMPARED = 24  # bytes a patch: which good row it is nearest to, how near, and how near a painted one is
_STEADY = 200_000_000  # bytes that training holds whatever the number of images
_SEARCHED_SEGMENTS = 2  # of each image: its product's good parts, and the outliers


@dataclass(frozen=True)
class Work:
    """What a job has before it. Images are counted whether or not they were looked at before."""

    patches: int  # N
    channels: int  # C
    good: Mapping[str, int]  # good images by product
    lessons: int  # painted images
    scored: int  # images that get a score
    missing_features: int  # images to be looked at first
    is_new: bool  # a model is built anew; False: an earlier one is taught
    on_gpu: bool = False  # where there are many points to choose from, only a CPU's lie in a temporary file


@dataclass(frozen=True)
class Needs:
    """Bytes, beyond what is used already."""

    features: int  # patch features and what was found for them, on disk; a cache may keep fewer
    version: int  # on disk
    scores: int  # on disk
    temporary: int  # on the disk for temporary files
    memory: int  # at the peak, where the patches lie


def estimate(work: Work, config: DmadConfig) -> Needs:
    """Estimate what `work` will need with these settings."""
    patch = work.channels * _FLOAT
    good = sum(work.good.values())
    a_feature_file = work.patches * work.channels * _HALF
    a_search = work.patches * (_FLOAT + _INDEX) * _SEARCHED_SEGMENTS
    rows = sum(_rows(count * work.patches, config) for count in work.good.values()) + config.outlier_limit
    rows += 2 * work.lessons * work.patches  # painted patches and their centres
    most_at_once = good if config.coreset_scope == "all" else max(work.good.values(), default=0)
    point = min(config.coreset_projection or work.channels, work.channels) * _FLOAT
    points = most_at_once * work.patches * point if work.is_new else 0
    spilt = points if points > IN_MEMORY and not work.on_gpu else 0
    pools = (config.reservoir + work.lessons * work.patches) * patch
    compared = (good + work.lessons) * work.patches * _COMPARED
    return Needs(
        features=work.missing_features * (a_feature_file + a_search),
        version=rows * (patch + _PROVENANCE),
        scores=work.scored * (3 * work.patches * _HALF + _EVIDENCE),  # as staged text, as a row, in the log
        temporary=spilt,
        memory=_STEADY + rows * 2 * patch + (points - spilt) + pools + compared,
    )


def _rows(patches: int, config: DmadConfig) -> int:
    """Return how many patches of a product's good images are kept."""
    return min(patches, max(config.coreset_minimum, round(config.coreset_fraction * patches)))
