"""score: pass or reject for image files that are not stored."""

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from app.commands.outcome import DONE, FAILED, WRONG_USE, CommandFailedError
from app.commands.owner import open_owner
from app.commands.progress_line import ProgressLine

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


def score(options: Namespace) -> int:
    files = list(_files(options.paths))
    if not files:
        raise CommandFailedError("There is no image among the paths given.", WRONG_USE)
    product = None if options.product == "auto" else options.product
    with closing(open_owner(options)) as owner, ProgressLine() as line:
        scores = owner.score(files, product, options.heatmaps is not None, line)
    for found in scores:
        print(_line(found))
    if options.heatmaps is not None:
        _write_heatmaps(options.heatmaps, scores)
    if options.json is not None:
        plain = [{name: value for name, value in found.items() if name != "heatmap_png"} for found in scores]
        options.json.write_text(json.dumps({"scores": plain}, indent=1) + "\n", encoding="utf-8")
    return FAILED if any(found["error"] for found in scores) else DONE


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(found for found in path.rglob("*") if found.suffix.lower() in SUFFIXES)
        elif path.exists():
            yield path
        else:
            raise CommandFailedError(f"There is no file or folder {path}.", WRONG_USE)


def _line(found: dict[str, Any]) -> str:
    if found["error"]:
        return f"refused  {found['name']}: {found['error']}"
    return f"{found['call']:7}  {found['sentence']}  {found['product']}  {found['name']}"


def _write_heatmaps(folder: Path, scores: Sequence[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for found in scores:
        if found["heatmap_png"] is None:
            continue
        stem = Path(found["name"]).stem
        target = folder / f"{stem}.png"
        number = 2
        while target.exists():
            target = folder / f"{stem}-{number}.png"
            number += 1
        target.write_bytes(found["heatmap_png"])
