"""Names of products and defect types as names of folders: what a disk refuses is written as %XX."""

from urllib.parse import unquote

_REFUSED = set('<>:"/\\|?*%')
LONGEST = 80


def to_folder(name: str) -> str:
    """Return a folder's name that `from_folder` turns back."""
    text = "".join(_escaped(c) if c in _REFUSED or not c.isprintable() else c for c in name)
    if text[:1] in (".", " "):
        text = _escaped(text[0]) + text[1:]
    if text[-1:] in (".", " "):
        text = text[:-1] + _escaped(text[-1])
    return text


def from_folder(name: str) -> str:
    return unquote(name)


def to_stem(image_id: int, name: str) -> str:
    """Return the name of an image's file without its ending: unlike all others, and still recognisable."""
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    readable = "".join(c if c.isalnum() or c in "-_" else "_" for c in stem)[:LONGEST].strip("_")
    return f"{image_id:06d}_{readable}" if readable else f"{image_id:06d}"


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
