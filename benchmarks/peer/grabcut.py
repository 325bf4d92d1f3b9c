"""GrabCut of OpenCV from a stroke.

In: picture_<n>.npy (h, w, 3) uint8 and hints_<n>.npy (h, w) uint8 in OpenCV's own classes, for n below `cases`.
Out: basin_<n>.npy (h, w) uint8, seconds of each call. job: cases, rounds, threads.
"""

from __future__ import annotations

import time

import cv2
import numpy as np
import torch

from benchmarks.peer.exchange import open_exchange


def main() -> None:
    exchange = open_exchange()
    cv2.setNumThreads(int(exchange.job["threads"]))
    seconds = []
    for number in range(int(exchange.job["cases"])):
        picture = exchange.read(f"picture_{number}").numpy()
        hints = exchange.read(f"hints_{number}").numpy()
        background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
        started = time.perf_counter()
        try:
            cv2.grabCut(
                picture,
                hints,
                None,
                background,
                foreground,
                int(exchange.job["rounds"]),
                cv2.GC_INIT_WITH_MASK,
            )
        except cv2.error:  # too few pixels for its colour models: what was drawn is all there is
            hints = np.where(hints == cv2.GC_FGD, hints, cv2.GC_BGD).astype(np.uint8)
        seconds.append(time.perf_counter() - started)
        basin = (hints == cv2.GC_FGD) | (hints == cv2.GC_PR_FGD)
        exchange.write(f"basin_{number}", torch.from_numpy(basin.astype(np.uint8)))
    exchange.finish(seconds=seconds)


if __name__ == "__main__":
    main()
