"""Which images are kept for testing: drawn once from a seeded hash of the part, not from their looks.

Every image has a draw in [0, 1). Good and undecided images are kept for testing below 0.2, defective ones
below 0.3. All shots of one named part have the same draw, and so the same side.
"""

import hashlib

SEED = 0
GOOD_SHARE = 0.2
DEFECT_SHARE = 0.3


def draw(product: str, part: str | None, source_sha256: str) -> float:
    """Return the image's number in [0, 1): the same for all shots of a part, and on every machine."""
    subject = f"part:{part}" if part else f"image:{source_sha256}"
    digest = hashlib.sha256(f"{SEED}|{product}|{subject}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def is_held_out(number: float, is_defect: bool) -> bool:
    return number < (DEFECT_SHARE if is_defect else GOOD_SHARE)


def moves_at_first_verdict(number: float, is_defect: bool) -> bool:
    """Tell whether an image that was undecided at import joins the test side now that it is judged.

    Only a defect can: its bar is higher. One below 0.2 on the other side was moved there by a person.
    """
    return is_defect and GOOD_SHARE <= number < DEFECT_SHARE
