"""Cursors: where a list goes on, as a text that means something to this server only (IN-06).

A cursor holds a position in the order of one list and a signature over it, the list, the user and the filters. One that
was edited, cut, made up, or taken from another list, user or filter is refused, so that what is in it can be trusted.
It is signed, not sealed: nothing secret belongs into a position.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from platform_core.kernel.errors import Malformed
from platform_core.kernel.page import Position

PREFIX = "crs_"
SIGNATURE = 16
"""Bytes of HMAC-SHA-256 that are kept."""

#: Makes the cursor of the page that begins at a position; None for none.
Seal = Callable[[Position | None], str | None]


class InvalidCursor(Malformed):
    """The cursor is none of this list, or none at all."""

    code = "INVALID_CURSOR"


class Cursors:
    """Making cursors, and reading them back.

    Args:
        key: Secret bytes; processes with the same ones take each other's cursors.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, position: Position, of: Sequence[str]) -> str:
        """The cursor of a position.

        Args:
            position: The sort keys of the last item seen.
            of: What it is good for: the list, the user, and each filter.
        """
        payload = json.dumps([_told(value) for value in position], separators=(",", ":")).encode()
        return PREFIX + urlsafe_b64encode(self._signature(payload, of) + payload).rstrip(b"=").decode()

    def open(self, cursor: str, of: Sequence[str]) -> Position:
        """The position in a cursor.

        Args:
            cursor: What the client sent.
            of: What it is to be good for.

        Raises:
            InvalidCursor: It is no cursor of ours, or of something else.
        """
        raw = _bytes(cursor)
        signature, payload = raw[:SIGNATURE], raw[SIGNATURE:]
        if not hmac.compare_digest(signature, self._signature(payload, of)):
            raise _refusal()
        return tuple(_read(value) for value in json.loads(payload))

    def _signature(self, payload: bytes, of: Sequence[str]) -> bytes:
        # As a JSON list no two bindings read alike, wherever their parts begin and end.
        bound = json.dumps(list(of)).encode()
        return hmac.digest(self._key, len(bound).to_bytes(4, "big") + bound + payload, "sha256")[:SIGNATURE]


def _refusal() -> InvalidCursor:
    return InvalidCursor("cursor: is not one that this list gave you; begin without one")


def _bytes(cursor: str) -> bytes:
    text = cursor.removeprefix(PREFIX)
    if text == cursor or not text.isascii():
        raise _refusal()
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (NotBase64, ValueError):
        raise _refusal() from None
    # Base64 is read leniently: only the one spelling that we write is taken.
    if urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise _refusal()
    return raw


def _told(value: str | float | datetime | None) -> Any:
    return {"at": value.isoformat()} if isinstance(value, datetime) else value


def _read(value: Any) -> str | int | float | datetime | None:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["at"])
    read: str | int | float | None = value
    return read
