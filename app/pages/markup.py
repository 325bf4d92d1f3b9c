"""Build HTML from Python: every text and every attribute is escaped, so that a name can never become markup."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

VOID = frozenset({"img", "input", "br", "rect", "line", "path", "circle"})


@dataclass(frozen=True)
class Html:
    """Finished markup."""

    text: str

    def __str__(self) -> str:
        return self.text


Child = Html | str | None
Attribute = str | int | float | bool | None


def tag(name: str, *children: Child, **attributes: Attribute) -> Html:
    """Return one element.

    Args:
        children: text is escaped; None is left out.
        attributes: `class_` gives class, `data_id` data-id; False and None are left out, True stands alone.
    """
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{opening}/>")
    return Html(f"<{name}{opening}>{join(*children)}</{name}>")


def join(*children: Child) -> Html:
    return Html("".join(_child(child) for child in children))


def div(class_: str, *children: Child, **attributes: Attribute) -> Html:
    return tag("div", *children, class_=class_, **attributes)


def span(class_: str, *children: Child, **attributes: Attribute) -> Html:
    return tag("span", *children, class_=class_, **attributes)


def button(text: str, action: str, *, kind: str = "", title: str = "", **data: Attribute) -> Html:
    """Return a button whose press arrives in Python as the event `act` with these data."""
    found = {f"data_{key}": value for key, value in data.items()}
    classes = f"tw-button {kind}".strip()
    return tag(
        "button", text, type="button", class_=classes, title=title or None, data_action=action, **found
    )


def _child(child: Child) -> str:
    if child is None:
        return ""
    return child.text if isinstance(child, Html) else _escaped(child)


def _escaped(text: str) -> str:
    """Also braces: the browser's side of Gradio reads {{...}} as a template."""
    return escape(text).replace("{", "&#123;").replace("$", "&#36;")


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-") if key != "viewBox" else key
    return f" {name}" if value is True else f' {name}="{_escaped(str(value))}"'
