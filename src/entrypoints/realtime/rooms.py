"""The names of rooms, and words as they go between processes."""

from __future__ import annotations

from typing import Any

import msgspec

FROM_STREAM = "stream:"
FROM_CONVERSATION = "conversation:"
FROM_USER = "user:"

CONTROL = "control"
"""Where processes tell each other who is to be put out."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[str, dict[str, Any]]).decode


def word(name: str, data: Any) -> bytes:
    """Something to say. A name with a dot in front is for the processes themselves."""
    return _encode([name, data])


def spoken(body: bytes) -> tuple[str, dict[str, Any]]:
    """What was said."""
    return _decode(body)


def own(user: str) -> str:
    """A user's own room."""
    return FROM_USER + user


def stream_of(room: object) -> str | None:
    """The stream whose room this is, if it is one."""
    return _rest(room, FROM_STREAM)


def conversation_of(room: object) -> str | None:
    """The conversation whose room this is, if it is one."""
    return _rest(room, FROM_CONVERSATION)


def _rest(room: object, prefix: str) -> str | None:
    return room.removeprefix(prefix) if isinstance(room, str) and room.startswith(prefix) else None
