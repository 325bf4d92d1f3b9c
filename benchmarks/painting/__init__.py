"""`launch.py bench painting`: the painter in a real browser, against the real server."""

from benchmarks.painting.command import main

__all__ = ["main"]
