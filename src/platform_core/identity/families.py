"""Refresh tokens: each is good once, for the next one, and one that is shown again gives its thief away.

What a client keeps for long is worth stealing. So a refresh token is swapped for a new one each time, and the tokens
of one sign-in are a family. Shown a second time, a token has two holders, and nobody can tell which of them is the
thief: the whole family ends (AUTH-09). Only two tabs that refresh at once, or a client whose answer was lost, show one
twice in honesty: within a few seconds, and while its successor is unused, they get the very same successor (AUTH-10).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar

from attrs import define

from platform_core.identity.events import RefreshTokenReused
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Unauthenticated

#: How long after a refresh the token swapped then is still honestly shown.
GRACE = timedelta(seconds=10)
#: However often it is refreshed, somebody signs in again after this.
LONGEST = timedelta(days=90)


class Reused(Unauthenticated):
    """A refresh token was shown again, and its family has ended."""


def family_id(session: str) -> str:
    """The family of a session: there is one for each."""
    return "rff_" + session.partition("_")[2]


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def successor(secret: str) -> str:
    """What is in the token after the one with this secret: always the same, so that no secret is kept to give it twice.

    Knowing it is of no use: a token is only good with the platform's signature.
    """
    return sha256(f"successor {secret}".encode()).hexdigest()


@define(eq=False, kw_only=True)
class RefreshFamily(Aggregate):
    """The refresh tokens of one session. Of each token there is only a hash of the secret in it.

    Args:
        user: Whose they are.
        current: Of the token that is good now.
        previous: Of the one before, if there was one.
        began_at: When they signed in.
        rotated_at: When the current token was made.
        ends_at: When they have to sign in again.
    """

    kind: ClassVar[str] = "refresh_family"

    user: str
    current: str
    previous: str | None = None
    began_at: datetime
    rotated_at: datetime
    ends_at: datetime

    @property
    def session(self) -> str:
        """The session that its tokens renew."""
        return "ses_" + self.id.partition("_")[2]

    @classmethod
    def begin(cls, *, session: str, user: str, secret: str, now: datetime) -> RefreshFamily:
        """The family of a session, with its first token."""
        return cls(
            id=family_id(session),
            user=user,
            current=_hash(secret),
            began_at=now,
            rotated_at=now,
            ends_at=now + LONGEST,
        )

    def rotate(self, secret: str, now: datetime) -> str:
        """Swap a token: the secret of the next one.

        Raises:
            Reused: It was swapped before, and not just now.
            Unauthenticated: The family has ended.
        """
        if now >= self.ends_at:
            raise Unauthenticated("sign in again")
        shown = _hash(secret)
        following = successor(secret)
        if shown == self.current:
            self.previous, self.current, self.rotated_at = shown, _hash(following), now
        elif shown != self.previous or now - self.rotated_at > GRACE:
            self.record(RefreshTokenReused(self.user, self.id))
            raise Reused("this refresh token was used before; sign in again")
        return following
