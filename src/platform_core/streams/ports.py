"""What streams ask of the outside, and what other contexts may use of them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from attrs import frozen

from platform_core.kernel.secret import Secret


@frozen
class IceServer:
    """A server that helps two browsers reach each other.

    Args:
        url: `stun:host:port` or `turn:host:port`.
        username: Who uses it, where it wants to know.
        credential: What proves that; good for a short while.
    """

    url: str
    username: str | None = None
    credential: Secret | None = None


class IceServers(Protocol):
    """The servers a user is told of when they may take part in a stream."""

    def servers(self, user: str, now: datetime) -> tuple[IceServer, ...]:
        """Those for this user, with credentials of their own that expire by themselves."""


class NoIceServers:
    """None: browsers reach each other directly, as on one machine or in one network."""

    def servers(self, user: str, now: datetime) -> tuple[IceServer, ...]:  # noqa: ARG002  # as the port says
        """Nothing."""
        return ()


class Blocks(Protocol):
    """Who wants nothing of whom."""

    async def between(self, one: str, other: str) -> bool:
        """Whether either of two users blocks the other."""


def room(stream: str) -> str:
    """The name of a stream's room, where its events, chat and signals go."""
    return f"stream:{stream}"
