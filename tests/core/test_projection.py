"""Choosing rows image by image gives the picks of choosing over everything at once, and holds no more than it must."""

from __future__ import annotations

import pytest
import torch

from core import projection
from core.coreset import ROWS_AT_ONCE, greedy_k_centre, random_projection
from core.projection import PatchCountError, Patches, ProjectedPatches
from core.remembering import _moved_together

IMAGES, PATCHES, CHANNELS, DIMENSIONS = 7, 64, 40, 16


def patches(number: int) -> torch.Tensor:
    return torch.randn(PATCHES, CHANNELS, generator=torch.Generator().manual_seed(number))


def readers(read: list[int]) -> list[Patches]:
    def reader(number: int) -> Patches:
        def of() -> torch.Tensor:
            read.append(number)
            return patches(number)

        return of

    return [reader(number) for number in range(IMAGES)]


@pytest.mark.parametrize("in_memory", [0, projection.IN_MEMORY])
def test_picks_are_those_of_one_product_over_all_patches(
    in_memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "IN_MEMORY", in_memory)  # 0: the points lie in a file
    stacked = torch.cat([patches(number) for number in range(IMAGES)])
    matrix = random_projection(CHANNELS, DIMENSIONS, torch.Generator().manual_seed(3))
    expected = greedy_k_centre(stacked @ matrix, 50).picks

    found = ProjectedPatches(readers([]), DIMENSIONS, torch.Generator().manual_seed(3))
    picks = greedy_k_centre(found.points, 50).picks

    assert torch.equal(picks, expected)
    assert torch.equal(found.take(picks), stacked[picks])
    image_of, cell_of = found.locate(picks)
    assert torch.equal(image_of * PATCHES + cell_of, picks)


def test_an_image_is_read_once_to_project_and_again_only_if_it_was_picked() -> None:
    read: list[int] = []
    found = ProjectedPatches(readers(read), DIMENSIONS, torch.Generator().manual_seed(3))
    assert read == list(range(IMAGES))

    found.take(torch.tensor([2 * PATCHES + 5, 0, 2 * PATCHES]))

    assert read[IMAGES:] == [0, 2]


def test_without_projection_points_are_the_patches() -> None:
    found = ProjectedPatches(readers([]), 0, torch.Generator())
    assert torch.equal(found.points[PATCHES : 2 * PATCHES], patches(1))


def test_images_of_different_grids_are_refused_with_both_numbers() -> None:
    small: Patches = lambda: patches(1)[:60]  # noqa: E731
    with pytest.raises(PatchCountError, match=r"60 patches.*64"):
        ProjectedPatches([lambda: patches(0), small], DIMENSIONS, torch.Generator())


def test_trimmed_points_leave_room_for_no_second_copy_and_the_others_keep_their_order() -> None:
    points = torch.arange(3.0 * 2 * ROWS_AT_ONCE).reshape(-1, 2)
    usable = (torch.arange(len(points)) % 7 != 3).nonzero().squeeze(1)
    expected = points[usable]

    found = _moved_together(points, usable)

    assert torch.equal(found, expected)
    assert found.data_ptr() == points.data_ptr()
