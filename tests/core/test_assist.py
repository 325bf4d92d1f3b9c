"""Drafts of a defect from a stroke, on rendered parts whose true mask is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.assist.region import EmptyStrokeError, region_around
from core.assist.watershed import drafts_of

HEIGHT, WIDTH = 180, 240
Mask = NDArray[np.bool_]


def part(defect: Mask, depth: int = 60) -> NDArray[np.uint8]:
    grey = np.random.default_rng(3).normal(140, 4, defect.shape) - depth * defect
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def ellipse(y: float, x: float, tall: float, wide: float, size: tuple[int, int] = (HEIGHT, WIDTH)) -> Mask:
    rows, columns = np.mgrid[: size[0], : size[1]]
    inside: Mask = ((rows - y) / tall) ** 2 + ((columns - x) / wide) ** 2 <= 1
    return inside


def line(mask: Mask, row: int, first: int, end: int) -> Mask:
    stroke = np.zeros_like(mask)
    stroke[row, first:end] = True
    return stroke


def proposed(image: NDArray[np.uint8], stroke: Mask) -> Mask:
    drafts = drafts_of(image, stroke)
    whole = np.zeros(stroke.shape, dtype=bool)
    region = drafts.region
    whole[region.top : region.bottom, region.left : region.right] = drafts.masks[drafts.proposed]
    return whole


def overlap(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize(
    ("tall", "wide", "first", "end"), [(12, 40, 95, 145), (30, 30, 110, 130), (3, 60, 80, 160)]
)
def test_a_rough_stroke_on_a_clear_defect_gives_its_mask(tall: int, wide: int, first: int, end: int) -> None:
    truth = ellipse(90, 120, tall, wide)
    assert overlap(proposed(part(truth), line(truth, 90, first, end)), truth) > 0.85


def test_a_click_is_a_stroke_of_one_pixel() -> None:
    truth = ellipse(60, 70, 14, 18)
    assert overlap(proposed(part(truth), line(truth, 60, 70, 71)), truth) > 0.8


def test_drafts_grow_and_hold_the_stroke() -> None:
    truth = ellipse(90, 120, 12, 40)
    stroke = line(truth, 90, 60, 180)  # over the ends of the defect
    drafts = drafts_of(part(truth, depth=8), stroke)
    own = stroke[drafts.region.top : drafts.region.bottom, drafts.region.left : drafts.region.right]
    areas = [int(mask.sum()) for mask in drafts.masks]
    assert areas == sorted(areas) and len(areas) > 3
    assert all(mask[own].all() for mask in drafts.masks) and own.sum() == stroke.sum()


def test_a_large_image_is_worked_on_in_a_small_region() -> None:
    truth = ellipse(1500, 2000, 60, 400, size=(3000, 4000))
    stroke = line(truth, 1500, 1750, 2250)
    region = region_around(stroke)
    assert max(region.height, region.width) == 256
    assert overlap(proposed(part(truth), stroke), truth) > 0.85


def test_a_stroke_at_the_border_of_the_image_is_drafted_there() -> None:
    truth = ellipse(0, 0, 20, 30)
    assert overlap(proposed(part(truth), line(truth, 0, 0, 20)), truth) > 0.8


def test_nothing_drawn_is_refused() -> None:
    with pytest.raises(EmptyStrokeError):
        drafts_of(part(ellipse(90, 120, 9, 9)), np.zeros((HEIGHT, WIDTH), dtype=bool))


@pytest.mark.parametrize("centre", [(400, 500), (3, 3), (790, 990), (400, 999)])
def test_a_mask_comes_back_in_the_size_of_the_image_as_if_all_of_it_were_enlarged(
    centre: tuple[int, int],
) -> None:
    region = region_around(line(np.zeros((800, 1000), dtype=bool), 400, 500, 501))
    mask = ellipse(centre[0] * 0.256, centre[1] * 0.256, 9, 17, size=(region.height, region.width))
    enlarged = Image.fromarray(mask.astype(np.uint8) * 255).resize((1000, 800), Image.Resampling.BILINEAR)
    differs = region.back(mask) ^ (np.asarray(enlarged) > 127)
    assert differs.sum() <= 0.02 * (np.asarray(enlarged) > 127).sum()  # rounding of what is half and half
    assert not region.back(np.zeros_like(mask)).any()
