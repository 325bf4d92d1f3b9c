"""What each backbone costs on a CPU: `python3 launch.py bench backbones`."""

from benchmarks.backbones.command import main

__all__ = ["main"]
