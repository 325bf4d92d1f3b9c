"""The nearest row is the true one, never of the patch's own image."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core import neighbours
from core.neighbours import RowIndex, nearest_rows


def random(count: int, channels: int, seed: int) -> torch.Tensor:
    return torch.randn(count, channels, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31), patches=st.integers(1, 60), rows=st.integers(1, 60))
def test_nearest_row_is_the_brute_force_one_and_never_own(seed: int, patches: int, rows: int) -> None:
    q, y = random(patches, 6, seed), random(rows, 6, seed + 1)
    own = torch.randint(0, 4, (patches,), generator=torch.Generator().manual_seed(seed))
    owners = torch.randint(-1, 4, (rows,), generator=torch.Generator().manual_seed(seed + 2))

    found = nearest_rows(q, y, own=own, owners=owners)

    distances = torch.cdist(q.double(), y.double())
    distances[(own[:, None] == owners[None, :]) & (owners >= 0)[None, :]] = torch.inf
    expected = distances.min(dim=1).values
    assert torch.allclose(found.distances.double(), expected, atol=1e-4)  # float32 products
    for patch, row in enumerate(found.rows.tolist()):
        assert row == -1 or own[patch] != owners[row] or owners[row] < 0


def test_a_patch_whose_every_row_is_its_own_finds_none() -> None:
    found = nearest_rows(
        torch.zeros(1, 2), torch.ones(3, 2), own=torch.tensor([7]), owners=torch.tensor([7, 7, 7])
    )
    assert found.rows.tolist() == [-1]
    assert torch.isinf(found.distances).all()


def test_equal_rows_tie_to_the_lowest() -> None:
    rows = torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    assert nearest_rows(torch.zeros(2, 2), rows).rows.tolist() == [1, 1]


def test_large_banks_are_searched_with_recall_of_at_least_99_percent_and_never_own() -> None:
    centres = 4 * random(40, 16, 1)  # features lie in clusters; pure noise has no neighbourhoods to find
    count = neighbours.FLAT_ROWS + 1000
    rows = centres[torch.arange(count) % 40] + random(count, 16, 2)
    q = centres[torch.arange(500) % 40] + random(500, 16, 3)
    owners = torch.arange(len(rows)) % 50
    own = torch.arange(500) % 50

    fast = RowIndex(rows, owners).nearest(q, own)
    exact = nearest_rows(q, rows, own=own, owners=owners)

    assert bool((owners[fast.rows] != own).all())
    assert float((fast.distances <= exact.distances + 1e-5).float().mean()) >= 0.99
