"""The file of an evaluation's figures: written after every cell, so that a run that was cut goes on from it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from core.evaluation.protocol import Evaluation, ResumeError


def write_figures(evaluation: Evaluation, path: Path) -> None:
    """Write all figures; the file is whole at every moment."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(evaluation.to_json_object(), indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)


def read_figures(path: Path) -> Evaluation:
    """Read what `write_figures` wrote.

    Raises:
        ResumeError: there is no such file, or it holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResumeError(f"{path} can't be read: {error}") from error
    return Evaluation.from_json_object(content)
