"""Links: addresses on this server that are good for a while, for one file and one kind of reader (FILE-08)."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

PATH = "/media/"

#: Links made within one of these steps are alike, so that a browser that asks again has the file already.
STEP = 60


class SignedLinks:
    """Making links, and telling whether one was made here.

    A link names the file, until when it is good and for whom it was made; the signature covers all three. It is for
    reading only: nothing else is ever done at these addresses.

    Args:
        key: Secret bytes; processes with the same ones take each other's links.
        base_url: Where this server is reached, without a slash at its end.
        seconds: How long a link is good, at most; at least a minute less.
    """

    def __init__(self, key: bytes, base_url: str, seconds: int = 300) -> None:
        self._key = key
        self._base = base_url + PATH
        self._seconds = seconds

    def link(self, key: str, *, own: bool, now: datetime) -> str:
        """An address of a kept file."""
        last = int((now + timedelta(seconds=self._seconds)).timestamp())
        until = max(last // STEP * STEP, last - self._seconds + 1)
        whom = "own" if own else "all"
        return f"{self._base}{key}?until={until}&for={whom}&signature={self._signature(key, str(until), whom)}"

    def until(self, key: str, *, until: str, whom: str, signature: str) -> datetime | None:
        """When a link ends, if it was made here; None if it was not."""
        if not hmac.compare_digest(signature.encode(), self._signature(key, until, whom).encode()):
            return None
        return datetime.fromtimestamp(int(until), UTC)

    def _signature(self, key: str, until: str, whom: str) -> str:
        told = f"{key}\0{until}\0{whom}".encode()
        return urlsafe_b64encode(hmac.digest(self._key, told, "sha256")).rstrip(b"=").decode()
