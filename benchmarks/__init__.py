"""Figures that take longer than a test: `python3 launch.py bench NAME` runs the module of that name."""
