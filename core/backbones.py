"""Frozen pretrained networks and their weights: embedded in a package, downloaded once, or from a file.

Shapes in this file
    B  images      H, W  pixels      C_l, H_l, W_l  one tapped feature map
"""

from __future__ import annotations

import hashlib
import importlib.util
from copy import deepcopy
from pathlib import Path

import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from timm.models.eva import Eva
from timm.models.eva import checkpoint_filter_fn as eva_state
from timm.models.vision_transformer import VisionTransformer
from timm.models.vision_transformer import checkpoint_filter_fn as transformer_state
from torch import Tensor, nn

from core.backbone_specs import BACKBONES, BackboneSpec, UnknownBackboneError, backbone_spec
from core.lite_weights import timm_key

__all__ = [
    "BACKBONES",
    "Backbone",
    "UnknownBackboneError",
    "WeightsDamagedError",
    "WeightsUnavailableError",
    "download_weights",
    "downloaded_file",
    "keep_weights",
    "load_backbone",
]


TORCH_STARTS = (b"PK", b"\x80\x02")  # first bytes of what torch.save writes, now and before 2020


class WeightsUnavailableError(RuntimeError):
    """A backbone's weights are not on this machine; the message says how to get them."""


class WeightsDamagedError(RuntimeError):
    """A weights file is not what it should be; the message gives both hashes or the missing keys."""


class Backbone(nn.Module):
    """A frozen network that stops after its last tap.

    forward: (B, 3, H, W) normalised float32 -> list of feature maps (B, C_l, H_l, W_l), finest first.
    """

    def __init__(self, spec: BackboneSpec, stages: list[nn.Module], weights_sha256: str) -> None:
        super().__init__()
        self.spec = spec
        self.weights_sha256 = weights_sha256
        self.stages = nn.ModuleList(stages)
        self.eval().requires_grad_(False)

    def forward(self, images: Tensor) -> list[Tensor]:
        raise NotImplementedError

    def for_size(self, image_size: int) -> Backbone:
        """Return the network for square images of one size (px); by itself it takes any."""
        return self


class ConvolutionalBackbone(Backbone):
    """Runs its stages in order; a tap is the output of a stage."""

    def __init__(self, spec: BackboneSpec, network: nn.Module, weights_sha256: str) -> None:
        stages, self._taps = _stages(network, spec.taps)
        super().__init__(spec, stages, weights_sha256)

    def forward(self, images: Tensor) -> list[Tensor]:
        maps = []
        for stage, is_tap in zip(self.stages, self._taps, strict=True):
            images = stage(images)
            if is_tap:
                maps.append(images)
        return maps


class TransformerBackbone(Backbone):
    """A vision transformer; a tap is what a block leaves of the patches, laid out as the image is.

    Class and register tokens see all patches and belong to none: they are dropped. Positions are interpolated to the
    grid that the image has. All taps have one grid.
    """

    def __init__(self, spec: BackboneSpec, network: VisionTransformer | Eva, weights_sha256: str) -> None:
        self._blocks = [int(tap.removeprefix("blocks.")) for tap in spec.taps]
        network.prune_intermediate_layers(self._blocks, prune_norm=False, prune_head=True)
        super().__init__(spec, [network], weights_sha256)

    def forward(self, images: Tensor) -> list[Tensor]:
        maps: list[Tensor] = self.stages[0].forward_intermediates(  # type: ignore[operator]
            images, indices=self._blocks, norm=True, output_fmt="NCHW", intermediates_only=True
        )
        return maps

    def for_size(self, image_size: int) -> Backbone:
        """Interpolate the positions once: no runtime then has an interpolation of its own."""
        copied = deepcopy(self)
        (network,) = copied.stages
        if isinstance(network, VisionTransformer):  # Eva computes its positions from the grid
            network.set_input_size(img_size=(image_size, image_size))
        return copied


def load_backbone(name: str, weights_file: Path | None = None, *, random_seed: int | None = None) -> Backbone:
    """Build a registered backbone with its pretrained weights.

    Args:
        weights_file: a .safetensors or .pth state dict to use instead of the embedded or downloaded one: timm's, or
            as its makers publish it.
        random_seed: seeded random weights instead of pretrained ones; for tests of shapes and speed only.

    Raises:
        UnknownBackboneError, WeightsUnavailableError, WeightsDamagedError
    """
    spec = backbone_spec(name)
    if random_seed is not None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(random_seed)
            return _cut(spec, _network(spec), f"random-{random_seed}")
    network, digest = _loaded(name, weights_file or _default_file(name, spec))
    return _cut(spec, network, digest)


def downloaded_file(name: str) -> Path:
    """Return where a backbone's weights are kept that no package carries, whether there yet or not."""
    return Path.home() / ".cache" / "twinbank" / "weights" / f"{name}.safetensors"


def download_weights(name: str) -> Path:
    """Fetch a backbone's weights over the network, once, because a person asked for it.

    Raises:
        UnknownBackboneError
        WeightsUnavailableError: if they can't be fetched.
    """
    spec = backbone_spec(name)
    try:
        network = _network(spec, pretrained=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise WeightsUnavailableError(
            f"the weights of {name} can't be downloaded: {error}. On another machine download "
            f"{spec.timm_name} and hand the file over with python3 launch.py weights {name} --file FILE"
        ) from error
    return _keep(name, network)


def keep_weights(name: str, file: Path) -> Path:
    """Check a weights file (.safetensors or .pth) and keep it where every command finds it; return where.

    Raises:
        UnknownBackboneError, WeightsUnavailableError, WeightsDamagedError
    """
    network, _ = _loaded(name, file)
    return _keep(name, network)


def _keep(name: str, network: nn.Module) -> Path:
    target = downloaded_file(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    save_file({key: value.contiguous() for key, value in network.state_dict().items()}, part)
    part.replace(target)
    return target


def _network(spec: BackboneSpec, *, pretrained: bool = False) -> nn.Module:
    if spec.patch is None:
        return timm.create_model(spec.timm_name, pretrained=pretrained)
    return timm.create_model(spec.timm_name, pretrained=pretrained, dynamic_img_size=True)


def _loaded(name: str, path: Path) -> tuple[nn.Module, str]:
    """Return the whole network with the file's weights, and the file's SHA-256."""
    spec = backbone_spec(name)
    network = _network(spec)
    state, digest = _read_state(path)
    try:
        network.load_state_dict(_timm_state(state, spec, network, digest), strict=True)
    except (RuntimeError, KeyError, AttributeError) as error:
        raise WeightsDamagedError(f"{path} does not hold the weights of {name}: {error}") from error
    return network, digest


def _timm_state(
    state: dict[str, Tensor], spec: BackboneSpec, network: nn.Module, digest: str
) -> dict[str, Tensor]:
    """Return the state dict with timm's names."""
    if spec.embedded and digest == spec.embedded.sha256:
        depths = [len(stage) for stage in network.get_submodule("blocks").children()]  # type: ignore[arg-type]
        return {timm_key(key, depths): value for key, value in state.items()}
    if isinstance(network, Eva):
        return eva_state(state, network)
    if isinstance(network, VisionTransformer):
        return transformer_state(state, network)
    return state


def _cut(spec: BackboneSpec, network: nn.Module, weights_sha256: str) -> Backbone:
    if isinstance(network, VisionTransformer | Eva):
        return TransformerBackbone(spec, network, weights_sha256)
    return ConvolutionalBackbone(spec, network, weights_sha256)


def _default_file(name: str, spec: BackboneSpec) -> Path:
    if spec.embedded is None:
        if not downloaded_file(name).exists():
            raise WeightsUnavailableError(
                f"the weights of {name} are not on this machine: fetch them once with "
                f"python3 launch.py weights {name}, or without a network from a file with "
                f"python3 launch.py weights {name} --file FILE"
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
        try:
            return load_file(path), digest
        except SafetensorError as error:
            raise WeightsDamagedError(f"{path} can't be read: {error}") from error
    with path.open("rb") as file:
        if file.read(2) not in TORCH_STARTS:
            raise WeightsDamagedError(f"{path} is neither a .safetensors nor a .pth file of weights")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError) as error:
        raise WeightsDamagedError(f"{path} can't be read: {error}") from error
    if not isinstance(state, dict):
        raise WeightsDamagedError(f"{path} holds a {type(state).__name__}, not named weights")
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
