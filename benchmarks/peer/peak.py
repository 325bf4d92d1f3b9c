"""The most memory this process has held; needs nothing installed."""

from __future__ import annotations

import resource
import sys


def peak_bytes() -> int:
    """Return the peak of the resident set so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
