"""docs/paper.md: every file, function and setting that it names is there."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from core.config import DmadConfig

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "paper.md").read_text(encoding="utf-8")
EQUATIONS = PAGE.split("## Equations")[1].split("## ")[0]
SWITCHES = PAGE.split("## Departures and their switches")[1].split("## ")[0]
PLACES = [
    (file, name)
    for row in EQUATIONS.splitlines()
    for file, names in re.findall(r"`(core/\w+\.py)`((?:,? ?`[A-Za-z_.]+`)*)", row)
    for name in re.findall(r"`([A-Za-z_.]+)`", names)
    if not name.startswith("core/")
]


def test_the_page_names_places_for_every_equation() -> None:
    assert len(PLACES) > 12
    for equation in range(1, 13):
        assert re.search(rf"^\| [^|]*\b{equation}\b", EQUATIONS, re.MULTILINE), equation


@pytest.mark.parametrize(("file", "name"), PLACES, ids=[f"{f}:{n}" for f, n in PLACES])
def test_a_function_that_the_page_names_is_in_its_file(file: str, name: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    for part in name.split("."):
        assert re.search(rf"^\s*(def|class) {part}\b", text, re.MULTILINE), f"{file} has no {part}"


def test_a_switch_that_the_page_names_is_a_setting() -> None:
    known = {field.name for field in fields(DmadConfig)}
    column = [row.split("|")[3] for row in SWITCHES.splitlines() if row.startswith("| ") and "--" not in row]
    named = {name for cell in column for name in re.findall(r"`(\w+)`(?=[:,]|\s*$)", cell)}
    values = {"wide_resnet50_2", "patchcore", "bilinear", "all", "single", "unsupervised", "head"}
    assert named - values <= known and len(named) > 12
