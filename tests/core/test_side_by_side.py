"""Work in threads: in order, the same bits, stopped cleanly."""

from __future__ import annotations

import threading

import pytest
import torch

from benchmarks.peer.peak import own_bytes
from core.side_by_side import side_by_side

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def two_threads() -> object:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def product(seed: int) -> torch.Tensor:
    matrix = torch.randn(300, 300, generator=torch.Generator().manual_seed(seed))
    return matrix @ matrix


def test_results_come_in_order_with_the_bits_of_one_thread() -> None:
    together = list(side_by_side(product, range(12), CPU))
    torch.set_num_threads(1)
    assert all(torch.equal(found, product(seed)) for seed, found in enumerate(together))


def test_the_number_of_threads_is_as_before_afterwards() -> None:
    list(side_by_side(product, range(3), CPU))
    assert torch.get_num_threads() == 2


def test_an_error_reaches_the_caller_and_stops_what_has_not_begun() -> None:
    begun: list[int] = []
    gate = threading.Lock()

    def work(number: int) -> int:
        with gate:
            begun.append(number)
        if number == 3:
            raise ValueError("three")
        return number

    with pytest.raises(ValueError, match="three"):
        list(side_by_side(work, range(1000), CPU))
    assert len(begun) < 20


def test_what_was_freed_between_small_results_is_given_back() -> None:
    def small_result(number: int) -> tuple[torch.Tensor, torch.Tensor]:
        features = torch.ones(200_000 + 997 * (number % 89))
        first = features[:1024].clone()
        products = torch.ones(2_000_000 + 7919 * (number % 53))
        return first, products[:2048].clone()

    before = own_bytes()
    kept = [*side_by_side(small_result, range(40), CPU)]  # what each thread needs once
    middle = own_bytes()
    kept += side_by_side(small_result, range(1500), CPU)
    if before is not None and middle is not None:
        bytes_kept = sum(tensor.nbytes for pair in kept for tensor in pair)
        assert (own_bytes() or 0) - middle < 2 * bytes_kept + 40_000_000
