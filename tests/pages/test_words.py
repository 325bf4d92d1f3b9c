"""A person reads the words of the glossary, and none of those to avoid."""

import re
from pathlib import Path

import pytest

from app import messages

AVOIDED = (
    "row",
    "bank",
    "coreset",
    "seen",
    "head",
    "weight",
    "embedding",
    "checkpoint",
    "overkill",
    "escape",
)
CANVAS = Path(messages.__file__).parent / "canvas"
OURS = ("import_sheet.js", "job_panel.js", "job_strip.js", "job_watch.js", "name_tag.js", "look_switch.js")


def sentences() -> list[str]:
    found: list[str] = []
    for name, value in vars(messages).items():
        if name.startswith("_"):
            continue
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            found += value.values()
    return found


@pytest.mark.parametrize("word", AVOIDED)
def test_no_sentence_uses_a_word_of_the_workshop(word: str) -> None:
    pattern = re.compile(rf"\b{word}s?\b", re.IGNORECASE)

    assert [sentence for sentence in sentences() if pattern.search(sentence)] == []


@pytest.mark.parametrize("file", OURS)
def test_scripts_build_text_as_text(file: str) -> None:
    assert "innerHTML" not in (CANVAS / file).read_text(encoding="utf-8")


def test_counts_agree_with_their_words() -> None:
    assert messages.plural(1, "image") == "1 image"
    assert messages.plural(1200, "image") == "1,200 images"
    assert messages.waiting_line(4, 2) == "4 to teach, 2 kept for testing"
