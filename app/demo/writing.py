"""Write the demo's photographs, masks and truth into a folder.

<product>/good/<stem>.jpg                                  known to be good
<product>/defect/<type>/<stem>.jpg, masks/<type>/<stem>.png    painted defects
<product>/undecided/<stem>.jpg                             nobody has judged them
<product>/truth/undecided.json, truth/masks/<stem>.png     what the undecided ones are
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from PIL import Image

from .parts import GOOD, PRODUCTS, DemoProduct, lot_of, render_part

GOOD_COUNT = 40
PAINTED_PER_TYPE = 4
UNDECIDED_GOOD = 8
UNDECIDED_FAINT = 6  # of the faint type: one painted is to teach the others
UNDECIDED_OTHER = 3  # of each other type
IMAGES_PER_PRODUCT = 72
SEEDS_PER_SET = 100_000


class DemoSet(StrEnum):
    """What a newcomer is told about an image."""

    GOOD = "good"
    DEFECT = "defect"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class DemoImage:
    """One photograph of the demo and where its files lie."""

    product: str
    shown_as: DemoSet
    kind: str  # the truth: "good" or a defect type
    seed: int
    path: Path
    mask_path: Path | None  # None: a good part

    @property
    def lot(self) -> str:
        """The lot's name, as in the file's name."""
        return f"lot-{lot_of(self.seed)}"


def plan_demo(folder: Path, seed: int = 0) -> tuple[DemoImage, ...]:
    """Every image that `write_demo` writes, in a fixed order, without rendering any."""
    return tuple(
        image for product in PRODUCTS for image in _plan_product(folder / product.name, product, seed)
    )


def write_demo(
    folder: Path,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    threads: int = 2,
) -> tuple[DemoImage, ...]:
    """Render and write every image of every product; the same seed writes the same bytes.

    Args:
        folder: made if needed; files of the same name are replaced.
        progress: called with (done, total) after every image; what it raises ends the writing.
        threads: numpy and Pillow let go of the interpreter while they work, so 2 are quicker than 1.
    """
    plan = plan_demo(folder, seed)
    for parent in {path.parent for image in plan for path in (image.path, image.mask_path) if path}:
        parent.mkdir(parents=True, exist_ok=True)
    _keep_freed_memory()
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(_write_image, image) for image in plan]
        try:
            for done, finished in enumerate(as_completed(waiting), start=1):
                finished.result()
                if progress:
                    progress(done, len(plan))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    for product in PRODUCTS:
        _write_truth(folder / product.name, [image for image in plan if image.product == product.name])
    return plan


def _plan_product(folder: Path, product: DemoProduct, seed: int) -> list[DemoImage]:
    shown = [(DemoSet.GOOD, GOOD)] * GOOD_COUNT
    shown += [(DemoSet.DEFECT, kind) for kind in product.defect_types for _ in range(PAINTED_PER_TYPE)]
    undecided = [GOOD] * UNDECIDED_GOOD
    for kind in product.defect_types:
        undecided += [kind] * (UNDECIDED_FAINT if kind == product.faint_type else UNDECIDED_OTHER)
    order = np.random.default_rng([seed, PRODUCTS.index(product)]).permutation(len(undecided))
    shown += [(DemoSet.UNDECIDED, undecided[index]) for index in order]
    return [_placed(folder, product, *what, seed * SEEDS_PER_SET + part) for part, what in enumerate(shown)]


def _placed(folder: Path, product: DemoProduct, shown_as: DemoSet, kind: str, seed: int) -> DemoImage:
    stem = f"lot-{lot_of(seed)}_part-{seed % SEEDS_PER_SET + 1:04d}"
    inner = Path(kind) if shown_as is DemoSet.DEFECT else Path()
    masks = folder / "truth" / "masks" if shown_as is DemoSet.UNDECIDED else folder / "masks" / kind
    return DemoImage(
        product=product.name,
        shown_as=shown_as,
        kind=kind,
        seed=seed,
        path=folder / shown_as / inner / f"{stem}.jpg",
        mask_path=None if kind == GOOD else masks / f"{stem}.png",
    )


def _write_image(image: DemoImage) -> None:
    part = render_part(image.product, image.kind, image.seed)
    Image.fromarray(part.pixels).save(image.path, quality=95, subsampling=0)
    if image.mask_path:
        Image.fromarray(part.mask.astype(np.uint8) * 255).save(image.mask_path)


def _write_truth(folder: Path, images: list[DemoImage]) -> None:
    truth = {
        image.path.name: {
            "kind": image.kind,
            "mask": image.mask_path.relative_to(folder).as_posix() if image.mask_path else None,
        }
        for image in images
        if image.shown_as is DemoSet.UNDECIDED
    }
    (folder / "truth" / "undecided.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")


def _keep_freed_memory() -> None:
    """Halve the time on Linux.

    glibc hands memory back after every image, and faulting it in again costs as much as the arithmetic. It
    keeps blocks up to the largest mapped one that was ever freed, so free one that was never touched.
    """
    np.empty(30 << 20, np.uint8)
