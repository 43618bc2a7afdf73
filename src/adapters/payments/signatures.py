"""Signing webhooks over their raw bytes and the moment they are sent: `t=<unix seconds>,v1=<hex of HMAC-SHA256>`."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from platform_core.kernel.errors import Unauthenticated

#: Seconds a signature is good for, before and after its moment. Within them a replay is harmless, for events are
#: applied once; without them a message once overheard would be good for ever.
TOLERANCE = 300


def signature(secret: bytes, body: bytes, at: datetime) -> str:
    """The header's value for a body sent at a moment."""
    moment = str(int(at.timestamp()))
    return f"t={moment},v1={_digest(secret, moment, body)}"


def check_signature(header: str | None, body: bytes, *, secrets: Sequence[bytes], now: datetime) -> None:
    """Let a message pass whose signature one of the secrets made not long ago.

    Args:
        header: The signature header, if there was one. It may carry several `v1`, as senders do while they rotate.
        body: The raw bytes, as they came.
        secrets: The secrets that are good now: two while one is rotated.
        now: The moment it came.

    Raises:
        Unauthenticated: The signature is missing, cannot be read, is too old or too new, or is not one of ours.
    """
    parts = [part.partition("=")[::2] for part in (header or "").split(",")]
    moments = [value for name, value in parts if name == "t"]
    given = [value.encode(errors="replace") for name, value in parts if name == "v1"]
    if len(moments) != 1 or not given:
        raise Unauthenticated("the signature is missing or cannot be read")
    [moment] = moments
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12):
        raise Unauthenticated("the signature is missing or cannot be read")
    if abs(now.timestamp() - int(moment)) > TOLERANCE:
        raise Unauthenticated("the signature is too old or too new")
    if not any_equal((_digest(secret, moment, body).encode() for secret in secrets), given):
        raise Unauthenticated("the signature is wrong")


def _digest(secret: bytes, moment: str, body: bytes) -> str:
    return hmac.new(secret, moment.encode() + b"." + body, sha256).hexdigest()


def any_equal(expected: Iterable[bytes], given: Sequence[bytes]) -> bool:
    """Whether any pair is equal, in a time that does not tell which, nor how nearly."""
    equal = False
    for one in expected:
        for other in given:
            equal |= hmac.compare_digest(one, other)
    return equal
