"""What identity asks of the outside, and what other contexts may use of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol

from attrs import field, frozen

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


class TokenKind(Enum):
    """What a signed token is for; it is good for nothing else (AUTH-07)."""

    ACCESS = "access"
    REFRESH = "refresh"


@frozen
class Claims:
    """What a signed token says. Moments are told in whole seconds.

    Args:
        kind: What it is for.
        user: For whom.
        session: For which session of theirs.
        issued_at: From when on it is good.
        expires_at: Until when.
        secret: What tells it from others of its kind, where that matters.
    """

    kind: TokenKind
    user: str
    session: str
    issued_at: datetime
    expires_at: datetime
    secret: str = field(default="", repr=False)


class SignedTokens(Protocol):
    """Tokens that say whom they are for, and that nobody else can make."""

    def sign(self, claims: Claims) -> Secret:
        """The token: for the same claims the same one."""

    def read(self, token: str, kind: TokenKind, *, now: datetime) -> Claims:
        """What a token of this kind says.

        Raises:
            Unauthenticated: It is not ours, not of this kind, or not good at this moment.
        """


@frozen
class Face:
    """A user at a glance: by id, name and picture."""

    id: str
    username: str
    avatar_url: str | None


@frozen
class Card:
    """What others may know of a user at a glance."""

    id: str
    username: str
    role: Role
    banned: bool
    display_name: str = ""
    bio: str = ""
    avatar_url: str | None = None

    @property
    def face(self) -> Face:
        """The least of it that shows who it is."""
        return Face(self.id, self.username, self.avatar_url)


class Directory(Protocol):
    """Looking people up."""

    async def card(self, user: str) -> Card | None:
        """A user's card, or None."""

    async def cards(self, users: Sequence[str]) -> Mapping[str, Card]:
        """The cards of those of these users who exist, by their id; looked up together."""

    async def email(self, user: str) -> str | None:
        """A user's address, for those who must write to them; None if there is no such user."""

    async def newest(self, roles: Sequence[Role], *, limit: int) -> list[Card]:
        """Those of these roles who are not banned, the newest first."""


@frozen
class Named:
    """A user by id and name."""

    id: str
    username: str


async def named(people: Directory, users: Iterable[str]) -> Mapping[str, Named]:
    """These users by id, with their names, which are looked up together; the name is empty where there is no user."""
    wanted = list(dict.fromkeys(users))
    cards = await people.cards(wanted)
    return {user: Named(user, cards[user].username if user in cards else "") for user in wanted}


@frozen
class ShownItem:
    """An item on a user's public page.

    Args:
        is_premium: Whether it is for those who have paid; then nothing here leads to it.
        thumbnail_url: It in small, for a while; None of a premium one.
        preview: A few blurred pixels as a `data:` URL.
    """

    id: str
    form: str
    caption: str
    is_premium: bool
    thumbnail_url: str | None
    preview: str | None
    created_at: datetime


@frozen
class Shown:
    """What a user's public page has besides what they say of themself.

    Args:
        items: How many items others can see.
        recent: The newest of them.
        tiers: Tier to tokens for 30 days, of those they offer.
    """

    items: int = 0
    recent: Sequence[ShownItem] = ()
    tiers: Mapping[str, int] = field(factory=dict)


class Showcase(Protocol):
    """What other contexts have to show of a user."""

    async def of(self, user: str, now: datetime) -> Shown:
        """It, as anybody may see it at this moment."""
