"""ICE servers from a list, with TURN credentials made for each user that expire by themselves."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime

from platform_core.kernel.secret import Secret
from platform_core.streams.ports import IceServer

_STUN = re.compile(r"stuns?:[^\s?@/]+")
_TURN = re.compile(r"turns?:[^\s?@/]+(\?transport=(udp|tcp))?")


class ConfiguredIce:
    """STUN and TURN servers that somebody has named.

    A TURN server knows no users. It shares a secret with us, and takes a name of the form `expiry:user` with its
    HMAC-SHA1 under that secret until the moment of expiry, in seconds since 1970 (the REST scheme of coturn).

    Args:
        stun: `stun:host:port` each.
        turn: `turn:host:port` each.
        secret: What is shared with the TURN servers.
        seconds: How long a credential is good for.

    Raises:
        ValueError: An address is none, or there are TURN servers and no secret.
    """

    def __init__(
        self, *, stun: Sequence[str] = (), turn: Sequence[str] = (), secret: str = "", seconds: int = 3600
    ) -> None:
        for form, urls, example in ((_STUN, stun, "stun:host:port"), (_TURN, turn, "turn:host:port")):
            for url in urls:
                if form.fullmatch(url) is None:
                    raise ValueError(f"{url!r} is not {example}")
        if turn and not secret:
            raise ValueError("TURN servers need turn_secret, the secret shared with them")
        self._stun = tuple(IceServer(url) for url in stun)
        self._turn = tuple(turn)
        self._secret = secret.encode()
        self._seconds = seconds

    def servers(self, user: str, now: datetime) -> tuple[IceServer, ...]:
        """Those for this user."""
        if not self._turn:
            return self._stun
        name = f"{int(now.timestamp()) + self._seconds}:{user}"
        proof = Secret(b64encode(hmac.digest(self._secret, name.encode(), "sha1")).decode())
        return (*self._stun, *(IceServer(url, name, proof) for url in self._turn))
