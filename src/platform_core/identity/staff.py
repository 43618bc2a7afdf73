"""What staff and operators do to users: list, make, role, ban, and their sessions."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.identity.access import new_user
from platform_core.identity.events import SessionsRevoked
from platform_core.identity.ports import Passwords
from platform_core.identity.profiles import UserView, view
from platform_core.identity.sessions import Session
from platform_core.identity.users import User, folded_email
from platform_core.kernel.actor import ADMINS, PLATFORM, SIGNED_IN, STAFF, Policy, Role, Via
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Conflict, Forbidden, NotFound
from platform_core.kernel.page import OPERATORS, bounded
from platform_core.kernel.secret import Secret
from platform_core.kernel.select import Select, Where
from platform_core.kernel.text import text
from platform_core.kernel.work import Work
from platform_core.ledger.ports import user_accounts


@frozen
class CreateUser(Command[UserView]):
    """Make an account of any role, without signing in. Only operators may: there is no default admin (ADM-01)."""

    policy: ClassVar[Policy] = PLATFORM

    email: str
    username: str
    password: Secret
    role: Role = Role.VIEWER


async def create_user(command: CreateUser, work: Work, passwords: Passwords) -> UserView:
    """Make the user.

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
        role=command.role,
    )
    return view(user, work.actor)


@frozen
class ListUsers(Query[list[UserView]]):
    """Users, newest last.

    Args:
        role: Only those of this role.
        banned: Only those who are banned, or who are not.
        search: Only those whose username starts with this.
        after: The id of the last user seen.
        limit: At most this many, 1 to 1000.
    """

    policy: ClassVar[Policy] = STAFF

    role: Role | None = None
    banned: bool | None = None
    search: str = ""
    after: str | None = None
    limit: int = 100


async def list_users(query: ListUsers, work: Work) -> list[UserView]:
    """The users."""
    where = []
    if query.role is not None:
        where.append(Where("role", "=", query.role))
    if query.banned is not None:
        where.append(Where("banned_at", "!=" if query.banned else "=", None))
    if query.search:
        where.append(Where("username", "prefix", query.search))
    after = None if query.after is None else (query.after,)
    select = Select(User, where=tuple(where), after=after, limit=bounded(query.limit, OPERATORS))
    return [view(user, work.actor) for user in await work.find(select)]


@frozen
class FindUser(Query[UserView]):
    """A user by id, username or address.

    Args:
        name: Any of the three.
    """

    policy: ClassVar[Policy] = PLATFORM

    name: str


async def find_user(query: FindUser, work: Work) -> UserView:
    """The user.

    Raises:
        NotFound: There is none.
    """
    user = await work.get(User, query.name)
    if user is None:
        field, value = (
            ("email_key", folded_email(query.name)) if "@" in query.name else ("username", query.name.casefold())
        )
        found = await work.find(Select(User, where=(Where(field, "=", value),), limit=1))
        if not found:
            raise NotFound(f"there is no user {query.name}")
        user = found[0]
    return view(user, work.actor)


async def _subordinate(work: Work, id: str) -> User:
    """The user, if the actor outranks them (ADM-02)."""
    user = await work.require(User, id)
    if user.id == work.actor.id:
        raise Conflict("you cannot do this to yourself")
    if work.actor.via is Via.SESSION and user.role.rank >= work.actor.role.rank:
        raise Forbidden("this user is not below you in rank")
    return user


async def _sessions_of(work: Work, user: str) -> list[Session]:
    return await work.find(Select(Session, where=(Where("user", "=", user),), order=("created_at",), limit=1000))


@frozen
class SetRole(Command[UserView]):
    """Give a user another role. Admins and operators may; the last admin stays one."""

    policy: ClassVar[Policy] = ADMINS

    user: str
    role: Role


async def set_role(command: SetRole, work: Work) -> UserView:
    """Change the role, in the sessions too.

    Raises:
        NotFound: There is no such user.
        Forbidden: The user is not below the caller in rank.
        Conflict: It is the caller, or the last admin.
    """
    user = await _subordinate(work, command.user)
    if user.role is Role.ADMIN and command.role is not Role.ADMIN:
        await _not_the_last_admin(work, user)
    user.become(command.role)
    work.save(user)
    for session in await _sessions_of(work, user.id):
        session.role = user.role
        work.save(session)
    return view(user, work.actor)


async def _not_the_last_admin(work: Work, user: User) -> None:
    admins = await work.find(
        Select(User, where=(Where("role", "=", Role.ADMIN), Where("banned_at", "=", None)), limit=3)
    )
    others = [admin for admin in admins if admin.id != user.id]
    if not others:
        raise Conflict("this is the last admin")
    # Two admins stepping down at once must not both find the other still there.
    for admin in others:
        work.guard(admin)


@frozen
class BanUser(Command[UserView]):
    """Shut a user out: their sessions end and their wallet takes part in nothing new. Staff may, below their rank."""

    policy: ClassVar[Policy] = STAFF

    user: str
    reason: str = ""


async def ban_user(command: BanUser, work: Work) -> UserView:
    """Ban, from the next request on (AUTHZ-07).

    Raises:
        NotFound: There is no such user.
        Forbidden: The user is not below the caller in rank.
        Conflict: It is the caller, the last admin, or banned already.
    """
    user = await _subordinate(work, command.user)
    if user.role is Role.ADMIN:
        await _not_the_last_admin(work, user)
    user.ban(work.now, text(command.reason, "reason", most=500))
    work.save(user)
    for session in await _sessions_of(work, user.id):
        work.remove(session)
    _freeze(work, user.id, frozen=True)
    return view(user, work.actor)


def _freeze(work: Work, user: str, *, frozen: bool) -> None:
    accounts = user_accounts(user)
    work.open(*accounts)
    for account in accounts:
        work.freeze(account.id, frozen=frozen)


@frozen
class UnbanUser(Command[UserView]):
    """Let a user in again. Staff may, below their rank."""

    policy: ClassVar[Policy] = STAFF

    user: str


async def unban_user(command: UnbanUser, work: Work) -> UserView:
    """Unban and thaw the wallet.

    Raises:
        NotFound: There is no such user.
        Forbidden: The user is not below the caller in rank.
        Conflict: They are not banned.
    """
    user = await _subordinate(work, command.user)
    user.unban()
    work.save(user)
    _freeze(work, user.id, frozen=False)
    return view(user, work.actor)


@frozen
class ListSessions(Query[list[Session]]):
    """A user's sessions, oldest first: the caller's own, or any for operators and admins.

    Args:
        user: Whose; the caller's own when None.
    """

    policy: ClassVar[Policy] = SIGNED_IN

    user: str | None = None


async def list_sessions(query: ListSessions, work: Work) -> list[Session]:
    """The sessions; their ids are hashes, never tokens."""
    user = query.user or work.actor.id
    if user != work.actor.id and not work.actor.is_admin:
        raise Forbidden("these are somebody else's sessions")
    return await _sessions_of(work, user)


@frozen
class RevokeSessions(Command[int]):
    """End sessions of a user: one, or all.

    Args:
        user: Whose.
        session: Which; all of them when None.
    """

    policy: ClassVar[Policy] = SIGNED_IN

    user: str
    session: str | None = None


async def revoke_sessions(command: RevokeSessions, work: Work) -> int:
    """End them; how many.

    Raises:
        Forbidden: They are somebody else's.
        NotFound: There is no such session of this user.
    """
    if command.user != work.actor.id and not work.actor.is_admin:
        raise Forbidden("these are somebody else's sessions")
    sessions = await _sessions_of(work, command.user)
    ending = [session for session in sessions if command.session in (None, session.id)]
    if command.session is not None and not ending:
        raise NotFound("there is no such session")
    for session in ending:
        work.remove(session)
    if ending:
        work.emit(SessionsRevoked(command.user, len(ending)), subject=command.user)
    return len(ending)
