"""score: pass or reject for image files that are not stored."""

import json
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, Any

from app.commands.outcome import DONE, FAILED, WRONG_USE, CommandFailedError
from app.commands.owner import open_owner
from app.commands.progress_line import ProgressLine

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


def score(options: Namespace) -> int:
    if options.resume and options.json is None:
        raise CommandFailedError("--resume needs --json FILE: the file says what is done already.", WRONG_USE)
    files = list(_files(options.paths))
    if not files:
        raise CommandFailedError("There is no image among the paths given.", WRONG_USE)
    if options.resume:
        done = already_done(options.json)
        files = [path for path in files if str(path) not in done]
    product = None if options.product == "auto" else options.product
    refused = False
    with closing(open_owner(options)) as owner, ProgressLine() as line, ExitStack() as opened:
        report: IO[str] | None = None
        for found in owner.score(files, product, options.heatmaps is not None, line) if files else ():
            if options.heatmaps is not None and found["heatmap_png"] is not None:
                _write_heatmap(options.heatmaps, found)
            if options.json is not None:
                report = report or opened.enter_context(
                    options.json.open("a" if options.resume else "w", encoding="utf-8")
                )
                report.write(_json_line(found))  # last: a line says that everything of this image is done
                report.flush()
            print(_line(found))
            refused = refused or bool(found["error"])
    return FAILED if refused else DONE


def already_done(file: Path) -> set[str]:
    """Return the names in a file of JSON lines; what a stop left of a half-written last line is cut off.

    Raises:
        CommandFailedError: the file holds something else.
    """
    if not file.exists():
        return set()
    data = file.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    try:
        done = {str(json.loads(text)["name"]) for text in whole.splitlines()}
    except (ValueError, KeyError, TypeError) as error:
        raise CommandFailedError(
            f"{file} does not hold one score a line ({error}). Name another file, or leave out --resume.",
            WRONG_USE,
        ) from error
    if len(whole) < len(data):
        with file.open("r+b") as opened:
            opened.truncate(len(whole))
    return done


def _json_line(found: Mapping[str, Any]) -> str:
    return json.dumps({name: value for name, value in found.items() if name != "heatmap_png"}) + "\n"


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(found for found in path.rglob("*") if found.suffix.lower() in SUFFIXES)
        elif path.exists():
            yield path
        else:
            raise CommandFailedError(f"There is no file or folder {path}.", WRONG_USE)


def _line(found: Mapping[str, Any]) -> str:
    if found["error"]:
        return f"refused  {found['name']}: {found['error']}"
    return f"{found['call']:7}  {found['sentence']}  {found['product']}  {found['name']}"


def _write_heatmap(folder: Path, found: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stem = Path(found["name"]).stem
    target = folder / f"{stem}.png"
    number = 2
    while target.exists():
        target = folder / f"{stem}-{number}.png"
        number += 1
    target.write_bytes(found["heatmap_png"])
