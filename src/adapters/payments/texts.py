"""Texts out of what providers send."""

from __future__ import annotations

from platform_core.kernel.text import is_kept

LONGEST = 255
LONGEST_ADDRESS = 4096


def text(value: object, *, most: int = LONGEST) -> str:
    """A text that must be there: an id, a name, a code.

    Args:
        value: What was sent.
        most: The most characters it may have.

    Raises:
        TypeError: It is no text.
        ValueError: It is too long, or has characters that no store keeps.
    """
    if not isinstance(value, str) or not value:
        raise TypeError("a text is expected")
    if len(value) > most or not is_kept(value):
        raise ValueError("a shorter or plainer text is expected")
    return value
