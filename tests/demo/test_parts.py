"""Rendered parts: exact masks, the same bytes for the same seed, and enough variety."""

import hashlib
from functools import lru_cache
from itertools import combinations

import numpy as np
import pytest
from skimage.morphology import isotropic_dilation

from app.demo import GOOD, PRODUCTS, UnknownPartError, product_named, render_part
from app.demo.fields import SIDE

shot = lru_cache(maxsize=64)(render_part)  # where a test compares kinds; what tests determinism renders anew
EVERY_DEFECT = [(product.name, kind) for product in PRODUCTS for kind in product.defect_types]
EVERY_KIND = [(product.name, kind) for product in PRODUCTS for kind in (GOOD, *product.defect_types)]


def test_there_are_four_products_with_three_defect_types_of_which_one_is_faint() -> None:
    assert len(PRODUCTS) >= 4
    for product in PRODUCTS:
        assert len(set(product.defect_types)) == 3
        assert product.faint_type in product.defect_types


@pytest.mark.parametrize(("product", "kind"), EVERY_KIND)
def test_a_part_is_a_square_colour_photograph(product: str, kind: str) -> None:
    part = render_part(product, kind, 3)
    assert part.pixels.shape == (SIDE, SIDE, 3)
    assert part.pixels.dtype == np.uint8
    assert part.mask.shape == (SIDE, SIDE)
    assert part.mask.dtype == np.bool_
    assert part.defect_type == (None if kind == GOOD else kind)


@pytest.mark.parametrize("product", [product.name for product in PRODUCTS])
def test_a_good_part_has_an_empty_mask(product: str) -> None:
    assert not render_part(product, GOOD, 4).mask.any()


@pytest.mark.parametrize(("product", "kind"), EVERY_DEFECT)
@pytest.mark.parametrize("seed", [0, 2025])
def test_outside_the_mask_a_defective_part_is_the_good_one(product: str, kind: str, seed: int) -> None:
    good, defective = shot(product, GOOD, seed), shot(product, kind, seed)
    change = np.abs(good.pixels.astype(int) - defective.pixels.astype(int)).max(axis=2)
    outside = ~isotropic_dilation(defective.mask, 2)
    # Below what counts as visible (2.5 levels) a soft edge goes on; rounding adds 1, shot noise of a changed level 1.
    assert change[outside].max() <= 4
    assert (change[outside] > 0).mean() < 0.05


@pytest.mark.parametrize(("product", "kind"), EVERY_DEFECT)
@pytest.mark.parametrize("seed", [0, 2025])
def test_the_mask_covers_what_changed_and_little_else(product: str, kind: str, seed: int) -> None:
    good, defective = shot(product, GOOD, seed), shot(product, kind, seed)
    change = np.abs(good.pixels.astype(int) - defective.pixels.astype(int)).max(axis=2)
    assert 60 <= defective.mask.sum() <= 0.1 * SIDE * SIDE
    assert (change[defective.mask] >= 2).mean() > 0.6  # holes of a shaded dent are inside, though unchanged
    assert change[defective.mask].mean() > 20 * change[~defective.mask].mean()


@pytest.mark.parametrize(("product", "kind"), EVERY_KIND)
def test_the_same_seed_gives_the_same_pixels(product: str, kind: str) -> None:
    first, second = render_part(product, kind, 11), render_part(product, kind, 11)
    assert np.array_equal(first.pixels, second.pixels)
    assert np.array_equal(first.mask, second.mask)


@pytest.mark.parametrize(("product", "kind"), EVERY_KIND)
def test_another_seed_gives_another_part(product: str, kind: str) -> None:
    hashes = {hashlib.sha256(render_part(product, kind, seed).pixels.tobytes()).digest() for seed in range(3)}
    assert len(hashes) == 3


@pytest.mark.parametrize(("product", "kind"), EVERY_DEFECT)
def test_defects_of_a_type_lie_in_different_places_at_similar_size(product: str, kind: str) -> None:
    masks = [render_part(product, kind, seed).mask for seed in range(30, 35)]
    overlaps = [(a & b).sum() / (a | b).sum() for a, b in combinations(masks, 2)]
    assert np.mean(overlaps) < 0.3
    sizes = np.array([mask.sum() for mask in masks])
    assert sizes.max() < 6 * sizes.min()


@pytest.mark.parametrize("product", ["spur_gear", "screw_cap"])
def test_an_object_lies_a_little_differently_every_time(product: str) -> None:
    # Given the outline against the belt: the gear is brighter than it, the cap bluer.
    middles = []
    for seed in range(8):
        pixels = render_part(product, GOOD, seed).pixels.astype(int)
        body = pixels.max(axis=2) > 55 if product == "spur_gear" else pixels[..., 2] - pixels[..., 0] > 50
        middles.append(np.argwhere(body).mean(axis=0))
    spread = np.array(middles).std(axis=0)
    assert (spread > 1).all()
    assert (spread < 12).all()


@pytest.mark.parametrize("product", [product.name for product in PRODUCTS])
def test_a_photograph_is_neither_burnt_out_nor_black(product: str) -> None:
    pixels = render_part(product, GOOD, 5).pixels
    assert (pixels == 255).mean() < 0.01
    assert (pixels == 0).mean() < 0.01
    assert pixels.std() > 8


@pytest.mark.parametrize("product", [product.name for product in PRODUCTS])
def test_the_faint_type_changes_fewer_levels_than_the_loudest_type(product: str) -> None:
    known = product_named(product)

    def change(kind: str) -> float:
        shots = [(render_part(product, GOOD, seed), render_part(product, kind, seed)) for seed in range(4)]
        steps = [np.abs(d.pixels.astype(int) - g.pixels).max(axis=2)[d.mask].mean() for g, d in shots]
        return float(np.mean(steps))

    assert change(known.faint_type) < 0.75 * max(change(kind) for kind in known.defect_types)


def test_lots_differ_more_than_parts_of_one_lot() -> None:
    # The lot sets the metal's tone; white balance adds a drift to every shot.
    colours: dict[int, list[np.ndarray]] = {lot: [] for lot in range(4)}
    for seed in range(32):
        mean = render_part("brushed_plate", GOOD, seed).pixels.reshape(-1, 3).mean(axis=0)
        colours[seed % 4].append(mean[[0, 2]] / mean[1])
    within = np.mean([np.std(shots, axis=0).mean() for shots in colours.values()])
    between = np.std([np.mean(shots, axis=0) for shots in colours.values()], axis=0).mean()
    assert between > within


def test_an_unknown_product_or_defect_type_is_named_in_the_error() -> None:
    with pytest.raises(UnknownPartError, match="no demo product 'teapot'; there are brushed_plate"):
        render_part("teapot", GOOD, 0)
    with pytest.raises(UnknownPartError, match="canvas has no defect type 'rust'; it has hole"):
        render_part("canvas", "rust", 0)
