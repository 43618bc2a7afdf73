"""What a message may say: bounded in characters and in bytes, and without what changes the order of what is read."""

from __future__ import annotations

import re
from enum import Enum

from platform_core.kernel.errors import Invalid
from platform_core.kernel.text import text

MOST_CHARACTERS = 4000
MOST_BYTES = 8192
LONGEST_ADDRESS = 2048
PREVIEW = 280
"""Characters of the last message that a conversation keeps, for lists."""

#: All characters with the property Bidi_Control: they can make a line read otherwise than it is (CHAT-06).
_BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: What leaves nothing to see: blanks, zero-width characters, joiners, variation selectors and control characters.
_UNSEEN = re.compile(
    "[\\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202f\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0]+"
)


class MessageForm(Enum):
    """What a message is."""

    TEXT = "text"
    IMAGE = "image"
    TIP = "tip"
    UNLOCK = "unlock"


#: The types that users write; the others say that tokens moved, and are the wallet's word only (CHAT-03).
WRITTEN = frozenset({MessageForm.TEXT, MessageForm.IMAGE})


def check_form(form: MessageForm) -> None:
    """Refuse the types that only the wallet writes (CHAT-03).

    Raises:
        Invalid: It is one of them.
    """
    if form not in WRITTEN:
        raise Invalid.field("form", "is written by the wallet only")


def cleaned(content: str, form: MessageForm) -> str:
    """The content as it is kept: data, never markup, less the bidi controls (CHAT-06).

    Lengths are of what came, in code points and in bytes of UTF-8.

    Raises:
        Invalid: It is empty or too long, holds what no store can keep, or is no address of a picture.
    """
    text(content, "content", least=1, most=MOST_CHARACTERS)
    if len(content.encode()) > MOST_BYTES:
        raise Invalid.field("content", f"must be at most {MOST_BYTES} bytes")
    kept = _BIDI_CONTROLS.sub("", content)
    if _UNSEEN.sub("", kept) == "":
        raise Invalid.field("content", "must say something")
    if form is MessageForm.IMAGE and not _is_address(kept):
        raise Invalid.field("content", "must be the https address of a picture")
    return kept


def _is_address(content: str) -> bool:
    # The platform never fetches it (SSRF-01).
    return (
        content.startswith("https://")
        and len("https://") < len(content) <= LONGEST_ADDRESS
        and _UNSEEN.search(content) is None
    )


def preview(content: str) -> str:
    """The beginning of a message, for lists."""
    return content if len(content) <= PREVIEW else content[: PREVIEW - 1] + "…"
