"""What identity asks of the outside, and what other contexts may use of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from attrs import frozen

from platform_core.kernel.actor import Role
from platform_core.kernel.secret import Secret


class Passwords(Protocol):
    """Hashing passwords, slowly on purpose."""

    async def hash(self, password: Secret) -> str:
        """A salted hash to keep.

        Raises:
            RateLimited: Too many are being hashed already (AUTH-05).
        """

    async def verify(self, password: Secret, hash: str | None) -> bool:
        """Whether the password is the one hashed. With no hash it takes as long and says no (AUTH-03).

        Raises:
            RateLimited: Too many are being hashed already (AUTH-05).
        """

    def is_common(self, password: Secret) -> bool:
        """Whether it is among the passwords everybody tries first (AUTH-04)."""


@frozen
class Card:
    """What others may know of a user at a glance."""

    id: str
    username: str
    role: Role
    banned: bool


class Directory(Protocol):
    """Looking people up."""

    async def card(self, user: str) -> Card | None:
        """A user's card, or None."""


@frozen
class Face:
    """What a user shows to everybody.

    Args:
        id: Who.
        name: How they want to be called.
        role: What they are.
        bio: What they say of themselves.
    """

    id: str
    name: str
    role: Role
    bio: str


class Faces(Protocol):
    """Looking at people, one or many."""

    async def face(self, user: str) -> Face | None:
        """A user's face, or None."""

    async def newest(self, *, roles: Sequence[Role], limit: int) -> list[Face]:
        """The newest users of these roles who are not banned, newest first."""
