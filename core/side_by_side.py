"""Independent pieces of work in the threads of a CPU, each computing alone; in turn on an accelerator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 2  # pieces per thread that may wait for being taken, so that memory stays bounded


def side_by_side(
    work: Callable[[Item], Result], items: Sequence[Item], device: torch.device
) -> Iterator[Result]:
    """Yield `work(item)` in the order of the items: on a CPU in as many threads as torch would use.

    The matrices of one image or one head are too small to be worth splitting over threads, and what one thread
    computes has the same bits however many there are.
    """
    threads = torch.get_num_threads()
    if device.type != "cpu" or threads == 1 or len(items) < 2:
        yield from map(work, items)
        return

    def alone(item: Item) -> Result:
        torch.set_num_threads(1)
        return work(item)

    pool = ThreadPoolExecutor(max_workers=min(threads, len(items)))
    waiting: list[Future[Result]] = []
    try:
        for item in items:
            waiting.append(pool.submit(alone, item))
            if len(waiting) > AHEAD * threads:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)
