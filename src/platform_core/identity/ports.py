"""What identity asks of the outside, and what other contexts may use of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    avatar_url: str | None = None


class Directory(Protocol):
    """Looking people up."""

    async def card(self, user: str) -> Card | None:
        """A user's card, or None."""

    async def cards(self, users: Sequence[str]) -> Mapping[str, Card]:
        """The cards of those of these users who exist, by their id; looked up together."""
