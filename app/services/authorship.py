"""Who did something, and when: checked once, the same way for every write."""

from datetime import UTC, datetime

from app.services.errors import AuthorMissingError, InvalidRequestError

LONGEST_NAME = 80


def now() -> datetime:
    return datetime.now(UTC)


def checked_author(author: str | None) -> str:
    """Return the author's name without surrounding space.

    Raises:
        AuthorMissingError: nothing was typed.
        InvalidRequestError: more than 80 characters, or control characters.
    """
    name = (author or "").strip()
    if not name:
        raise AuthorMissingError()
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidRequestError(
            f"A name has at most {LONGEST_NAME} printable characters; this one has {len(name)} characters."
        )
    return name
