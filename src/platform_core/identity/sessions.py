"""Sessions: opaque tokens of 256 bits, of which only a hash is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar

from attrs import define, frozen

from platform_core.identity.events import SessionEnded
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Unauthenticated
from platform_core.kernel.ports import Clock, Store
from platform_core.kernel.secret import Secret
from platform_core.kernel.work import Work

LIFETIME = timedelta(days=14)
PER_USER = 50
"""How many sessions a user may have; the oldest ends when another is opened."""


def session_id(token: str) -> str:
    """The id of the session that a token opens: a one-way hash of it, so it may be shown (AUTH-17)."""
    return "ses_" + sha256(token.encode(errors="surrogatepass")).hexdigest()[:40]


@define(eq=False, kw_only=True)
class Session(Aggregate):
    """One signed-in device. It carries the role, so that one read tells who is calling; whatever changes the role or
    shuts the user out changes or removes their sessions in the same commit.

    Args:
        id: The hash of the token.
        user: Whose it is.
        role: Their role.
        created_at: When they signed in.
        expires_at: Until when it lasts, unless it is extended.
    """

    kind: ClassVar[str] = "session"

    user: str
    role: Role
    created_at: datetime
    expires_at: datetime

    @property
    def actor(self) -> Actor:
        """Who acts through it."""
        return Actor(self.user, self.role, Via.SESSION, self.id)


@frozen
class OpenedSession:
    """A session just opened or extended: the only time its token is seen.

    Args:
        token: What the client sends from now on.
        expires_at: Until when.
        user: Whose it is.
        username: Their public name.
        role: Their role.
        email: Their address.
    """

    token: Secret
    expires_at: datetime
    user: str
    username: str
    role: Role
    email: str


def end_session(work: Work, session: Session) -> None:
    """Forget a session; whoever keeps a connection open for it hears of that."""
    work.remove(session)
    work.emit(SessionEnded(session.user, session.id), subject=session.user)


def open_session(work: Work, *, user: str, role: Role) -> tuple[Secret, Session]:
    """A new session and its token."""
    token = f"sess_{work.ids.secret()}"
    session = Session(id=session_id(token), user=user, role=role, created_at=work.now, expires_at=work.now + LIFETIME)
    work.add(session)
    return Secret(token), session


async def own_session(work: Work) -> Session:
    """The session of the one who acts.

    Raises:
        Unauthenticated: It has ended.
    """
    session = None if work.actor.session is None else await work.get(Session, work.actor.session)
    if session is None:
        raise Unauthenticated("your session is unknown or has ended")
    return session


class Doorkeeper:
    """Telling who is calling, from the token they show. Every request asks the store, so that a logout or a ban holds
    from the next request on in every process (AUTH-12, AUTHZ-07).
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def actor(self, token: str) -> Actor:
        """Who the token belongs to.

        Raises:
            Unauthenticated: Nobody, or not any more.
        """
        return await self.holder(session_id(token))

    async def holder(self, session: str) -> Actor:
        """Who acts through a session, by its id; for those who do not keep the token, on a connection that lasts.

        Raises:
            Unauthenticated: Nobody, or not any more.
        """
        found = await self._store.peek(Session, session)
        if found is None or found.expires_at <= self._clock.now():
            raise Unauthenticated("your session is unknown or has ended")
        return found.actor
