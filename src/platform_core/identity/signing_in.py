"""Signing in for a pair of tokens: a short one that is shown with each request, and a long one that renews it.

Passwords, guesses and sessions are those of everybody else: a pair of tokens is another key to a session like any
other, which staff see and end, and which a ban removes.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import ClassVar

from attrs import frozen

from platform_core.identity.access import admitted, end_presented, new_user
from platform_core.identity.families import RefreshFamily, Reused, family_id
from platform_core.identity.ports import Claims, Passwords, SignedTokens, TokenKind
from platform_core.identity.sessions import LIFETIME, Doorkeeper, Session, end_session, open_session
from platform_core.identity.users import User
from platform_core.kernel.actor import ANYONE, Actor, Policy, Role
from platform_core.kernel.command import Command
from platform_core.kernel.errors import Unauthenticated
from platform_core.kernel.ports import Clock
from platform_core.kernel.secret import Secret
from platform_core.kernel.work import Work

ACCESS_LIFETIME = timedelta(hours=1)


@frozen
class Granted:
    """A pair of tokens: the only time they are seen.

    Args:
        access: What the client sends from now on.
        refresh: What it swaps for the next pair.
        lifetime: For how many seconds the access token is good.
        keeps: For how many seconds the refresh token is good at most.
        user: Whose they are.
        username: Their public name.
        email: Their address.
    """

    access: Secret
    refresh: Secret
    lifetime: int
    keeps: int
    user: str
    username: str
    email: str


@frozen
class SignUp(Command[Granted]):
    """Make an account and sign in.

    Args:
        email: An address nobody else has.
        username: A name nobody else has, `[a-z0-9_]{3,30}`.
        password: 8 to 128 characters, none of the common ones.
        presented: The session of a token sent along, which ends with this registration (AUTH-11).
    """

    policy: ClassVar[Policy] = ANYONE

    email: str
    username: str
    password: Secret
    presented: str | None = None


async def sign_up(command: SignUp, work: Work, passwords: Passwords, tokens: SignedTokens) -> Granted:
    """Make the user, a viewer, and their first pair of tokens.

    Raises:
        Invalid: A field breaks a rule.
        Taken: The address or the name is.
    """
    user = await new_user(
        work,
        passwords,
        email=command.email,
        username=command.username,
        password=command.password,
        role=Role.VIEWER,
    )
    await end_presented(work, command.presented)
    return _granted(work, tokens, user)


@frozen
class SignIn(Command[Granted]):
    """Sign in with address and password.

    Args:
        email: The address.
        password: The password.
        presented: The session of a token sent along, which ends with this login (AUTH-11).
    """

    policy: ClassVar[Policy] = ANYONE

    email: str
    password: Secret
    presented: str | None = None


async def sign_in(command: SignIn, work: Work, passwords: Passwords, tokens: SignedTokens) -> Granted:
    """Open a session with a pair of tokens.

    Raises:
        Unauthenticated: Address and password do not belong together.
        RateLimited: Too many have been tried for this address.
    """
    user = await admitted(work, passwords, email=command.email, password=command.password, presented=command.presented)
    return _granted(work, tokens, user)


def _granted(work: Work, tokens: SignedTokens, user: User) -> Granted:
    # The session's own token is thrown away: nothing but this pair opens it.
    _, session = open_session(work, user=user.id, role=user.role)
    secret = work.ids.secret()
    family = RefreshFamily.begin(session=session.id, user=user.id, secret=secret, now=work.now)
    work.add(family)
    return _pair(tokens, user, family, secret, now=work.now)


def _pair(tokens: SignedTokens, user: User, family: RefreshFamily, secret: str, *, now: datetime) -> Granted:
    access = Claims(TokenKind.ACCESS, user.id, family.session, now, now + ACCESS_LIFETIME)
    # Only what the family keeps is in it, so that the same token can be made again.
    refresh = Claims(TokenKind.REFRESH, user.id, family.session, family.rotated_at, family.ends_at, secret)
    return Granted(
        tokens.sign(access),
        tokens.sign(refresh),
        int(ACCESS_LIFETIME.total_seconds()),
        int((family.ends_at - now).total_seconds()),
        user.id,
        user.username,
        user.email,
    )


@frozen
class Renew(Command[Granted]):
    """Swap a refresh token for a new pair. Each is good once.

    Args:
        token: The refresh token.
    """

    policy: ClassVar[Policy] = ANYONE

    token: Secret


async def renew(command: Renew, work: Work, tokens: SignedTokens) -> Granted:
    """Give the next pair, and keep the session for another 14 days, 90 after it began at most.

    Raises:
        Unauthenticated: The token is none of ours, or its session has ended; or it was used before, and now it has.
    """
    claims = tokens.read(command.token.reveal(), TokenKind.REFRESH, now=work.now)
    session = await work.get(Session, claims.session)
    family = await work.get(RefreshFamily, family_id(claims.session))
    if session is None or session.expires_at <= work.now or family is None or family.user != claims.user:
        raise Unauthenticated("sign in again")
    try:
        secret = family.rotate(claims.secret, work.now)
    except Reused:
        # Committed at once: the refusal leaves nothing else behind.
        end_session(work, session)
        work.remove(family)
        await work.commit()
        raise
    work.save(family)
    session.expires_at = min(work.now + LIFETIME, family.ends_at)
    work.save(session)
    return _pair(tokens, await work.require(User, session.user), family, secret, now=work.now)


@frozen
class SignOut(Command[None]):
    """End the session of whoever asks, and that of a refresh token. With neither nothing happens.

    Args:
        token: A refresh token, if there is one.
    """

    policy: ClassVar[Policy] = ANYONE

    token: Secret | None = None


async def sign_out(command: SignOut, work: Work, tokens: SignedTokens) -> None:
    """End them; a token that is no longer good is as good as none."""
    ending = {work.actor.session}
    if command.token is not None:
        with suppress(Unauthenticated):
            ending.add(tokens.read(command.token.reveal(), TokenKind.REFRESH, now=work.now).session)
    for id in sorted(ending - {None}, key=str):
        session = await work.get(Session, str(id))
        if session is not None:
            end_session(work, session)
        family = await work.get(RefreshFamily, family_id(str(id)))
        if family is not None:
            work.remove(family)


class TokenDoorkeeper:
    """Telling who is calling from the access token they show. It names a session, and that is asked for each time: a
    logout, a ban or another role holds from the next request on in every process, however long the token would last.
    """

    def __init__(self, sessions: Doorkeeper, clock: Clock, tokens: SignedTokens) -> None:
        self._sessions = sessions
        self._clock = clock
        self._tokens = tokens

    async def actor(self, token: str) -> Actor:
        """Who the token belongs to.

        Raises:
            Unauthenticated: Nobody, or not any more; or it is a token for something else.
        """
        claims = self._tokens.read(token, TokenKind.ACCESS, now=self._clock.now())
        actor = await self._sessions.holder(claims.session)
        if actor.id != claims.user:
            raise Unauthenticated("this token is not good")
        return actor
