"""Coming in and going out: register, log in, refresh, log out."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.identity.guesses import FREE, Guesses, guesses_id
from platform_core.identity.ports import Passwords
from platform_core.identity.sessions import PER_USER, OpenedSession, Session, end_session, open_session, own_session
from platform_core.identity.users import (
    OPEN_ROLES,
    User,
    check_email,
    check_password,
    check_username,
    folded_email,
    is_email,
)
from platform_core.kernel.actor import ANYONE, USERS, Policy, Role
from platform_core.kernel.command import Command
from platform_core.kernel.errors import Invalid, Taken, Unauthenticated
from platform_core.kernel.secret import Secret
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work


@frozen
class Register(Command[OpenedSession]):
    """Make an account and sign in.

    Args:
        email: An address nobody else has.
        username: A name nobody else has, `[a-z0-9_]{3,30}`.
        password: 8 to 128 characters, none of the common ones.
        role: viewer, creator or provider.
        presented: The session of a token sent along, which ends with this registration (AUTH-11).
    """

    policy: ClassVar[Policy] = ANYONE

    email: str
    username: str
    password: Secret
    role: Role = Role.VIEWER
    presented: str | None = None


async def register(command: Register, work: Work, passwords: Passwords) -> OpenedSession:
    """Make the user and open their first session.

    Raises:
        Invalid: A field breaks a rule; admin and moderator cannot be chosen (AUTH-02).
        Taken: The address or the name is.
    """
    if command.role not in OPEN_ROLES:
        raise Invalid.field("role", "must be one of viewer, creator, provider")
    user = await new_user(
        work,
        passwords,
        email=command.email,
        username=command.username,
        password=command.password,
        role=command.role,
    )
    await end_presented(work, command.presented)
    token, session = open_session(work, user=user.id, role=user.role)
    return OpenedSession(token, session.expires_at, user.id, user.username, user.role, user.email)


async def new_user(
    work: Work, passwords: Passwords, *, email: str, username: str, password: Secret, role: Role
) -> User:
    """A new user, added to the unit of work."""
    check_email(email)
    check_username(username)
    check_password(password)
    if passwords.is_common(password):
        raise Invalid.field("password", "is among the passwords everybody tries first")
    for name, value in (("email_key", folded_email(email)), ("username", username)):
        # Found out before the costly hash; the store refuses again if somebody is quicker.
        if await work.find(Select(User, where=(Where(name, "=", value),), limit=1)):
            raise Taken.field(name)
    user = User.register(
        id=work.new_id("usr"),
        email=email,
        username=username,
        password_hash=await passwords.hash(password),
        role=role,
        now=work.now,
    )
    work.add(user)
    return user


@frozen
class Login(Command[OpenedSession]):
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


async def login(command: Login, work: Work, passwords: Passwords) -> OpenedSession:
    """Open a session. Unknown address, wrong password and ban get one and the same answer, in the same time (AUTH-03).

    Raises:
        Unauthenticated: Address and password do not belong together.
        RateLimited: Too many have been tried for this address.
    """
    user = await admitted(work, passwords, email=command.email, password=command.password, presented=command.presented)
    token, session = open_session(work, user=user.id, role=user.role)
    return OpenedSession(token, session.expires_at, user.id, user.username, user.role, user.email)


async def admitted(work: Work, passwords: Passwords, *, email: str, password: Secret, presented: str | None) -> User:
    """The user with this address and this password, for whom a session may be opened now; old ones have made room.

    Raises:
        Unauthenticated: Address and password do not belong together.
        RateLimited: Too many have been tried for this address.
    """
    if not is_email(email):
        # Nobody has it, and not every such text can be looked up.
        await passwords.verify(password, None)
        raise Unauthenticated("Invalid email or password")
    email_key = folded_email(email)
    guesses = await work.get(Guesses, guesses_id(email_key))
    if guesses is not None:
        guesses.admit(work.now)
    # Once they are few, an attempt is counted before it is looked at: many at once are no way around the wait.
    is_counted = guesses is not None and guesses.failures >= FREE - 1
    if guesses is not None and is_counted:
        guesses.failed(work.now)
        work.save(guesses)
        await work.commit()
    users = await work.find(Select(User, where=(Where("email_key", "=", email_key),), limit=1))
    user = users[0] if users else None
    matches = await passwords.verify(password, user.password_hash if user else None)
    if user is None or not matches or user.is_banned:
        if not is_counted:
            counted = guesses or Guesses(id=guesses_id(email_key), since=work.now)
            counted.failed(work.now)
            work.save(counted) if guesses else work.add(counted)
            await work.commit()
        raise Unauthenticated("Invalid email or password")
    if guesses is not None:
        work.remove(guesses)
    sessions = await work.find(
        Select(Session, where=(Where("user", "=", user.id),), order=("created_at",), limit=PER_USER + 1)
    )
    ending = {session.id: session for session in sessions[: max(0, len(sessions) - PER_USER + 1)]}
    if presented is not None and (session := await work.get(Session, presented)) is not None:
        ending[session.id] = session
    for session in ending.values():
        end_session(work, session)
    # Saving the user makes a ban and a login that meet take turns: no session outlives a ban.
    user.last_login_at = work.now
    work.save(user)
    return user


async def end_presented(work: Work, id: str | None) -> None:
    """End the session that was sent along, if there is one (AUTH-11)."""
    if id is not None and (session := await work.get(Session, id)) is not None:
        end_session(work, session)


@frozen
class RefreshSession(Command[OpenedSession]):
    """Extend the caller's session by 14 days under a new token; the old one is dead."""

    policy: ClassVar[Policy] = USERS
    per_session: ClassVar[bool] = True


async def refresh_session(command: RefreshSession, work: Work) -> OpenedSession:
    """Rotate the session.

    Raises:
        Unauthenticated: It has ended.
    """
    old = await own_session(work)
    user = await work.require(User, old.user)
    end_session(work, old)
    token, session = open_session(work, user=user.id, role=user.role)
    return OpenedSession(token, session.expires_at, user.id, user.username, user.role, user.email)


@frozen
class Logout(Command[None]):
    """End the caller's session."""

    policy: ClassVar[Policy] = USERS
    per_session: ClassVar[bool] = True


async def logout(command: Logout, work: Work) -> None:
    """Forget it; the token is dead from the next request on, in every process (AUTH-12).

    Raises:
        Unauthenticated: It has ended already.
    """
    end_session(work, await own_session(work))
