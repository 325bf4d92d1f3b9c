"""The folder through which a measurement and the peer speak: job.json and arrays in, result.json and arrays out."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Exchange:
    """One folder, as the peer sees it."""

    folder: Path
    job: dict[str, Any]

    def read(self, name: str) -> Tensor:
        """Return the array `name`.npy as a tensor of the same type."""
        return torch.from_numpy(np.load(self.folder / f"{name}.npy", allow_pickle=False))

    def write(self, name: str, values: Tensor) -> None:
        """Write a tensor as `name`.npy."""
        np.save(self.folder / f"{name}.npy", values.cpu().numpy())

    def finish(self, **result: Any) -> None:
        """Write result.json, with the peer's version."""
        import anomalib

        (self.folder / "result.json").write_text(
            json.dumps({"version": anomalib.__version__, **result}), encoding="utf-8"
        )


def open_exchange() -> Exchange:
    """Read the job in the folder named on the command line, and use as many threads as it says."""
    folder = Path(sys.argv[1])
    job: dict[str, Any] = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    torch.set_num_threads(int(job["threads"]))
    torch.manual_seed(int(job.get("seed", 0)))
    return Exchange(folder, job)
