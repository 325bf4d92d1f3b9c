"""YOLO-seg: a text file per image, a line per region: class number, then x y x y … as shares of width and height."""

from collections import defaultdict
from collections.abc import Sequence

from storage.exchange.labels import ExchangeError, LabelledImage, Mask
from storage.exchange.outlines import Polygon, fill, from_pairs, outlines


def write(image: LabelledImage, defect_types: Sequence[str]) -> str:
    """Return the label file's text. Holes and ignored areas have no place in it."""
    lines = []
    for layer in image.layers:
        number = defect_types.index(layer.defect_type)
        for ring in outlines(layer.mask):
            shares = (ring / (image.width, image.height)).ravel()
            lines.append(f"{number} " + " ".join(f"{share:.9g}" for share in shares))
    return "".join(f"{line}\n" for line in lines)


def read(text: str, defect_types: Sequence[str], size: tuple[int, int], what: str) -> dict[str, Mask]:
    """Return (H, W) masks by defect type.

    Raises:
        ExchangeError: a line is no region; the message names the line.
    """
    found: defaultdict[str, list[Polygon]] = defaultdict(list)
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        where = f"{what}, line {number}"
        if not words[0].isdecimal() or int(words[0]) >= len(defect_types):
            raise ExchangeError(
                f"{where} names class {words[0]!r}; data.yaml names {len(defect_types)} classes."
            )
        if len(words) == 5:
            raise ExchangeError(
                f"{where} is a box, not an outline: only YOLO's segmentation labels are read."
            )
        points = from_pairs(words[1:], where)
        if points.min() < -0.01 or points.max() > 1.01:
            raise ExchangeError(
                f"{where} has a corner outside 0 to 1: corners are shares of width and height."
            )
        found[defect_types[int(words[0])]].append(points * (size[1], size[0]))
    return {name: fill(rings, size) for name, rings in found.items()}


def write_names(defect_types: Sequence[str]) -> str:
    """Return data.yaml: the classes by number, and where the images lie."""
    lines = [f"  {number}: {_quoted(name)}" for number, name in enumerate(defect_types)]
    return "\n".join(["path: .", "train: images", "val: images", "names:", *lines, ""])


def read_names(text: str) -> tuple[str, ...]:
    """Return the classes of a data.yaml, in its usual forms: numbered lines, dashes, or one list in brackets.

    Raises:
        ExchangeError: no list of names in it.
    """
    names: dict[int, str] = {}
    inside = False
    for line in text.splitlines():
        if line.startswith("names:"):
            inside, rest = True, line[len("names:") :].strip()
            if rest.startswith("[") and rest.endswith("]"):
                return tuple(_unquoted(word) for word in rest[1:-1].split(","))
        elif inside and line.strip().startswith("- "):
            names[len(names)] = _unquoted(line.strip()[2:])
        elif inside and line[:1].isspace() and line.strip().split(":")[0].isdecimal():
            number, name = line.strip().split(":", 1)
            names[int(number)] = _unquoted(name)
        elif line.strip():
            inside = False
    if not names or sorted(names) != list(range(len(names))):
        raise ExchangeError("data.yaml has no list of names, or its numbers have gaps.")
    return tuple(names[number] for number in range(len(names)))


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _unquoted(text: str) -> str:
    word = text.strip()
    if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"":
        return word[1:-1].replace("''", "'") if word[0] == "'" else word[1:-1]
    return word
