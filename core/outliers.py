"""Outlier images for M_o (section 3.2, eq. 4): textures that are built in and seeded, or a sample of a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage import data
from skimage.filters import gaussian

from core.datasets import IMAGE_SUFFIXES

SIZE = 256  # px
MOST_CHOSEN = 96  # images of a folder: their patches at 1536 channels take 600 MB
PHOTOGRAPHS = ("brick", "grass", "gravel")
Texture = NDArray[np.float64]  # (SIZE, SIZE), any range
Pixels = NDArray[np.uint8]  # (SIZE, SIZE, 3)


class NoOutliersError(ValueError):
    """A folder of outlier images holds none; the message names it."""


def choose_outliers(folder: Path, seed: int = 0) -> list[Path]:
    """Choose at most 96 images anywhere below a folder, as many of each sub-folder as can be; seeded.

    Raises:
        NoOutliersError: there is no such folder, or no image in it.
    """
    by_folder: dict[Path, list[Path]] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file():
            by_folder.setdefault(path.parent, []).append(path)
    if not by_folder:
        raise NoOutliersError(f"{folder} holds no images to take outliers from")
    rng = np.random.default_rng(seed)
    shuffled = [[paths[i] for i in rng.permutation(len(paths))] for paths in by_folder.values()]
    in_turn = [paths[turn] for turn in range(MOST_CHOSEN) for paths in shuffled if turn < len(paths)]
    return sorted(in_turn[:MOST_CHOSEN])


def outlier_textures(seed: int = 0) -> list[Pixels]:
    """Return 48 colour textures: eight families, six of each. The same seed gives the same pixels."""
    makers: tuple[Callable[[np.random.Generator], Texture], ...] = (
        _fractal_noise,
        _oriented_noise,
        _voronoi,
        _stripes,
        _checks,
        _speckle,
        _rings,
        _photographed,
    )
    textures = []
    for index in range(48):
        rng = np.random.default_rng([seed, index])
        textures.append(_coloured(makers[index % len(makers)](rng), rng))
    return textures


def _coloured(texture: Texture, rng: np.random.Generator) -> Pixels:
    """Map a texture's range onto a line between two random colours."""
    low, high = np.percentile(texture, [1, 99])
    scaled = np.clip((texture - low) / max(high - low, 1e-9), 0, 1)[:, :, None]
    dark, light = rng.uniform(0, 110, 3), rng.uniform(120, 255, 3)
    return (dark + (light - dark) * scaled).astype(np.uint8)


def _fractal_noise(rng: np.random.Generator) -> Texture:
    exponent = rng.uniform(0.8, 2.2)
    frequency = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.fftfreq(SIZE)[None, :])
    frequency[0, 0] = 1.0
    spectrum = np.fft.fft2(rng.standard_normal((SIZE, SIZE))) / frequency**exponent
    return np.fft.ifft2(spectrum).real


def _oriented_noise(rng: np.random.Generator) -> Texture:
    """Noise passed through a Gabor-shaped band."""
    angle, wavelength = rng.uniform(0, np.pi), rng.uniform(6, 24)
    fy, fx = np.fft.fftfreq(SIZE)[:, None], np.fft.fftfreq(SIZE)[None, :]
    centre_y, centre_x = np.sin(angle) / wavelength, np.cos(angle) / wavelength
    band = np.exp(-((fy - centre_y) ** 2 + (fx - centre_x) ** 2) / (2 * 0.015**2))
    return np.fft.ifft2(np.fft.fft2(rng.standard_normal((SIZE, SIZE))) * band).real


def _voronoi(rng: np.random.Generator) -> Texture:
    seeds = rng.uniform(0, SIZE, (int(rng.integers(20, 160)), 2))
    ys, xs = np.mgrid[0:SIZE, 0:SIZE]
    squared = (ys[..., None] - seeds[:, 0]) ** 2 + (xs[..., None] - seeds[:, 1]) ** 2
    nearest = np.partition(squared, 1, axis=2)
    edges = np.sqrt(nearest[..., 1]) - np.sqrt(nearest[..., 0])
    return np.minimum(edges, 6) if rng.random() < 0.5 else rng.uniform(0, 1, len(seeds))[squared.argmin(2)]


def _waves(rng: np.random.Generator) -> Texture:
    angle, wavelength = rng.uniform(0, np.pi), rng.uniform(6, 40)
    ys, xs = np.mgrid[0:SIZE, 0:SIZE]
    return np.sin(2 * np.pi * (np.cos(angle) * xs + np.sin(angle) * ys) / wavelength)


def _stripes(rng: np.random.Generator) -> Texture:
    wave = _waves(rng)
    return np.sign(wave) if rng.random() < 0.5 else wave


def _checks(rng: np.random.Generator) -> Texture:
    return np.sign(_waves(rng)) * np.sign(_waves(rng))


def _speckle(rng: np.random.Generator) -> Texture:
    dots = (rng.random((SIZE, SIZE)) < rng.uniform(0.002, 0.03)).astype(np.float64)
    return gaussian(dots, sigma=rng.uniform(1, 4))


def _rings(rng: np.random.Generator) -> Texture:
    centre = rng.uniform(0, SIZE, 2)
    ys, xs = np.mgrid[0:SIZE, 0:SIZE]
    return np.sin(2 * np.pi * np.hypot(ys - centre[0], xs - centre[1]) / rng.uniform(8, 30))


def _photographed(rng: np.random.Generator) -> Texture:
    """Brick, grass or gravel, from scikit-image's own files: cropped and turned."""
    source = np.asarray(getattr(data, PHOTOGRAPHS[int(rng.integers(len(PHOTOGRAPHS)))])())
    top, left = rng.integers(0, source.shape[0] - SIZE + 1), rng.integers(0, source.shape[1] - SIZE + 1)
    crop = source[top : top + SIZE, left : left + SIZE].astype(np.float64)
    return np.rot90(crop, int(rng.integers(4)))
