"""`launch.py bench brush`: makes the reference brush's opinion: rendered defects, what is drawn on them, and the fit."""

from benchmarks.brush.command import main

__all__ = ["main"]
