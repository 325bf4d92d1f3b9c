"""`launch.py bench speed`: what each step costs, against the peer in the same run."""

from benchmarks.speed.command import main

__all__ = ["main"]
