"""Independent pieces of work in the threads of a CPU, each computing alone; in turn on an accelerator."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 2  # turns per thread that may wait for being taken, so that memory stays bounded
GIVE_BACK_AFTER = 64  # items: often enough to stay bounded, and seldom enough to cost nothing


def side_by_side(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    device: torch.device,
    *,
    in_a_turn: int = 1,
    all_at_once: bool = False,
) -> Iterator[Result]:
    """Yield `work(item)` in the order of the items: on a CPU in as many threads as torch would use.

    The matrices of one image or one head are too small to be worth splitting over threads, and what one thread
    computes has the same bits however many there are.

    Args:
        in_a_turn: items that a thread works on before it hands over. Where one takes about a millisecond, handing
            over each costs more than a second thread gains.
        all_at_once: a thread for every item: three long ones on two cores then end together, not one after two.
    """
    threads = torch.get_num_threads()
    if device.type != "cpu" or threads == 1 or len(items) < 2:
        for number, item in enumerate(items, start=1):
            yield work(item)
            if number % GIVE_BACK_AFTER == 0:
                give_back_memory()
        return

    def turn(start: int) -> list[Result]:
        torch.set_num_threads(1)
        return [work(item) for item in items[start : start + in_a_turn]]

    def taken(number: int, turn: Future[list[Result]]) -> list[Result]:
        results = turn.result()
        if number % max(1, GIVE_BACK_AFTER // in_a_turn) == 0:
            give_back_memory()
        return results

    number = 0
    pool = ThreadPoolExecutor(max_workers=len(items) if all_at_once else min(threads, len(items)))
    waiting: list[Future[list[Result]]] = []
    try:
        for start in range(0, len(items), in_a_turn):
            waiting.append(pool.submit(turn, start))
            if len(waiting) > AHEAD * threads:
                yield from taken(number := number + 1, waiting.pop(0))
        while waiting:
            yield from taken(number := number + 1, waiting.pop(0))
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)


def give_back_memory() -> None:
    """Return freed memory to the system, where the C library can be asked to.

    What is kept of an image is small and comes to lie between its large intermediate results. The library keeps the
    holes, and fills few of them: 1 MB an image, whatever was freed.
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):  # not glibc
        return None
    return trim
