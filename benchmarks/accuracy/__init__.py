"""`launch.py bench accuracy`: the detector and its peers on the same images, through the same network."""

from benchmarks.accuracy.command import main

__all__ = ["main"]
