"""Preview: what would this painting change? Asked as a page asks, of a product with so many images looked at before."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from app.demo import PRODUCTS
from benchmarks.speed.lessons import Workshop
from benchmarks.speed.measured import Measured, timed
from benchmarks.speed.run import SpeedRun

PAINTINGS = 8


class PreviewFailedError(RuntimeError):
    """No preview was given, or not of all images; the message says what came."""


def measure(run: SpeedRun) -> list[Measured]:
    """Measure paintings that were never compared with anything, each once; `ours_s` is the longest."""
    images = run.sizes.preview_images
    with tempfile.TemporaryDirectory(dir=run.folder, prefix="preview-") as folder:
        shop = Workshop(
            Path(folder) / "workspace", run, images * len(PRODUCTS) + PAINTINGS, lessons=PAINTINGS
        )
        try:
            shop.build_without_lessons()
            seconds, looked_at, of = zip(*(_asked(shop, number) for number in range(PAINTINGS)), strict=True)
            again = [_asked(shop, number)[0] for number in range(PAINTINGS)]
        finally:
            shop.close()
    details = {"images": images, "p50_s": float(np.median(seconds)), "longest_s": max(seconds)}
    details |= {"looked_at": min(looked_at), "of": max(of), "again_p50_s": float(np.median(again))}
    remark = (
        f"longest of {PAINTINGS} new paintings, {min(looked_at)} of {max(of)} images of the product looked at; "
        f"median {details['p50_s']:.2f} s, asked again {details['again_p50_s']:.2f} s"
    )
    return [Measured("preview", f"preview_{images}", max(seconds), None, None, remark, details)]


def _asked(shop: Workshop, number: int) -> tuple[float, int, int]:
    """Return seconds, images looked at, and images there are."""
    found, took = timed(lambda: shop.services.preview.of(shop.lesson_images[number]))
    if found.state != "done":
        raise PreviewFailedError(f"The preview of painting {number} says {found.state!r}.")
    return took.seconds, found.looked_at, found.of
