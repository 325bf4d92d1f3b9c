"""Keys that a person chooses, and keyboards whose keys lie elsewhere."""

import pytest
from playwright.sync_api import expect

from tests.canvas.conftest import Painter
from tests.canvas.test_keys import moves, verdicts

pytestmark = pytest.mark.browser


def choose(painter: Painter, does: str, key: str) -> None:
    painter.key("?")
    sheet = painter.page.get_by_role("dialog", name="Keys")
    sheet.get_by_role("button", name=f"{does}: choose another key", exact=True).click()
    painter.key(key)


def close(painter: Painter) -> None:
    painter.key("Escape")
    expect(painter.page.get_by_role("dialog", name="Keys")).to_have_count(0)


def judged(painter: Painter) -> None:
    painter.page.wait_for_function("window.events.some(([name]) => name === 'move')")


def test_a_chosen_key_works_its_labels_follow_and_the_other_action_swaps(painter: Painter) -> None:
    painter.open()
    choose(painter, "Good, next image", "u")
    expect(painter.page.get_by_role("status").filter(has_text="U: Good")).to_contain_text("G: Unsure")
    assert verdicts(painter) == []  # choosing is not judging
    close(painter)
    expect(painter.page.get_by_role("button", name="Good, next image (U)")).to_be_visible()
    painter.key("u")
    judged(painter)
    assert verdicts(painter) == [(7, "good")]
    painter.page.reload()
    painter.page.wait_for_selector('.tb-painter[data-ready="true"]')
    painter.key("g")
    judged(painter)
    assert verdicts(painter)[-1][1] == "unsure"


def test_the_usual_keys_come_back(painter: Painter) -> None:
    painter.open()
    choose(painter, "Next image", "j")
    painter.page.get_by_role("button", name="Back to the usual keys").click()
    close(painter)
    painter.key("j")
    painter.key("d")
    assert moves(painter) == ["next"]


@pytest.mark.parametrize(("key", "says"), [("3", "belong to the defect types"), ("Tab", "use of its own")])
def test_keys_with_a_use_of_their_own_are_not_given_away(painter: Painter, key: str, says: str) -> None:
    painter.open()
    choose(painter, "Next image", key)
    expect(painter.page.get_by_role("status").filter(has_text=says)).to_be_visible()
    close(painter)
    painter.key("d")
    assert moves(painter) == ["next"]


def test_escape_keeps_the_old_key_and_the_sheet(painter: Painter) -> None:
    painter.open()
    choose(painter, "Next image", "Escape")
    expect(painter.page.get_by_role("dialog", name="Keys")).to_be_visible()
    close(painter)
    painter.key("d")
    assert moves(painter) == ["next"]


@pytest.mark.parametrize(
    ("key", "code", "shift", "action"),
    [
        ("&", "Digit1", False, "type-1"),  # AZERTY: digits are written with Shift
        ("1", "Digit1", True, "type-1"),
        ("a", "KeyQ", False, "previous"),  # AZERTY: the letter counts, not its place
        ("п", "KeyG", False, "good"),  # Cyrillic
        ("/", "Digit7", True, None),  # QWERTZ: Shift+7
        ("!", "Digit1", True, None),
    ],
)
def test_other_keyboards(painter: Painter, key: str, code: str, shift: bool, action: str | None) -> None:
    painter.open()
    painter.page.evaluate(
        """([key, code, shiftKey]) => {
            window.fired = [];
            document.addEventListener("twinbank:action", (event) => window.fired.push(event.detail.action));
            document.body.dispatchEvent(new KeyboardEvent("keydown", { key, code, shiftKey, bubbles: true, composed: true }));
        }""",
        [key, code, shift],
    )
    assert painter.page.evaluate("window.fired") == ([] if action is None else [action])
