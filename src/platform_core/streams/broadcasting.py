"""Making streams, moving them, and showing them to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.actor import ANYONE, HOSTS, USERS, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Conflict, Forbidden, Invalid
from platform_core.kernel.page import Position
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.streams.audience import viewers
from platform_core.streams.ports import IceServer, IceServers, room
from platform_core.streams.stream import Stream, StreamState

OPEN_STREAMS = 100
"""How many streams of one host may be idle, live or frozen. Hosts who ask for many at once may get a few more."""

MOST_LISTED = 100


class TooManyStreams(Conflict):
    """The host has many streams that have not ended."""

    code = "TOO_MANY_STREAMS"


@frozen
class Connection:
    """What somebody who takes part needs to connect.

    Args:
        stream: The stream's id.
        state: Where it is.
        ice_servers: Who helps browsers reach each other.
        room: Where its events, chat and signals go.
    """

    stream: str
    state: StreamState
    ice_servers: tuple[IceServer, ...]
    room: str

    @classmethod
    def to(cls, stream: Stream, ice: IceServers, work: Work) -> Connection:
        """The connection of the actor to a stream. Only for those who may take part (STR-04)."""
        return cls(stream.id, stream.state, ice.servers(work.actor.id, work.now), room(stream.id))


@frozen
class CreateStream(Command[Connection]):
    """Make a stream ready. Creators and providers may.

    Args:
        title: 1 to 140 characters.
        is_premium: Whether viewers pay to get in.
        token_price: What they pay, 1 to 10^15 tokens when it is premium, 0 when not.
    """

    policy: ClassVar[Policy] = HOSTS

    title: str
    is_premium: bool = False
    token_price: int = 0


async def create_stream(command: CreateStream, work: Work, ice: IceServers) -> Connection:
    """Make it, idle.

    Raises:
        Invalid: The title or the price breaks a rule.
        TooManyStreams: The host has many that have not ended.
    """
    stream = Stream.create(
        id=work.new_id("str"),
        host=work.actor.id,
        title=command.title,
        is_premium=command.is_premium,
        token_price=command.token_price,
        now=work.now,
    )
    still_open = (Where("host", "=", work.actor.id), Where("state", "!=", StreamState.ENDED))
    if len(await work.find(Select(Stream, where=still_open, limit=OPEN_STREAMS))) >= OPEN_STREAMS:
        raise TooManyStreams(f"you have {OPEN_STREAMS} streams that have not ended; end some first")
    work.add(stream)
    return Connection.to(stream, ice, work)


async def of_host(work: Work, stream: str) -> Stream:
    """The stream, for its host. Streams are public: a missing one is not found, another's is forbidden (AUTHZ-01).

    Raises:
        NotFound: There is none.
        Forbidden: The actor is not its host.
    """
    found = await work.require(Stream, stream)
    if found.host != work.actor.id:
        raise Forbidden("this is somebody else's stream")
    return found


@frozen
class Moved:
    """A stream that has just moved.

    Args:
        stream: The stream's id.
        state: Where it is now.
        started_at: When it first went live.
    """

    stream: str
    state: StreamState
    started_at: datetime | None


@frozen
class SetStreamState(Command[Moved]):
    """Move one's own stream: idle to live, live to frozen or ended, frozen to live.

    Args:
        stream: Which.
        state: Where to.
    """

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("stream",)

    stream: str
    state: StreamState

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """The host may."""
        await of_host(work, target["stream"])


async def set_stream_state(command: SetStreamState, work: Work) -> Moved:
    """Move it.

    Raises:
        InvalidTransition: From where it is, its host cannot move it there.
    """
    stream = await work.require(Stream, command.stream)
    stream.move(command.state, work.actor.session, work.now)
    work.save(stream)
    return Moved(stream.id, stream.state, stream.started_at)


@frozen
class StreamView:
    """A stream as everybody may see it: nothing in it lets anybody in (STR-01, STR-04).

    Args:
        viewers: How many watch now.
        reason: Why it is frozen or has ended.
    """

    id: str
    title: str
    state: StreamState
    is_premium: bool
    token_price: int
    viewers: int
    host: str
    host_name: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    reason: str | None


async def views(work: Work, people: Directory, streams: list[Stream]) -> list[StreamView]:
    """The streams with their hosts' names and their viewers."""
    counted = await viewers(work, [stream.id for stream in streams if stream.is_on])
    hosts = await people.cards([stream.host for stream in streams])
    return [
        StreamView(
            id=stream.id,
            title=stream.title,
            state=stream.state,
            is_premium=stream.is_premium,
            token_price=stream.token_price,
            viewers=counted.get(stream.id, 0),
            host=stream.host,
            host_name=hosts[stream.host].username if stream.host in hosts else "",
            created_at=stream.created_at,
            started_at=stream.started_at,
            ended_at=stream.ended_at,
            reason=None if stream.reason is None else stream.reason.value,
        )
        for stream in streams
    ]


@frozen
class GetStream(Query[StreamView]):
    """A stream by id. Anybody may."""

    policy: ClassVar[Policy] = ANYONE

    stream: str


async def get_stream(query: GetStream, work: Work, people: Directory) -> StreamView:
    """The stream.

    Raises:
        NotFound: There is none.
    """
    [view] = await views(work, people, [await work.require(Stream, query.stream)])
    return view


@frozen
class StreamList:
    """Some streams, and how many there are.

    Args:
        streams: Those shown.
        total: How many there are in that state.
        limit: How many are shown at most.
        next: Where the next page begins; None when this is the last.
    """

    streams: list[StreamView]
    total: int
    limit: int
    next: Position | None = None


@frozen
class ListStreams(Query[StreamList]):
    """Streams in one state, those that began last first. Anybody may; what has not begun is not listed.

    Args:
        state: live, frozen or ended.
        limit: At most this many, 1 to 100; more is taken for 100.
        host: Only those of this user.
        after: Where the page begins, as the page before told.
    """

    policy: ClassVar[Policy] = ANYONE

    state: StreamState = StreamState.LIVE
    limit: int = 20
    host: str | None = None
    after: Position | None = None


async def list_streams(query: ListStreams, work: Work, people: Directory) -> StreamList:
    """The list.

    Raises:
        Invalid: Idle ones are asked for, or fewer than one.
    """
    if query.state is StreamState.IDLE:
        raise Invalid.field("state", "must be live, frozen or ended")
    if query.limit < 1:
        raise Invalid.field("limit", "must be at least 1")
    limit = min(query.limit, MOST_LISTED)
    # A stream that never went live may end too, and was never shown.
    shown = [Where("state", "=", query.state), Where("started_at", "!=", None)]
    if query.host is not None:
        shown.append(Where("host", "=", query.host))
    select = Select(Stream, where=tuple(shown), order=("-started_at",), after=query.after, limit=limit + 1)
    found = await work.find(select)
    last = found[limit - 1] if len(found) > limit else None
    return StreamList(
        await views(work, people, found[:limit]),
        await work.count(select),
        limit,
        None if last is None else (last.started_at, last.id),
    )
