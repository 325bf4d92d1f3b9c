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


def fired(painter: Painter, **event: object) -> list[str]:
    """The actions that this key press means."""
    found: list[str] = painter.page.evaluate(
        """(event) => {
            const fired = [];
            const note = ({ detail }) => fired.push(detail.action);
            document.addEventListener("twinbank:action", note);
            document.body.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, composed: true, ...event }));
            document.removeEventListener("twinbank:action", note);
            return fired;
        }""",
        event,
    )
    return found


@pytest.mark.parametrize(
    ("key", "code", "held", "action"),
    [
        ("&", "Digit1", "", "type-1"),  # AZERTY: digits are written with Shift
        ("1", "Digit1", "shiftKey", "type-1"),
        ("-", "Digit6", "", "type-6"),  # AZERTY: the place counts, not what is written there
        ("-", "NumpadSubtract", "", "shrink"),
        ("-", "Minus", "", "shrink"),
        ("à", "Digit0", "", "fit"),
        ("6", "Numpad6", "", "type-6"),
        ("[", "Digit5", "modifierAltGraph", "smaller"),  # AZERTY: written with AltGr
        ("a", "KeyQ", "", "previous"),  # AZERTY: the letter counts, not its place
        ("п", "KeyG", "", "good"),  # Cyrillic
        ("/", "Digit7", "shiftKey", None),  # QWERTZ: Shift+7
        ("!", "Digit1", "shiftKey", None),
        ("1", "Digit1", "ctrlKey", None),  # the browser's own: its first tab
    ],
)
def test_other_keyboards(painter: Painter, key: str, code: str, held: str, action: str | None) -> None:
    painter.open()
    more = {held: True} if held else {}
    assert fired(painter, key=key, code=code, **more) == ([] if action is None else [action])


def test_a_key_of_ones_own_goes_before_the_type_at_its_place_and_none_is_given_there(
    painter: Painter,
) -> None:
    painter.open().page.evaluate("localStorage.setItem('twinbank-keys', JSON.stringify({good: 'È'}))")
    painter.page.reload()
    painter.page.wait_for_selector('.tb-painter[data-ready="true"]')
    assert fired(painter, key="è", code="Digit7") == ["good"]  # chosen before the places counted
    assert fired(painter, key="é", code="Digit2") == ["type-2"]
    painter.key("?")
    sheet = painter.page.get_by_role("dialog", name="Keys")
    sheet.get_by_role("button", name="Next image: choose another key", exact=True).click()
    assert fired(painter, key="-", code="Digit6") == []
    expect(painter.page.get_by_role("status").filter(has_text="belong to the defect types")).to_be_visible()
