"""The arrows between the rooms hold; and the checker that says so has teeth, shown on tiny trees."""

from pathlib import Path

import pytest

from tests.architecture.imports import SourceTree
from tests.architecture.rules import MAY_IMPORT, ROOMS, room_of, violations

ROOT = Path(__file__).resolve().parents[1]


def test_arrows_of_the_product_hold() -> None:
    tree = SourceTree.read(ROOT)

    assert "core.neighbours" in tree.modules  # it did read the product
    assert violations(tree) == []


def tree_of(folder: Path, files: dict[str, str]) -> SourceTree:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return SourceTree.read(folder)


ALLOWED = [
    {"app/cli.py": "from app.server import serve\n", "app/server.py": "from .routes import media\n"},
    {"app/cli.py": "def evaluate():\n    from core import evaluation\n", "core/evaluation.py": ""},
    {"app/pages/label.py": "from app.services.views import Card\nimport gradio\n"},
    {"app/services/teaching.py": "import core.teaching\nfrom storage.workspace import Workspace\n"},
    {"app/services/labelling.py": "from app.canvas.run_lengths import decode\n"},
    {"app/worker/main.py": "from storage.blobs import BlobStore\n", "storage/blobs.py": "import hashlib\n"},
    {"core/backbones.py": "import timm\n"},
    {"core/neighbours.py": "import faiss\n"},
    {"core/weights.py": "import torch\ntorch.load('x', weights_only=True)\n"},
    {"storage/cache.py": "import numpy as np\nnp.load('x', mmap_mode='r')\n"},
    {"tests/test_x.py": "import core, storage, gradio, pickle\n"},
    {".venv/lib/x.py": "import pickle\n"},
    {"launch.py": "import os\nfrom launching import x\n", "launching/x.py": "import json\n"},
]


@pytest.mark.parametrize("files", ALLOWED, ids=lambda files: next(iter(files)))
def test_what_is_allowed_is_let_through(tmp_path: Path, files: dict[str, str]) -> None:
    assert violations(tree_of(tmp_path, files)) == []


FORBIDDEN = {
    "core knows storage": ({"core/a.py": "import storage.blobs\n"}, "core may not import storage.blobs"),
    "storage knows core": ({"storage/a.py": "from core import images\n"}, "storage may not import core"),
    "storage knows the app": ({"storage/a.py": "from app.services import x\n"}, "storage may not import"),
    "core knows the app": ({"core/a.py": "import app.messages\n"}, "core may not import app.messages"),
    "core uses SQL": ({"core/a.py": "import sqlalchemy\n"}, "core may not use sqlalchemy"),
    "storage uses torch": ({"storage/a.py": "import torch.nn\n"}, "storage may not use torch"),
    "services use gradio": ({"app/services/a.py": "from gradio import Blocks\n"}, "may not use gradio"),
    "services know pages": ({"app/services/a.py": "import app.pages.label\n"}, "may not import app.pages"),
    "services know the canvas": (
        {"app/services/a.py": "from app.canvas.grid import x\n", "app/canvas/grid.py": ""},
        "app.services may not import app.canvas.grid",
    ),
    "pages know core": ({"app/pages/a.py": "from core.images import decode\n"}, "may not import core"),
    "pages know storage": ({"app/pages/a.py": "import storage\n"}, "app.pages may not import storage"),
    "pages use torch": ({"app/pages/a.py": "import torch\n"}, "app.pages may not use torch"),
    "pages know the shell": ({"app/pages/a.py": "import app.shell\n"}, "app.pages may not import app.shell"),
    "the shell knows the server": (
        {"app/shell.py": "from app import server\n", "app/server.py": ""},
        "server",
    ),
    "the server knows the command line": ({"app/server.py": "import app.cli\n"}, "may not import app.cli"),
    "the door imports the app": ({"launch.py": "import app.cli\n"}, "launch may not import app.cli"),
    "the door uses a package": ({"launching/a.py": "import numpy\n"}, "standard library only, not numpy"),
    "the demo knows services": ({"app/demo/a.py": "import app.services\n"}, "app.demo may not import"),
    "the canvas knows services": ({"app/canvas/a.py": "import app.services\n"}, "app.canvas may not import"),
    "timm elsewhere": ({"core/a.py": "import timm.models\n"}, "only core.backbones imports timm"),
    "faiss elsewhere": (
        {"core/a.py": "from faiss import IndexFlatL2\n"},
        "only core.neighbours imports faiss",
    ),
    "pickle": ({"core/a.py": "import pickle\n"}, "pickle runs code"),
    "pickle in the app": ({"app/server.py": "from pickle import loads\n"}, "pickle runs code"),
    "torch.load": ({"core/a.py": "import torch\ntorch.load('x')\n"}, "torch.load without weights_only"),
    "torch.load, switched off": (
        {"core/a.py": "import torch\ntorch.load('x', weights_only=False)\n"},
        "torch.load without weights_only",
    ),
    "numpy.load": ({"storage/a.py": "import numpy as np\nnp.load('x', allow_pickle=True)\n"}, "allow_pickle"),
    "meeting outside services": (
        {"app/cli.py": "import core.images\nimport storage.blobs\n"},
        "core and storage meet in",
    ),
    "a module without a room": ({"app/utils.py": ""}, "belongs to no room"),
    "a new top folder": ({"extras/a.py": ""}, "belongs to no room"),
    # the ways round a naive checker
    "relative": (
        {"app/pages/a.py": "from ..shell import x\n", "app/shell.py": ""},
        "may not import app.shell",
    ),
    "relative to a package": (
        {"app/pages/__init__.py": "from .. import shell\n", "app/shell.py": ""},
        "app.pages may not import app.shell",
    ),
    "lazy": ({"core/a.py": "def f():\n    import storage.blobs\n"}, "core may not import storage.blobs"),
    "for types only": (
        {"core/a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import storage\n"},
        "core may not import storage",
    ),
    "by name": (
        {"core/a.py": "import importlib\nimportlib.import_module('storage.x')\n"},
        "may not import storage",
    ),
    "through another module": (
        {
            "app/services/a.py": "from app.canvas.run_lengths import decode\n",
            "app/canvas/run_lengths.py": "",
            "app/canvas/__init__.py": "from app.canvas.painter import Painter\n",
            "app/canvas/painter.py": "import gradio\n",
        },
        "app.services.a: reaches gradio",
    ),
    "the worker reaches SQL": (
        {
            "app/worker.py": "from storage.blobs import BlobStore\n",
            "storage/blobs.py": "from storage import database\n",
            "storage/database.py": "import sqlalchemy\n",
        },
        "app.worker: reaches sqlalchemy through storage.blobs -> storage.database",
    ),
}


@pytest.mark.parametrize(("files", "expected"), FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_what_is_forbidden_is_found(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    found = violations(tree_of(tmp_path, files))

    assert any(expected in sentence for sentence in found), found


def test_every_arrow_points_to_a_known_room() -> None:
    rooms = set(ROOMS.values())

    assert set(MAY_IMPORT) == rooms
    assert all(targets <= rooms for targets in MAY_IMPORT.values())


def test_no_two_rooms_import_each_other() -> None:
    for room, targets in MAY_IMPORT.items():
        for target in targets:
            assert room not in MAY_IMPORT[target], f"{room} <-> {target}"


def test_longest_start_gives_the_room() -> None:
    assert room_of("app.canvas.run_lengths") == "run lengths"
    assert room_of("app.canvas.image_grid") == "app.canvas"
    assert room_of("app.servers") is None
