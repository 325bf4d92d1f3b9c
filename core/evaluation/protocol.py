"""Evaluation: fit on good images, teach n painted defects per product, judge on the rest.

The rules: nothing is chosen on test images; products are never pooled but for the figure that says so; the
seen defects of a seed are left out of the test images at every n, so that columns compare (the paper's own protocol
leaves out only what was seen); the first n of one permutation are seen at n, so that what 5 saw, 10 saw too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from core.config import DmadConfig
from core.datasets import ProductData
from core.evaluation.cells import Cell, cell_from_json, cell_to_json
from core.evaluation.figures import ResultRow, RunKey, means
from core.evaluation.inputs import (
    Drawn,
    Ids,
    SeenListError,
    TooFewDefectsError,
    draw_seen,
    fit_detector,
    full_mask,
    good_images,
    lesson_of,
    seen_name,
)
from core.evaluation.run import Run, RunSettings
from core.evaluation.summary import summary
from core.feature_store import FeatureStore
from core.pixel_metrics import SIZE
from core.progress import Report, silent

__all__ = [
    "Evaluation",
    "EvaluationPlan",
    "Ids",
    "ResumeError",
    "SeenListError",
    "TooFewDefectsError",
    "draw_seen",
    "evaluate",
    "fit_detector",
    "full_mask",
    "good_images",
    "lesson_of",
]


class ResumeError(ValueError):
    """A file of figures belongs to another run; the message names a setting that differs."""


@dataclass(frozen=True)
class EvaluationPlan:
    """What is asked for."""

    seen: tuple[int, ...] = (0, 10)
    seeds: tuple[int, ...] = (0,)
    config: DmadConfig = field(default_factory=DmadConfig)
    complete: bool = True  # a mask shows every defect of its image, so the rest of it may serve as normal
    protocol: str = "default"  # "paper": the test images are all but the n defects that were seen
    ablate: bool = False  # the rows of the paper's ablation too
    transfer: bool = False  # other products' defects alone too
    root: Path | None = None  # paths of images are given relative to it
    seen_list: Mapping[int, Drawn] | None = None  # per seed; None: drawn

    @property
    def most_seen(self) -> int:
        """The largest number of painted defects."""
        return max(self.seen)


@dataclass(frozen=True)
class Evaluation:
    """What was measured. Figures are fractions of 1."""

    settings: dict[str, Any]
    cells: tuple[Cell, ...]

    @property
    def own(self) -> tuple[Cell, ...]:
        """The cells of the evaluation itself, without experiments."""
        return tuple(cell for cell in self.cells if not cell.key.experiment)

    @property
    def results(self) -> tuple[ResultRow, ...]:
        """Figures per product."""
        return tuple(row for cell in self.own for row in cell.rows)

    @property
    def pooled(self) -> tuple[ResultRow, ...]:
        """All products' images ranked as one: what one common threshold would see."""
        return tuple(row for cell in self.own for row in cell.pooled)

    @property
    def calls(self) -> tuple[dict[str, Any], ...]:
        """At each product's reject limit, and at the overkill that can be shown."""
        return self.detail("calls")

    def detail(self, name: str) -> tuple[dict[str, Any], ...]:
        """Return one of `core.evaluation.cells.DETAILS` of all own cells."""
        return tuple(entry for cell in self.own for entry in cell.details[name])

    def to_json_object(self) -> dict[str, Any]:
        """Return what is written to a file."""
        seconds = {name: value for cell in self.cells for name, value in cell.seconds.items()}
        error = max((cell.largest_pixel_error for cell in self.cells), default=0.0)
        return {
            "settings": self.settings | {"seconds": seconds, "largest_pixel_error": error},
            "results": [asdict(row) for row in self.results],
            "means": [asdict(row) for row in means(self.results)],
            "pooled": [asdict(row) for row in self.pooled],
            "summary": summary(self.results),
            **cell_to_json(self.cells),
        }

    @classmethod
    def from_json_object(cls, content: dict[str, Any]) -> Evaluation:
        """Read what `to_json_object` gave.

        Raises:
            ResumeError: it is no file of figures, or one of an older form.
        """
        try:
            settings = {
                k: v for k, v in content["settings"].items() if k not in ("seconds", "largest_pixel_error")
            }
            return cls(settings, cell_from_json(content))
        except (KeyError, TypeError, AttributeError) as error:
            raise ResumeError(
                f"this is no file of figures that can be resumed ({error} is missing): run without --resume"
            ) from error


def evaluate(
    products: Sequence[ProductData],
    plan: EvaluationPlan,
    store: FeatureStore,
    report: Report = silent,
    *,
    done: Evaluation | None = None,
    save: Callable[[Evaluation], None] = lambda evaluation: None,
) -> Evaluation:
    """Run the protocol.

    Args:
        store: gives patch features; its encoder must be the one that `plan.config` names.
        done: what an earlier run of the same settings has measured; its cells are not measured again.
        save: called after every cell with all that is measured so far.

    Raises:
        TooFewDefectsError, NothingToLearnError, MaskSizeError, ImageRefusedError, ResumeError
    """
    draws = _draws(products, plan)
    settings = _settings(products, plan, store, draws)
    cells = {cell.key: cell for cell in _continued(done, settings)} if done else {}
    store.prepare([path for product in products for path in _paths(product)], report)
    run = Run(
        products, RunSettings(plan.config, plan.complete, plan.protocol == "paper", plan.root), draws, store
    )
    wanted = run.keys(plan.seen, plan.seeds, ablate=plan.ablate, transfer=plan.transfer)
    for key in wanted:
        if key not in cells:
            cells[key] = run.measure(key, report)
            save(_in_order(settings, cells, wanted))
    return _in_order(settings, cells, wanted)


def _in_order(settings: dict[str, Any], cells: Mapping[RunKey, Cell], wanted: Sequence[RunKey]) -> Evaluation:
    return Evaluation(settings, tuple(cells[key] for key in wanted if key in cells))


def _draws(products: Sequence[ProductData], plan: EvaluationPlan) -> dict[int, Drawn]:
    if plan.seen_list is None:
        return {seed: {p.name: draw_seen(p, plan.most_seen, seed) for p in products} for seed in plan.seeds}
    for seed in plan.seeds:
        for product, listed in plan.seen_list[seed].items():
            if len(listed) < plan.most_seen:
                raise SeenListError(
                    f"the list of seen images has {len(listed)} of {product} for seed {seed}, "
                    f"but --seen asks for {plan.most_seen}"
                )
    return {
        seed: {product: listed[: plan.most_seen] for product, listed in plan.seen_list[seed].items()}
        for seed in plan.seeds
    }


def _continued(done: Evaluation, settings: dict[str, Any]) -> tuple[Cell, ...]:
    for name in (*settings, *done.settings):
        if name != "threads" and settings.get(name) != done.settings.get(name):
            raise ResumeError(
                f"the figures to go on from were made with another {name.replace('_', ' ')}: name another file "
                "with --json, or run with the settings they were made with"
            )
    return done.cells


def _paths(product: ProductData) -> list[Path]:
    defects = (*product.defects, *product.train_defects)
    return [*product.train_good, *product.test_good, *(defect.path for defect in defects)]


def _settings(
    products: Sequence[ProductData], plan: EvaluationPlan, store: FeatureStore, draws: Mapping[int, Drawn]
) -> dict[str, Any]:
    return {
        "seen": sorted(set(plan.seen)),
        "seeds": list(plan.seeds),
        "config": asdict(plan.config),
        "protocol": plan.protocol,
        "encoder": store.encoder.fingerprint,
        "outlier_images": store.outlier_source,
        "pixel_size": SIZE,
        "masks_are_complete": plan.complete,
        "threads": torch.get_num_threads(),
        "products": {
            p.name: {
                "train_good": len(p.train_good),
                "test_good": len(p.test_good),
                "defects": len(p.defects),
                "train_defects": len(p.train_defects),
            }
            for p in products
        },
        "seen_images": {
            str(seed): {name: [seen_name(d) for d in drawn] for name, drawn in by_product.items()}
            for seed, by_product in draws.items()
        },
    }
