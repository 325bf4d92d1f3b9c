"""DmadConfig: every number of the method that a person may choose, validated, and the paper's own settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from core.backbone_specs import UnknownBackboneError, backbone_spec

IMAGE_SIZES = (
    128,
    224,
    252,
    256,
    288,
    320,
    336,
    448,
)  # 14 px patches fit 224, 252, 336, 448; 16 px ones others


class ConfigError(ValueError):
    """A setting is outside what the method allows; the message names it, its value and what is allowed."""


@dataclass(frozen=True)
class DmadConfig:
    """Settings of one detector. Sections and equations are those of arXiv 2403.12362."""

    # 3.1 patch feature encoder
    backbone: str = "efficientnet_lite0"
    image_size: int = 256  # px, square
    aggregation: str = "fine"  # finest map as it is, 3x3 average of the coarser ones, the last doubled. "mean": average of all,
    # "patchcore": the paper's
    scaling: str = (
        "overall"  # of features, by their spread in the fit's normal patches. "overall": one factor, which
    )
    # keeps the features' own distances. "channel": one each. "none": the paper's
    # 3.1 filter (eq. 2)
    mask_filter: str = "coverage"  # "coverage" | "bilinear" (the paper's) | "none" (its ablation)
    coverage_threshold: float = 0.25
    # 3.2 normal bank (eq. 3)
    coreset_fraction: float = 0.02
    coreset_minimum: int = 1000  # rows a product keeps at least, or all there are
    normal_scope: str = (
        "product"  # "product": compare with good patches of the image's own product; "all": of any
    )
    coreset_scope: str = "product"  # "product" | "all": one coreset over everything (the paper's)
    coreset_projection: int = 128  # dimensions of the random projection; 0: none
    trimmed_fraction: float = 0.0  # patches farthest from other images' patches, left out of the coreset
    # 3.2 abnormal bank (eq. 4, 5, anomaly centre sampling)
    outlier_beta: float = 0.6
    outlier_limit: int = 5000  # rows of M_o
    centres: str = "none"  # no M_p. "regions": centres per painted region. "single": the paper's
    centre_sigma: float = 0.1  # "regions": times the feature's own spread; "single": absolute
    # 3.2 knowledge (eq. 6-9)
    attention: str = "never"  # "never" | "unsupervised" (the paper's) | "always"
    abnormal_knowledge: bool = True  # False: none of the abnormal bank, o is then 2C (the paper's ablation)
    # 3.3 anomaly score mapper (eq. 12)
    head_width: int = 128
    noise_sigma: float = 0.3
    noise_relative: bool = True  # times the projected feature's own spread (per channel)
    noise_tied: bool = True  # one draw for the three parts of o
    hinge_pseudo_unsupervised: float = 1.0  # lambda 1 with nothing painted
    hinge_pseudo: float = 0.5  # lambda 1 with painted defects
    hinge_seen: float = 3.0  # lambda 2
    balanced: bool = (
        True  # batches of patches balanced over products; False: whole images, epochs (the paper's)
    )
    fit_steps: int = 100
    teach_steps: int = 100
    epochs: int = 48  # where batches are whole images
    batch_images: int = 32
    batch_normal: int = 128
    batch_seen: int = 64
    rate_projection: float = 1e-3
    rate_mapper: float = 2e-3
    weight_decay: float = 1e-5  # of the mapper alone
    ema: float = 0.99  # 0: none
    gradient_clip: float = 1.0  # 0: none
    reservoir: int = 40_000  # normal patches replayed
    folds: int = (
        3  # of the cross-fitted heads; 1: one head, calibrated on its own training images (the paper's)
    )
    # 3.4 scoring
    top_patches: int = 5
    usual_share: float = 0.5  # of the usual distance, taken off for the image score; 0: none (the paper's)
    overkill: float = 0.05  # share of good training images above the limit
    combine: str = "evidence"  # "evidence": distance + w * head, w by evidence. "head": the paper's score
    borrowed_weight: float = (
        0.0  # of the head for a product of which nothing is painted, where others are; 0: none
    )
    known_defects: bool = True  # an image that nearly coincides with a painted defect is rejected
    match_margin: float = 0.8  # of the distance from the painted patch to the nearest good one
    resemblance: float = 1.0  # weight of "nearer to painted patches than to good ones"; 0: none (the paper's)
    resemblance_margin: float = 0.8  # of the distance to painted patches, taken off the distance to good ones
    seed: int = 0

    def __post_init__(self) -> None:
        _choice(self, "aggregation", ("fine", "mean", "patchcore"))
        _choice(self, "scaling", ("overall", "channel", "none"))
        _choice(self, "mask_filter", ("coverage", "bilinear", "none"))
        _choice(self, "normal_scope", ("product", "all"))
        _choice(self, "coreset_scope", ("product", "all"))
        _choice(self, "centres", ("regions", "single", "none"))
        _choice(self, "attention", ("never", "unsupervised", "always"))
        _choice(self, "combine", ("evidence", "head"))
        _choice(self, "image_size", IMAGE_SIZES)
        _backbone_fits(self)
        for name in (
            "coverage_threshold",
            "coreset_fraction",
            "outlier_beta",
            "overkill",
            "match_margin",
            "usual_share",
        ):
            _between(self, name, 0.0, 1.0)
        _between(self, "trimmed_fraction", 0.0, 0.2)
        _between(self, "resemblance", 0.0, 10.0)
        _between(self, "borrowed_weight", 0.0, 2.0)
        _between(self, "resemblance_margin", 0.0, 1.0)
        _between(self, "folds", 1, 10)
        for name in (
            "coreset_minimum",
            "head_width",
            "batch_normal",
            "batch_seen",
            "top_patches",
            "batch_images",
        ):
            _between(self, name, 1, 10_000_000)
        if self.attention != "never" and self.balanced:
            raise ConfigError(
                f"attention={self.attention!r} needs whole images in a batch: set balanced=False (asked: balanced=True)"
            )

    def attends(self, *, has_seen: bool) -> bool:
        """Return whether eq. 8 is added to the distances, with painted defects or without."""
        return self.attention == "always" or (self.attention == "unsupervised" and not has_seen)

    @classmethod
    def paper(cls) -> DmadConfig:
        """Return the paper's literal settings (sections 3 and 4.1), to reproduce its tables."""
        return cls(
            backbone="wide_resnet50_2",
            aggregation="patchcore",
            scaling="none",
            mask_filter="bilinear",
            normal_scope="all",
            coreset_scope="all",
            trimmed_fraction=0.0,
            centres="single",
            attention="unsupervised",
            head_width=1024,
            noise_sigma=0.015,
            noise_relative=False,
            noise_tied=False,
            hinge_seen=15.0,
            balanced=False,
            rate_projection=1e-4,
            rate_mapper=2e-4,
            ema=0.0,
            gradient_clip=0.0,
            folds=1,
            usual_share=0.0,
            combine="head",
            known_defects=False,
            resemblance=0.0,
        )

    def with_settings(self, chosen: Mapping[str, object]) -> DmadConfig:
        """Return these settings with those that a person chose in their place.

        Raises:
            ConfigError: a name that is no setting, a value of another kind, or one out of range.
        """
        for name, value in chosen.items():
            if name not in {field.name for field in fields(self)}:
                known = ", ".join(field.name for field in fields(self))
                raise ConfigError(f"there is no setting {name!r}; there are {known}")
            _of_its_kind(name, value, getattr(self, name))
        return replace(self, **chosen)  # type: ignore[arg-type]  # each was checked above

    def to_json(self) -> str:
        """Return the settings as JSON with sorted keys: equal settings give equal text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> DmadConfig:
        """Read what `to_json` wrote.

        Raises:
            ConfigError: for a name that is no setting, or a value out of range.
        """
        values: dict[str, Any] = json.loads(text)
        if "standardise" in values:  # what `scaling` was called when there were two kinds
            values["scaling"] = "channel" if values.pop("standardise") else "none"
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise ConfigError(
                f"unknown settings {', '.join(unknown)}: this model was made by a newer Twinbank"
            )
        return cls(**values)


def _backbone_fits(config: DmadConfig) -> None:
    try:
        spec = backbone_spec(config.backbone)
    except UnknownBackboneError as error:
        raise ConfigError(str(error)) from error
    if not spec.takes(config.image_size):
        sizes = ", ".join(str(size) for size in IMAGE_SIZES if spec.takes(size))
        raise ConfigError(
            f"{config.backbone} sees images in patches of {spec.patch} px: image_size={config.image_size} is no "
            f"multiple of that; there are {sizes}"
        )


def _of_its_kind(name: str, value: object, usual: object) -> None:
    """Refuse "200" for 200 and 1 for true; a whole number may stand where a fraction is usual."""
    allowed = (int, float) if isinstance(usual, float) else (type(usual),)
    if type(value) not in allowed:
        kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
        raise ConfigError(f"{name} is {kinds[type(usual)]}, such as {usual!r}, not {value!r}")


def _choice(config: DmadConfig, name: str, allowed: tuple[object, ...]) -> None:
    value = getattr(config, name)
    if value not in allowed:
        raise ConfigError(f"{name}={value!r} is not one of {', '.join(map(repr, allowed))}")


def _between(config: DmadConfig, name: str, low: float, high: float) -> None:
    value = getattr(config, name)
    if not low <= value <= high:
        raise ConfigError(f"{name}={value!r} is not between {low} and {high}")
