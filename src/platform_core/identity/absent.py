"""What stands in where nobody signs tokens."""
# ruff: noqa: ARG002  # A stand-in takes what its port says, and looks at nothing.

from __future__ import annotations

from datetime import datetime

from platform_core.identity.ports import Claims, TokenKind
from platform_core.kernel.errors import Unavailable
from platform_core.kernel.secret import Secret


class NoSignedTokens:
    """Nobody signs tokens here: sessions with opaque tokens are all there is."""

    def sign(self, claims: Claims) -> Secret:
        """Refuse to.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable("this platform signs no tokens")

    def read(self, token: str, kind: TokenKind, *, now: datetime) -> Claims:
        """Refuse to.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable("this platform signs no tokens")
