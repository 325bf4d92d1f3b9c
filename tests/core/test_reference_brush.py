"""The reference brush on rendered parts whose true mask is known, and its pieces on what one can count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core.assist.choice import CLOSE, offers_for, vote
from core.assist.cues import Scene, connected, cues_of, joined, second_cues
from core.assist.opinion import Opinion, opinions
from core.assist.reference import brush_drafts, expected_overlap
from core.assist.region import EmptyStrokeError, region_around
from core.assist.watershed import Drafts, drafts_of
from tests.core.test_assist import HEIGHT, WIDTH, Mask, ellipse, line, overlap, part


def whole(drafts: Drafts, size: tuple[int, ...]) -> Mask:
    found = np.zeros(size, dtype=bool)
    region = drafts.region
    found[region.top : region.bottom, region.left : region.right] = drafts.masks[drafts.proposed]
    return found


@pytest.mark.parametrize(("tall", "wide"), [(5, 5), (14, 18), (12, 60), (24, 32)])
def test_one_click_gives_the_mask_whatever_the_size(tall: int, wide: int) -> None:
    truth = ellipse(90, 120, tall, wide)
    drafts = brush_drafts(part(truth), line(truth, 90, 120, 121), None)
    assert overlap(whole(drafts, truth.shape), truth) > 0.75


def test_a_click_on_a_hairline_follows_it_and_stays_thin() -> None:
    rows = np.round(90 + 25 * np.sin(np.arange(30, 210) / 30)).astype(int)
    truth = np.zeros((HEIGHT, WIDTH), dtype=bool)
    for offset in (-1, 0, 1):
        truth[rows + offset, np.arange(30, 210)] = True
    click = np.zeros_like(truth)
    click[rows[90], 120] = True
    found = whole(brush_drafts(part(truth, depth=40), click, None), truth.shape)
    assert (found & truth).sum() > 0.7 * truth.sum()
    assert found.sum() < 2.5 * truth.sum()


def test_a_stroke_beside_the_middle_of_a_stain_gives_its_mask() -> None:
    truth = ellipse(90, 120, 16, 50)
    offer = offers_for(part(truth, depth=25), line(truth, 94, 85, 150), None)[0]
    assert overlap(whole(offer.drafts, truth.shape), truth) > 0.75


def test_drafts_grow_and_hold_the_stroke() -> None:
    truth = ellipse(90, 120, 12, 40)
    stroke = line(truth, 90, 60, 180)  # over the ends of the defect
    drafts = brush_drafts(part(truth, depth=8), stroke, None)
    own = stroke[drafts.region.top : drafts.region.bottom, drafts.region.left : drafts.region.right]
    areas = [int(mask.sum()) for mask in drafts.masks]
    assert areas == sorted(areas) and len(areas) > 3
    assert all(mask[own].all() for mask in drafts.masks)


def test_what_the_model_finds_strange_makes_a_pixel_likelier() -> None:
    truth = ellipse(90, 120, 20, 40)
    scene = Scene(part(truth, depth=4), line(truth, 90, 115, 126), None)
    heat = np.where(ellipse(90, 120, 22, 44), 1.5, 0.1).astype(np.float32)
    hot = Scene(scene.picture, scene.marks, heat)
    without, given = (opinions().likelihood(one)[truth].mean() for one in (scene, hot))
    assert given > without


def test_nothing_drawn_is_refused() -> None:
    with pytest.raises(EmptyStrokeError):
        brush_drafts(part(ellipse(90, 120, 9, 9)), np.zeros((HEIGHT, WIDTH), dtype=bool), None)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (9, 7)])
def test_an_image_of_a_few_pixels_has_cues_too(size: tuple[int, int]) -> None:
    marks = np.zeros(size, dtype=bool)
    marks[0, 0] = True
    scene = Scene(np.full((*size, 3), 90, dtype=np.uint8), marks, np.zeros(size, dtype=np.float32))
    assert np.isfinite(cues_of(scene)).all()
    assert np.isfinite(second_cues(np.full(size, 0.5, dtype=np.float32), scene)).all()


def test_the_overlap_to_expect_counts_what_is_inside_and_what_is_missed() -> None:
    likelihood = np.array([[1.0, 0.5, 0.5, 0.0]], dtype=np.float32)
    assert expected_overlap(likelihood, np.array([[True, False, False, False]])) == pytest.approx(1 / (1 + 1))
    assert expected_overlap(likelihood, np.array([[True, True, True, False]])) == pytest.approx(2 / 3)


def test_only_what_hangs_together_with_the_marks_is_joined_and_by_its_weakest_link() -> None:
    values = np.array([[1.0, 0.5, 0.9, 0.0, 0.9]], dtype=np.float32)
    marks = np.array([[True, False, False, False, False]])
    assert joined(values > 0.4, marks).tolist() == [[True, True, True, False, False]]
    levels = connected(values, marks)[0]
    assert levels == pytest.approx([7 / 12, 0.5, 0.5, 0, 0])  # higher levels hold the marks alone


def test_an_opinion_is_its_network_computed_by_hand() -> None:
    one = np.ones((1, 1), dtype=np.float32)
    network = Opinion(one[0] * 2, one[0] * 4, (one * 3, one), (one[0], one[0] * -1))
    # (6 - 2) / 4 = 1; 3 * 1 + 1 = 4; 4 - 1 = 3; and (-10 - 2) / 4 = -3 is cut off below 0
    assert network.of(np.array([[6.0], [-10.0]], dtype=np.float32)) == pytest.approx(
        1 / (1 + np.exp([-3.0, 1.0]))
    )


def test_a_click_is_answered_by_the_brush_and_a_stroke_by_both_methods_with_each_alone_behind() -> None:
    truth = ellipse(90, 120, 14, 18)
    image, click, stroke = part(truth), line(truth, 90, 120, 121), line(truth, 90, 110, 131)
    assert [offer.method for offer in offers_for(image, click, None)] == ["brush", "watershed"]
    offers = offers_for(image, stroke, None)
    assert [offer.method for offer in offers] == ["both", "brush", "watershed"]
    for offer, alone in zip(
        offers[1:], (brush_drafts(image, stroke, None), drafts_of(image, stroke)), strict=True
    ):
        assert offer.drafts.proposed == alone.proposed
        assert all((mask == other).all() for mask, other in zip(offer.drafts.masks, alone.masks, strict=True))


def test_where_an_outline_is_clear_its_reach_decides_the_vote() -> None:
    truth = ellipse(90, 120, 20, 40)
    clear = Scene(part(truth), line(truth, 90, 100, 140), None)
    assert vote(clear)[truth].mean() > 0.9 and vote(clear)[~truth].mean() < 0.05


def test_a_click_in_a_large_image_is_looked_at_from_close_by() -> None:
    truth = ellipse(1500, 2000, 30, 40, size=(3000, 4000))
    drafts = offers_for(part(truth), line(truth, 1500, 2000, 2001), None)[0].drafts
    assert drafts.region.bottom - drafts.region.top == 2 * CLOSE + 1
    assert overlap(whole(drafts, truth.shape), truth) > 0.7


def test_a_region_is_cut_where_a_mask_reaches_its_inner_borders_alone() -> None:
    region = region_around(
        line(np.zeros((100, 100), dtype=bool), 0, 50, 51), 20
    )  # rows 0 to 20, columns 30 to 70
    mask = np.zeros((21, 41), dtype=bool)
    mask[0, 20] = True  # at the border of the image
    assert not region.is_cut(mask, (100, 100))
    for place in ((20, 20), (5, 0), (5, 40)):
        other = mask.copy()
        other[place] = True
        assert region.is_cut(other, (100, 100))
