"""What the parts of `bench speed` share: sizes, the encoder, the peer, rendered images and their features."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from app.demo import GOOD, PRODUCTS, render_part
from benchmarks.peer_environment import Peer
from core.backbones import Backbone, load_backbone
from core.config import DmadConfig
from core.encoder import PatchEncoder

if TYPE_CHECKING:
    from benchmarks.speed.lessons import LessonTimes

Pixels = NDArray[np.uint8]
BATCH = 8
QUERY_SEED = 50_000  # parts from here on are never in a bank


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    points: tuple[int, ...] = (50_000, 200_000)  # coreset
    dimensions: int = 128
    fraction: float = 0.02
    peer_steps: int = 500  # of the peer's coreset loop before the rest is extrapolated; 0: all
    rows: tuple[int, ...] = (5_000, 20_000, 57_000)  # neighbours
    queries: int = 8  # images looked up
    batches: tuple[int, ...] = (1, 8, 32)  # extraction
    extracted: int = 64  # images
    bank_rows: int = 10_000  # latency
    picture_side: int = 1_000  # px: 1 Mpx
    repeats: int = 200
    images: tuple[int, ...] = (200, 500, 1_000, 2_000)  # teach, forget, growth
    memory_images: tuple[int, ...] = (500, 1_000, 2_000)
    memory_wide: tuple[
        int, ...
    ] = ()  # memory: images of 1,536 channels, made up; (3_600,) takes half an hour
    archive_images: int = 500  # archive
    scoring_images: int = 500  # scoring
    preview_images: int = 200  # preview: of one product
    earlier: tuple[int, ...] = (4, 20, 40)  # archive: lessons taught before


@dataclass(frozen=True, eq=False)
class SpeedRun:
    """One run of the benchmark."""

    sizes: Sizes
    config: DmadConfig
    peer: Peer | None  # None: left out
    folder: Path  # rendered parts and workspaces of this run
    backbone: Callable[[], Backbone]
    wide: Callable[[], tuple[PatchEncoder, str]] | None = None  # a second encoder and what its weights are
    threads: int = field(default_factory=torch.get_num_threads)
    lessons: dict[int, LessonTimes] = field(default_factory=dict)  # by number of images, measured once

    def encoder(self) -> PatchEncoder:
        """Build the encoder that `config` names, on the CPU."""
        return PatchEncoder(
            self.backbone(), self.config.image_size, self.config.aggregation, torch.device("cpu")
        )

    @contextmanager
    def exchange(self) -> Iterator[Path]:
        """Give a folder for one exchange with the peer; it goes when that is over."""
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="peer-") as name:
            yield Path(name)


def wide_encoder(image_size: int) -> tuple[PatchEncoder, str]:
    """Return WideResNet50-2, C = 1536, and what its weights are: random where none can be had."""
    from core.backbones import WeightsUnavailableError

    try:
        backbone, weights = load_backbone("wide_resnet50_2"), "pretrained weights"
    except WeightsUnavailableError:
        backbone, weights = load_backbone("wide_resnet50_2", random_seed=0), "random weights"
    return PatchEncoder(backbone, image_size, "mean", torch.device("cpu")), weights


def rendered(count: int, *, first: int = 0) -> list[Pixels]:
    """Render good parts of the demo's products in turn, each (H, W, 3); numbers from `first` on."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(_one_part, range(first, first + count)))


def _one_part(number: int) -> Pixels:
    return render_part(PRODUCTS[number % len(PRODUCTS)].name, GOOD, number // len(PRODUCTS)).pixels


def encoded(encoder: PatchEncoder, images: Sequence[Pixels]) -> Tensor:
    """(n, N, C) patch features."""
    parts = [encoder.encode(images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
    return torch.cat(parts)


def standardised_patches(encoder: PatchEncoder, count: int) -> Tensor:
    """(count, C) patches of rendered parts, each channel with mean 0 and standard deviation 1."""
    patches_per_image = encoder.grid[0] * encoder.grid[1]
    images = rendered(-(-count // patches_per_image))
    patches = encoded(encoder, images).flatten(0, 1)[:count]
    return (patches - patches.mean(0)) / patches.std(0).clamp(min=1e-6)


def enlarged(image: Pixels, side: int) -> Pixels:
    """Enlarge to (side, side, 3)."""
    return np.array(Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR))
