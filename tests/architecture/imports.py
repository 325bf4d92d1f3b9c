"""What each module of a source tree imports, relative and lazy imports included. Nothing is executed."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NOT_PRODUCT = {"tests", "docs"}


@dataclass(frozen=True)
class Imported:
    """One name that a module imports: a module, or something inside one."""

    name: str  # dotted and absolute: "core.images" or "core.images.decode"
    line: int


@dataclass(frozen=True)
class Module:
    """A parsed file."""

    name: str  # dotted: "app.pages.label"; a package's __init__ has the package's name
    path: Path
    tree: ast.Module
    imports: tuple[Imported, ...]


@dataclass(frozen=True)
class SourceTree:
    """All Python files of the product below a folder."""

    modules: dict[str, Module]

    @classmethod
    def read(cls, root: Path) -> "SourceTree":
        modules = {}
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            if any(part.startswith(".") for part in parts) or parts[0] in NOT_PRODUCT:
                continue
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
            modules[name] = Module(name, path, tree, tuple(imports_of(tree, name, is_package)))
        return cls(modules)

    def target(self, name: str) -> str:
        """The module that an imported name lies in: "core.images.decode" is in "core.images"."""
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            if ".".join(parts[:length]) in self.modules:
                return ".".join(parts[:length])
        return name

    def reached_from(self, name: str) -> dict[str, tuple[str, ...]]:
        """Every module that importing `name` can run, ours and foreign, with the way there."""
        ways: dict[str, tuple[str, ...]] = {}
        waiting = [(name, (name,))]
        while waiting:
            current, way = waiting.pop()
            if current in ways:
                continue
            ways[current] = way
            if current not in self.modules:
                continue
            parts = current.split(".")
            targets = [self.target(imported.name) for imported in self.modules[current].imports]
            targets += [".".join(parts[:length]) for length in range(1, len(parts))]  # packages run first
            waiting += [(target, (*way, target)) for target in targets]
        return ways


def imports_of(tree: ast.Module, name: str, is_package: bool) -> Iterator[Imported]:
    """Every import statement in the file, wherever it stands, and `import_module("a literal")`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Imported(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, name, is_package)
            for alias in node.names:
                yield Imported(base if alias.name == "*" else f"{base}.{alias.name}", node.lineno)
        elif isinstance(node, ast.Call) and called(node).split(".")[-1] in ("import_module", "__import__"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield Imported(first.value, node.lineno)


def absolute(node: ast.ImportFrom, name: str, is_package: bool) -> str:
    """The absolute name of what `from ... import` starts at."""
    if node.level == 0:
        return node.module or ""
    package = name.split(".") if is_package else name.split(".")[:-1]
    kept = package[: len(package) - (node.level - 1)]
    return ".".join([*kept, *([node.module] if node.module else [])])


def called(node: ast.Call) -> str:
    """ "torch.load" for `torch.load(...)`; "" when what is called has no plain name."""
    names = []
    function: ast.expr = node.func
    while isinstance(function, ast.Attribute):
        names.append(function.attr)
        function = function.value
    if isinstance(function, ast.Name):
        names.append(function.id)
    return ".".join(reversed(names))
