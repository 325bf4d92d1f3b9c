"""Patch features: closed forms, and a pretrained network that really is pretrained."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.backbones import (
    UnknownBackboneError,
    WeightsDamagedError,
    WeightsUnavailableError,
    load_backbone,
)
from core.config import DmadConfig
from core.encoder import (
    EncoderMismatchError,
    PatchEncoder,
    aggregate_fine,
    aggregate_mean,
    aggregate_patchcore,
    build_encoder,
)

CPU = torch.device("cpu")


def test_mean_aggregation_averages_three_by_three_and_concatenates() -> None:
    fine = torch.arange(16.0).reshape(1, 1, 4, 4)
    coarse = torch.full((1, 2, 2, 2), 9.0)

    features = aggregate_mean([fine, coarse])

    assert features.shape == (1, 16, 3)
    assert features[0, 5, 0] == pytest.approx(fine[0, 0, 0:3, 0:3].mean())
    # A 3x3 average at the border counts the zeros beyond it: 4 of 9 cells of a corner are inside.
    assert features[0, 0, 1] == pytest.approx(9 * 4 / 9)


def test_fine_aggregation_leaves_the_finest_map_averages_the_coarser_ones_and_doubles_the_last() -> None:
    fine = torch.arange(16.0).reshape(1, 1, 4, 4)
    coarse, coarsest = torch.full((1, 2, 2, 2), 9.0), torch.arange(4.0).reshape(1, 1, 2, 2)

    features = aggregate_fine([fine, coarse, coarsest])

    averaged = aggregate_mean([fine, coarse, coarsest])
    assert features.shape == (1, 16, 4)
    assert torch.equal(features[0, :, 0], torch.arange(16.0))
    assert torch.equal(features[0, :, 1:3], averaged[0, :, 1:3])
    assert torch.equal(features[0, :, 3], 2 * averaged[0, :, 3])


def test_fine_aggregation_changes_nothing_where_all_maps_have_one_grid() -> None:
    maps = [torch.arange(8.0).reshape(1, 2, 2, 2), torch.arange(4.0).reshape(1, 1, 2, 2)]

    assert torch.equal(aggregate_fine(maps)[0].T, torch.cat(maps, dim=1)[0].flatten(1))


def test_patchcore_aggregation_has_the_closed_form_of_wide_resnet() -> None:
    generator = torch.Generator().manual_seed(0)
    layer2 = torch.randn(1, 512, 4, 4, generator=generator)
    layer3 = torch.randn(1, 1024, 4, 4, generator=generator)

    features = aggregate_patchcore([layer2, layer3])

    assert features.shape == (1, 16, 1536)
    vector2 = torch.nn.functional.unfold(layer2, 3, padding=1)[0, :, 5]  # 4608
    vector3 = torch.nn.functional.unfold(layer3, 3, padding=1)[0, :, 5]  # 9216
    assert torch.allclose(features[0, 5, :768], vector2.reshape(768, 6).mean(1), atol=1e-5)
    assert torch.allclose(features[0, 5, 768:], vector3.reshape(768, 12).mean(1), atol=1e-5)


@pytest.fixture(scope="module")
def encoder() -> PatchEncoder:
    return build_encoder(DmadConfig(), CPU)


def test_default_encoder_gives_232_channels_on_a_32_grid_rounded_to_half(encoder: PatchEncoder) -> None:
    image = np.random.default_rng(0).integers(0, 255, (300, 200, 3), dtype=np.uint8)
    features = encoder.encode([image])
    assert encoder.grid == (32, 32)
    assert features.shape == (1, 1024, 232)
    assert torch.equal(features, features.half().float())


def test_an_image_encodes_alike_alone_and_in_a_batch(encoder: PatchEncoder) -> None:
    rng = np.random.default_rng(1)
    images = [rng.integers(0, 255, (64, 64, 3), dtype=np.uint8) for _ in range(3)]
    alone, together = encoder.encode(images[1:2])[0], encoder.encode(images)[1]
    # Convolutions may be blocked differently by batch size; float16 rounding then differs in its last bit.
    assert float((alone - together).abs().max()) <= 2e-3 * float(together.abs().max())


def test_pretrained_features_tell_textures_apart_better_than_random_ones(encoder: PatchEncoder) -> None:
    from skimage import data

    def accuracy(model: PatchEncoder) -> float:
        """Share of patches whose nearest patch of another crop shows the same texture."""
        textures = [data.brick(), data.grass(), data.gravel()]
        first = [model.encode([np.repeat(t[:256, :256, None], 3, 2)])[0] for t in textures]
        second = [model.encode([np.repeat(t[256:, 256:, None], 3, 2)])[0] for t in textures]
        nearest = torch.cdist(torch.cat(second), torch.cat(first)).argmin(1) // len(first[0])
        return float((nearest == torch.arange(3).repeat_interleave(len(first[0]))).float().mean())

    random = PatchEncoder(load_backbone("efficientnet_lite0", random_seed=0), 256, "mean", CPU)
    assert accuracy(encoder) > accuracy(random) + 0.1


def test_fingerprints_differ_where_features_would() -> None:
    backbone = load_backbone("efficientnet_lite0")
    prints = {
        PatchEncoder(backbone, 128, "mean", CPU).fingerprint,
        PatchEncoder(backbone, 256, "mean", CPU).fingerprint,
        PatchEncoder(backbone, 128, "patchcore", CPU).fingerprint,
        PatchEncoder(load_backbone("efficientnet_lite0", random_seed=0), 128, "mean", CPU).fingerprint,
    }
    assert len(prints) == 4


def test_a_model_moves_between_devices_but_bit_equal_features_do_not() -> None:
    here = PatchEncoder(load_backbone("efficientnet_lite0", random_seed=0), 128, "mean", CPU)
    # "meta" computes shapes alone: a second device that every machine has
    there = PatchEncoder(
        load_backbone("efficientnet_lite0", random_seed=0), 128, "mean", torch.device("meta")
    )

    here.require(there.fingerprint)
    assert here.cache_key != there.cache_key


def test_a_model_of_other_weights_is_refused_with_both_names() -> None:
    mine, other = (
        PatchEncoder(load_backbone("efficientnet_lite0", random_seed=seed), 128, "mean", CPU)
        for seed in (0, 1)
    )
    with pytest.raises(EncoderMismatchError, match=other.fingerprint) as refused:
        mine.require(other.fingerprint)
    assert mine.fingerprint in str(refused.value)


def test_an_unknown_backbone_lists_the_known_ones() -> None:
    with pytest.raises(UnknownBackboneError, match="efficientnet_lite0"):
        load_backbone("resnet999")


def test_a_missing_or_wrong_weights_file_is_named(tmp_path: object) -> None:
    from pathlib import Path

    from safetensors.torch import save_file

    folder = Path(str(tmp_path))
    with pytest.raises(WeightsUnavailableError, match=r"nowhere\.safetensors"):
        load_backbone("wide_resnet50_2", folder / "nowhere.safetensors")
    save_file({"conv1.weight": torch.zeros(1)}, folder / "wrong.safetensors")
    with pytest.raises(WeightsDamagedError, match="wide_resnet50_2"):
        load_backbone("wide_resnet50_2", folder / "wrong.safetensors")
