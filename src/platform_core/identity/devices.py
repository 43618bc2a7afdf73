"""Where one is signed in: looking at one's own sessions, ending and extending them (AUTH-17)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.identity.families import RefreshFamily, family_id
from platform_core.identity.sessions import LIFETIME, PER_USER, Session, end_session, own_session
from platform_core.kernel.actor import USERS, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import NotFound
from platform_core.kernel.page import Part, bounded
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work


@frozen
class Device:
    """A session as its user sees it.

    Args:
        id: Its id, which opens nothing.
        created_at: When they signed in.
        expires_at: Until when it lasts, unless it is extended.
        is_current: Whether it is the one that asks.
    """

    id: str
    created_at: datetime
    expires_at: datetime
    is_current: bool


def _of(user: str) -> tuple[Where, ...]:
    return (Where("user", "=", user),)


@frozen
class ListDevices(Query[Part[Device]]):
    """One's own sessions, the newest first.

    Args:
        limit: At most this many.
        skip: How many of the first are left out.
    """

    policy: ClassVar[Policy] = USERS

    limit: int = PER_USER
    skip: int = 0


async def list_devices(query: ListDevices, work: Work) -> Part[Device]:
    """Those that have not ended."""
    mine = (*_of(work.actor.id), Where("expires_at", ">", work.now))
    wanted = Select(Session, mine, order=("-created_at",), limit=bounded(query.limit), offset=query.skip)
    shown = [
        Device(session.id, session.created_at, session.expires_at, session.id == work.actor.session)
        for session in await work.find(wanted)
    ]
    return Part(shown, await work.count(wanted))


@frozen
class EndDevice(Command[None]):
    """Sign out in one place.

    Args:
        session: Which of one's own sessions ends; the one that asks when None.
    """

    policy: ClassVar[Policy] = USERS
    per_session: ClassVar[bool] = True

    session: str | None = None


async def end_device(command: EndDevice, work: Work) -> None:
    """End it, from the next request on in every process.

    Raises:
        NotFound: There is no such session, or it is somebody else's.
    """
    session = await own_session(work) if command.session is None else await work.get(Session, command.session)
    if session is None or session.user != work.actor.id:
        raise NotFound("there is no such session")
    end_session(work, session)


@frozen
class EndDevices(Command[int]):
    """Sign out everywhere, here too."""

    policy: ClassVar[Policy] = USERS
    per_session: ClassVar[bool] = True


async def end_devices(command: EndDevices, work: Work) -> int:
    """End all sessions; how many."""
    sessions = await work.find(Select(Session, _of(work.actor.id), limit=1000))
    for session in sessions:
        end_session(work, session)
    return len(sessions)


@frozen
class ExtendDevice(Command[datetime]):
    """Keep the session that asks for another 14 days. Its tokens stay what they are."""

    policy: ClassVar[Policy] = USERS
    per_session: ClassVar[bool] = True


async def extend_device(command: ExtendDevice, work: Work) -> datetime:
    """Extend it; until when it lasts now."""
    session = await own_session(work)
    family = await work.get(RefreshFamily, family_id(session.id))
    session.expires_at = work.now + LIFETIME
    if family is not None:
        session.expires_at = min(session.expires_at, family.ends_at)
    work.save(session)
    return session.expires_at
