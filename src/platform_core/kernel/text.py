"""Texts that people send: of bounded length, and of characters that every store can keep."""

from __future__ import annotations

import re

from platform_core.kernel.errors import Invalid

#: NUL, which PostgreSQL refuses in text, and halves of surrogate pairs, which are no characters at all.
_UNKEPT = re.compile("[\x00\ud800-\udfff]")


def is_kept(value: str) -> bool:
    """Whether every store can keep this text."""
    return _UNKEPT.search(value) is None


def text(value: str, name: str, *, least: int = 0, most: int) -> str:
    """The value, if it is `least` to `most` characters long and can be kept.

    Args:
        value: What the caller sent.
        name: The field to name in the refusal.

    Raises:
        Invalid: It is too long or too short, or holds what no store can keep.
    """
    if not least <= len(value) <= most:
        raise Invalid.field(
            name, f"must be {least} to {most} characters" if least else f"must be at most {most} characters"
        )
    if not is_kept(value):
        raise Invalid.field(name, "holds characters that are none")
    return value
