"""New identifiers: prefixed, unique, sorting by time."""

from __future__ import annotations

import random
import secrets
import time

_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_SHIFTS = range(120, -10, -10)


def sortable_text(number: int) -> str:
    """A number below 2^130 as 26 characters that sort like it."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


class SystemIds:
    """48 bits of milliseconds, then 80 random bits, as 26 characters that sort like the number.

    Within one process ids made in the same millisecond sort in the order they were made.
    """

    def __init__(self) -> None:
        self._last = 0

    def new(self, prefix: str) -> str:
        """A new id such as `usr_06f1…`."""
        now = time.time_ns() // 1_000_000
        if now <= self._last >> 80:
            # A step into the random part: still far from everybody else's, and behind the one before.
            self._last += 1 + random.getrandbits(32)  # ids are unique, not secret
        else:
            self._last = now << 80 | secrets.randbits(80)
        return f"{prefix}_{sortable_text(self._last)}"

    def secret(self) -> str:
        """256 random bits as URL-safe text."""
        return secrets.token_urlsafe(32)
