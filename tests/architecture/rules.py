"""The arrows: launch -> app.cli -> app.server -> app.shell -> app.pages -> app.services -> {core, storage}.

`violations(tree)` reads a whole source tree; a sentence for every import that points the wrong way.
"""

import ast
import sys
from collections.abc import Iterator

from tests.architecture.imports import Module, SourceTree, called

# The rooms, by the start of a module's name; the longest that fits counts.
ROOMS = {
    "launch": "launch",
    "launching": "launch",
    "app": "app",
    "app.cli": "app.cli",
    "app.commands": "app.cli",
    "app.server": "app.server",
    "app.routes": "app.server",
    "app.shell": "app.shell",
    "app.pages": "app.pages",
    "app.canvas": "app.canvas",
    "app.canvas.run_lengths": "run lengths",
    "app.theme": "app.theme",
    "app.messages": "app.messages",
    "app.settings": "app.settings",
    "app.services": "app.services",
    "app.demo": "app.demo",
    "app.worker": "app.worker",
    "app.worker_specs": "app.worker_specs",
    "core": "core",
    "storage": "storage",
    "benchmarks": "benchmarks",
    "benchmarks.peer": "benchmarks.peer",
}
_WORDS = {"app.messages", "app.settings"}
_LOOKS = {"app.canvas", "run lengths", "app.theme"}
# What a room may import of the others. `app` (its __init__) and its own modules it always may.
MAY_IMPORT: dict[str, set[str]] = {
    "launch": set(),  # app.cli is started by name, in another Python
    "app": set(),
    "app.cli": {"app.server", "app.shell", "app.pages", "app.services", "app.demo", "app.worker"}
    | {"core", "storage", "benchmarks"}
    | _WORDS
    | _LOOKS,
    "app.server": {"app.shell", "app.pages", "app.services"} | _WORDS | _LOOKS,
    "app.shell": {"app.pages", "app.services"} | _WORDS | _LOOKS,
    "app.pages": {"app.services"} | _WORDS | _LOOKS,
    "app.canvas": {"run lengths", "app.messages"},
    "run lengths": set(),
    "app.theme": {"app.messages"},
    "app.messages": set(),
    "app.settings": {"app.messages"},
    "app.services": {"core", "storage", "run lengths", "app.demo", "app.worker", "app.worker_specs"} | _WORDS,
    "app.demo": set(),
    "app.worker": {"core", "storage", "app.worker_specs"},
    "app.worker_specs": set(),  # what the two sides of the pipe say to each other
    "core": set(),
    "storage": set(),
    "benchmarks": {"core", "storage", "app.services", "app.demo", "launch"} | {"benchmarks.peer"},
    "benchmarks.peer": set(),  # runs in an environment of its own; knows nothing of ours
}
# core and storage meet in these rooms only; a module elsewhere imports one of them at most.
MEETING_ROOMS = {"app.services", "app.worker", "benchmarks"}

_PAGE_MAKING = {"gradio", "gradio_client"}
_SERVING = {"fastapi", "starlette", "uvicorn"}
_LEARNING = {"torch", "torchvision", "timm", "faiss", "openvino"}
_SQL = {"sqlalchemy", "alembic", "pysqlite3", "sqlite3"}
# Foreign packages that a room does without, in its own files.
MAY_NOT_USE: dict[str, set[str]] = {
    "core": _PAGE_MAKING | _SERVING | _SQL,
    "storage": _PAGE_MAKING | _SERVING | _LEARNING,
    "app.services": _PAGE_MAKING | _SERVING | _SQL,
    "app.pages": _LEARNING | _SQL,
    "app.shell": _LEARNING | _SQL,
    "app.server": _LEARNING | _SQL,
    "app.canvas": _LEARNING | _SQL,
    "app.demo": _PAGE_MAKING | _SERVING | _LEARNING | _SQL,
    "app.worker": _PAGE_MAKING | _SERVING | _SQL,
}
# ... and that must not come in through the modules it imports, lazily imported ones included.
MAY_NOT_REACH: dict[str, set[str]] = {
    "app.services": _PAGE_MAKING,
    "app.worker": _PAGE_MAKING | _SQL,  # of storage it uses the file classes; one process writes the database
    "core": _PAGE_MAKING | _SQL,
    "storage": _PAGE_MAKING | _LEARNING,
}
ONLY_IN = {"timm": "core.backbones", "faiss": "core.neighbours", "openvino": "core.openvino_network"}
MEASURES_AGAINST_THEM = {"benchmarks", "benchmarks.peer"}  # rooms that ONLY_IN leaves alone
RUNS_WHAT_IT_READS = {
    "pickle",
    "cPickle",
    "_pickle",
    "dill",
    "cloudpickle",
    "joblib",
    "shelve",
    "marshal",
    "jsonpickle",
}


def violations(tree: SourceTree) -> list[str]:
    """One sentence per broken rule, with the place; empty when all arrows hold."""
    found = []
    for module in tree.modules.values():
        room = room_of(module.name)
        if room is None:
            found.append(f"{module.name}: belongs to no room; give it one in tests/architecture/rules.py")
            continue
        found += _wrong_arrows(tree, module, room)
        found += _wrong_packages(module, room)
        found += _wrong_reach(tree, module, room)
        found += _unsafe_calls(module)
    return sorted(set(found))


def room_of(name: str) -> str | None:
    """The room of a module of ours, by the longest start that fits; None for an unknown one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        start = ".".join(parts[:length])
        if start in ROOMS and (start != "app" or name == "app"):
            return ROOMS[start]
    return None


def _wrong_arrows(tree: SourceTree, module: Module, room: str) -> Iterator[str]:
    met = {"core": False, "storage": False}
    for imported in module.imports:
        target = tree.target(imported.name)
        if target.split(".")[0] not in {name.split(".")[0] for name in ROOMS}:
            continue
        other = room_of(target)
        if other in met:
            met[other] = True
        if other in (room, "app"):
            continue
        if other is None or other not in MAY_IMPORT[room]:
            yield f"{module.name}:{imported.line}: {room} may not import {target}"
    if all(met.values()) and room not in MEETING_ROOMS:
        yield f"{module.name}: core and storage meet in {', '.join(sorted(MEETING_ROOMS))} only"


def _wrong_packages(module: Module, room: str) -> Iterator[str]:
    for imported in module.imports:
        package = imported.name.split(".")[0]
        place = f"{module.name}:{imported.line}"
        if package in MAY_NOT_USE.get(room, ()):
            yield f"{place}: {room} may not use {package}"
        if room not in MEASURES_AGAINST_THEM and module.name != ONLY_IN.get(package, module.name):
            yield f"{place}: only {ONLY_IN[package]} imports {package}"
        if package in RUNS_WHAT_IT_READS:
            yield f"{place}: {package} runs code that it reads from a file"
        if room == "launch" and package not in sys.stdlib_module_names and room_of(package) != "launch":
            yield f"{place}: the door uses the standard library only, not {package}"


def _wrong_reach(tree: SourceTree, module: Module, room: str) -> Iterator[str]:
    forbidden = MAY_NOT_REACH.get(room)
    if not forbidden:
        return
    for reached, way in tree.reached_from(module.name).items():
        if reached.split(".")[0] in forbidden and len(way) > 2:
            yield f"{module.name}: reaches {reached} through {' -> '.join(way[1:-1])}"


def _unsafe_calls(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        name = called(node)
        place = f"{module.name}:{node.lineno}"
        if name == "torch.load" and not _is_given(node, "weights_only", True):
            yield f"{place}: torch.load without weights_only=True runs code from the file"
        if name.endswith(("np.load", "numpy.load")) and not _is_left_or_false(node, "allow_pickle"):
            yield f"{place}: numpy.load with allow_pickle runs code from the file"


def _is_given(node: ast.Call, keyword: str, value: object) -> bool:
    return any(
        given.arg == keyword and isinstance(given.value, ast.Constant) and given.value.value is value
        for given in node.keywords
    )


def _is_left_or_false(node: ast.Call, keyword: str) -> bool:
    return all(given.arg != keyword for given in node.keywords) or _is_given(node, keyword, False)
