"""New identifiers: prefixed, unique, sorting by time."""

from __future__ import annotations

import secrets
import time
from base64 import b32hexencode


class SystemIds:
    """48 bits of milliseconds, then 80 random bits, as 26 characters that sort like the number.

    Within one process ids made in the same millisecond sort in the order they were made.
    """

    def __init__(self) -> None:
        self._last = 0

    def new(self, prefix: str) -> str:
        """A new id such as `usr_06f1…`."""
        fresh = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
        if fresh >> 80 <= self._last >> 80:
            fresh = self._last + 1 + secrets.randbits(32)
        self._last = fresh
        return f"{prefix}_{b32hexencode(fresh.to_bytes(16, 'big'))[:26].decode().lower()}"

    def secret(self) -> str:
        """256 random bits as URL-safe text."""
        return secrets.token_urlsafe(32)
