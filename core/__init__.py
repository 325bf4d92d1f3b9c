"""The detector: DMAD, a dual memory bank for anomaly detection (arXiv 2403.12362), readable next to the paper."""
