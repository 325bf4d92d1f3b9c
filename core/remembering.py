"""What goes into the memories: coresets of good images, outlier mixtures, painted patches (section 3.2).

Shapes in this file
    N = H0 * W0  patches of an image      C  feature dimension      M  rows kept      K  outlier images
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from core.anomaly_center import sample_around_centres
from core.banks import NOBODY, NormalBank, PaintedLesson, Provenance, Segment
from core.config import DmadConfig
from core.coreset import ROWS_AT_ONCE, greedy_k_centre
from core.mask_filter import filter_mask
from core.progress import Progress, Report
from core.projection import ProjectedPatches

if TYPE_CHECKING:
    from core.teaching import GoodImage, Lesson

Standardise = Callable[[Tensor], Tensor]
SUSPECT_SAMPLE = 2_000  # patches of a product that each patch is compared with, to find suspects


def remember_normal(
    good: Sequence[GoodImage], standardise: Standardise, config: DmadConfig, report: Report
) -> tuple[NormalBank, tuple[int, ...]]:
    """Build M_n (eq. 3): a coreset per product, or one over everything. Returns it and the suspects' image ids."""
    products = sorted({image.product for image in good})
    by_product = {product: [image for image in good if image.product == product] for product in products}
    suspects: list[int] = []
    if config.coreset_scope == "all":
        chosen = _select(list(good), standardise, config, suspects, report)
        return NormalBank([_product_segment(product, good, chosen) for product in products]), tuple(suspects)
    segments = []
    for number, product in enumerate(products):
        report(Progress("Choosing what to remember", number, len(products)))
        chosen = _select(by_product[product], standardise, config, suspects, report)
        segments.append(_product_segment(product, by_product[product], chosen))
    return NormalBank(segments), tuple(suspects)


def extend_normal(
    bank: NormalBank, good: Sequence[GoodImage], standardise: Standardise, config: DmadConfig
) -> NormalBank:
    """Let new good images extend their product's rows, and take out the rows of images that are no longer good.

    Greedy goes on from the present rows while the farthest new patch lies farther than the rows' own reach. A
    segment that nothing touches is returned as it is, so that what was cached for it stays valid.
    """
    segments = {segment.product: segment for segment in bank.segments}
    by_product: dict[str, list[GoodImage]] = {}
    for image in good:
        by_product.setdefault(image.product, []).append(image)
    result = []
    for product in sorted(by_product):
        images, segment = by_product[product], segments.get(product)
        if segment is None:
            result.append(_product_segment(product, images, _select(images, standardise, config, [], _quiet)))
            continue
        present = {image.image_id for image in images}
        keep = torch.tensor([int(i) in present for i in segment.provenance.images], dtype=torch.bool)
        kept = segment if bool(keep.all()) else _taken(segment, keep)
        new = [image for image in images if image.image_id not in segment.built_from]
        gone = segment.built_from - present
        if new:
            kept = _grown(kept, new, standardise, config)
        if new or gone:
            kept = _rebuilt(kept, frozenset(present))
        result.append(kept)
    return NormalBank(result)


def _quiet(progress: Progress) -> None:
    pass


def _select(
    images: list[GoodImage],
    standardise: Standardise,
    config: DmadConfig,
    suspects: list[int],
    report: Report,
) -> dict[int, tuple[Tensor, Tensor]]:
    """Pick rows over the images' patches: image index -> (cells, features), in image order."""
    generator = torch.Generator().manual_seed(config.seed)
    patches = _projected(images, standardise, config, generator)
    points = patches.points  # (sum N, d)
    usable: Tensor | None = None  # None: all
    if config.trimmed_fraction:
        owners = torch.tensor([image.own_id for image in images]).repeat_interleave(patches.per_image)
        trimmed = _farthest_from_others(points, owners.to(points.device), config.trimmed_fraction, generator)
        image_of, _ = patches.locate(trimmed)
        suspects.extend(sorted({images[number].image_id for number in image_of.tolist()}))
        mask = torch.ones(len(points), dtype=torch.bool, device=points.device)
        mask[trimmed] = False
        usable = mask.nonzero().squeeze(1)
    wanted = max(config.coreset_minimum, round(config.coreset_fraction * len(points)))
    if usable is None:
        picks = greedy_k_centre(points, min(wanted, len(points)), report=report).picks
    else:
        usable_points = _moved_together(points, usable)
        chosen = greedy_k_centre(usable_points, min(wanted, len(usable)), report=report).picks
        picks = usable.cpu()[chosen]
    picks = picks.sort().values
    image_of, cell_of = patches.locate(picks)
    rows = patches.take(picks)
    return {
        number: (cell_of[image_of == number], rows[(image_of == number).to(rows.device)])
        for number in image_of.unique().tolist()
    }


def _projected(
    images: Sequence[GoodImage], standardise: Standardise, config: DmadConfig, generator: torch.Generator
) -> ProjectedPatches:
    readers = [_Standardised(image.features, standardise) for image in images]
    return ProjectedPatches(readers, config.coreset_projection, generator)


@dataclass(frozen=True, eq=False)
class _Standardised:
    """Reads one image's patches as the banks hold them."""

    features: Callable[[], Tensor]
    standardise: Standardise

    def __call__(self) -> Tensor:
        return self.standardise(self.features())


def _farthest_from_others(
    points: Tensor, owners: Tensor, fraction: float, generator: torch.Generator
) -> Tensor:
    """Indices of the `fraction` of patches that lie farthest from a sample of other parts' patches."""
    sample = torch.randperm(len(points), generator=generator)[:SUSPECT_SAMPLE].to(points.device)
    reference, reference_owner = points[sample], owners[sample]
    nearest = torch.empty(len(points), device=points.device)
    for start in range(0, len(points), 4096):
        block = slice(start, start + 4096)
        distances = torch.cdist(points[block], reference)
        distances.masked_fill_(owners[block][:, None] == reference_owner[None, :], torch.inf)
        nearest[block] = distances.amin(dim=1)
    nearest[torch.isinf(nearest)] = 0
    return nearest.topk(round(fraction * len(points))).indices


def _moved_together(points: Tensor, usable: Tensor) -> Tensor:
    """Return the `usable` points (ascending indices), moved to the front of `points` itself: no second copy of them."""
    for start in range(0, len(usable), ROWS_AT_ONCE):
        part = usable[start : start + ROWS_AT_ONCE]
        points[start : start + len(part)] = points[part]  # none of them lies before its new place
    return points[: len(usable)]


def _product_segment(
    product: str, images: Sequence[GoodImage], picked: dict[int, tuple[Tensor, Tensor]]
) -> Segment:
    mine = [(number, part) for number, part in picked.items() if images[number].product == product]
    if not mine:
        raise ValueError(f"no row of {product} was picked")
    features = torch.cat([part[1] for _, part in mine])
    sizes = torch.tensor([len(part[0]) for _, part in mine])
    nobody = torch.full((len(features),), NOBODY, dtype=torch.int64)
    provenance = Provenance(
        ids=torch.arange(len(features)),
        images=torch.repeat_interleave(torch.tensor([images[n].image_id for n, _ in mine]), sizes),
        owners=torch.repeat_interleave(torch.tensor([images[n].own_id for n, _ in mine]), sizes),
        cells=torch.cat([part[0] for _, part in mine]),
        types=nobody,
        coverage=torch.zeros(len(features)),
    )
    built_from = frozenset(image.image_id for image in images if image.product == product)
    return Segment(f"normal/{product}", features, provenance, product, built_from=built_from)


def _taken(segment: Segment, keep: Tensor) -> Segment:
    features = segment.features[keep.to(segment.features.device)]
    return Segment(
        segment.name, features, segment.provenance.take(keep), segment.product, built_from=segment.built_from
    )


def _rebuilt(segment: Segment, built_from: frozenset[int]) -> Segment:
    return Segment(segment.name, segment.features, segment.provenance, segment.product, built_from=built_from)


def _grown(segment: Segment, new: list[GoodImage], standardise: Standardise, config: DmadConfig) -> Segment:
    """Add the new images' patches that lie farther from the rows than the rows reach, farthest first."""
    patches = _projected(new, standardise, config, torch.Generator().manual_seed(config.seed))
    wanted = max(1, min(round(config.coreset_fraction * len(patches.points)), len(patches.points)))
    picks = greedy_k_centre(patches.points, wanted, chosen=patches.project(segment.features)).picks
    image_of, cell_of = patches.locate(picks)
    first_id = int(segment.provenance.ids.max()) + 1 if len(segment) else 0
    old = segment.provenance
    provenance = Provenance(
        ids=torch.cat([old.ids, torch.arange(first_id, first_id + len(picks))]),
        images=torch.cat([old.images, torch.tensor([new[number].image_id for number in image_of.tolist()])]),
        owners=torch.cat([old.owners, torch.tensor([new[number].own_id for number in image_of.tolist()])]),
        cells=torch.cat([old.cells, cell_of]),
        types=torch.cat([old.types, torch.full((len(picks),), NOBODY, dtype=torch.int64)]),
        coverage=torch.cat([old.coverage, torch.zeros(len(picks))]),
    )
    features = torch.cat([segment.features, patches.take(picks)])
    return Segment(segment.name, features, provenance, segment.product, built_from=segment.built_from)


def remember_outliers(
    outliers: Tensor, good: Sequence[GoodImage], standardise: Standardise, config: DmadConfig
) -> Segment:
    """Build M_o (eq. 4): Coreset(beta * F(x_o) + (1 - beta) * F(x_n)), x_n a random good image; at most a cap of rows."""
    generator = torch.Generator().manual_seed(config.seed + 1)
    partners = [int(torch.randint(len(good), (1,), generator=generator)) for _ in range(len(outliers))]

    def mixture(number: int) -> Tensor:
        partner = good[partners[number]].features()
        return standardise(config.outlier_beta * outliers[number] + (1 - config.outlier_beta) * partner)

    readers = [partial(mixture, number) for number in range(len(outliers))]
    patches = ProjectedPatches(readers, config.coreset_projection, generator)
    count = min(config.outlier_limit, max(1, round(config.coreset_fraction * len(patches.points))))
    picks = greedy_k_centre(patches.points, count).picks
    return Segment("outliers", patches.take(picks), Provenance.made_up(len(picks)))


def remember_lesson(
    lesson: Lesson, standardise: Standardise, grid: tuple[int, int], config: DmadConfig
) -> PaintedLesson:
    """Turn one painted image into rows of M_as (eq. 2, 5) and M_p."""
    names = tuple(name for name, _ in lesson.layers)
    any_mask = np.logical_or.reduce([mask for _, mask in lesson.layers])
    cells = filter_mask(
        any_mask, grid, ignore=lesson.ignore, threshold=config.coverage_threshold, mode=config.mask_filter
    )
    index = np.flatnonzero(cells.anomalous)
    by_type = np.stack([filter_mask(mask, grid).coverage.ravel()[index] for _, mask in lesson.layers])
    features = standardise(lesson.features())[torch.from_numpy(index)]
    count = len(index)
    provenance = Provenance(
        ids=torch.arange(count),
        images=torch.full((count,), lesson.image_id, dtype=torch.int64),
        owners=torch.full((count,), lesson.own_id, dtype=torch.int64),
        cells=torch.from_numpy(index),
        types=torch.from_numpy(by_type.argmax(0)) if count else torch.zeros(0, dtype=torch.int64),
        coverage=torch.from_numpy(cells.coverage.ravel()[index]),
    )
    painted = Segment(
        f"painted/{lesson.lesson_id}",
        features,
        provenance,
        lesson.product,
        lesson.lesson_id,
        defect_types=names,
    )
    seed = int.from_bytes(hashlib.sha256(f"{config.seed}/{lesson.lesson_id}".encode()).digest()[:6], "big")
    regions = torch.from_numpy(cells.region.ravel()[index].astype(np.int64))
    if config.centres == "single":
        regions = torch.zeros_like(regions)
    samples, sample_count = features, count
    if config.centres == "none":
        samples, sample_count = features[:0], 0
    elif count:
        samples = sample_around_centres(
            features,
            regions,
            sigma=config.centre_sigma,
            relative=config.centres == "regions",
            generator=torch.Generator().manual_seed(seed),
        )
    centres = Segment(
        f"centres/{lesson.lesson_id}",
        samples,
        Provenance.made_up(sample_count, lesson.own_id),
        lesson.product,
        lesson.lesson_id,
        defect_types=names,
    )
    return PaintedLesson(lesson.lesson_id, lesson.image_id, lesson.own_id, lesson.product, painted, centres)
