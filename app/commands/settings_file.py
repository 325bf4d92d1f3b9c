"""What `fit` is told about the model it shall build: a JSON file, a backbone, an image size."""

import json
from pathlib import Path

from app.commands.outcome import WRONG_USE, CommandFailedError

Settings = dict[str, object]


def chosen_settings(file: Path | None, backbone: str | None, image_size: int | None) -> Settings | None:
    """Return what was chosen, checked; an option counts for more than the file. None: nothing was.

    Raises:
        CommandFailedError: the file can't be read, or names a setting or a value that does not exist.
    """
    if file is None and backbone is None and image_size is None:
        return None
    chosen = read_settings(file) if file is not None else {}
    if backbone is not None:
        chosen["backbone"] = backbone
    if image_size is not None:
        chosen["image_size"] = image_size
    _check(chosen)
    return chosen


def read_settings(file: Path) -> Settings:
    """Read a JSON object of settings.

    Raises:
        CommandFailedError: there is no such file, or it holds something else.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailedError(f"The settings file {file} can't be read ({reason}).", WRONG_USE) from error
    except ValueError as error:
        raise CommandFailedError(f"The settings file {file} is not JSON ({error}).", WRONG_USE) from error
    if not isinstance(found, dict):
        example = '{"image_size": 320}'
        raise CommandFailedError(
            f"The settings file {file} needs names and values, such as {example}.", WRONG_USE
        )
    return found


def _check(chosen: Settings) -> None:
    from core.config import ConfigError, DmadConfig

    try:
        DmadConfig().with_settings(chosen)
    except ConfigError as error:
        raise CommandFailedError(f"These settings can't be used: {error}.", WRONG_USE) from error
