"""What the platform does with streams by itself: move those whose time has run out, forget viewers who are gone."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.identity.events import UserBanned
from platform_core.identity.ports import Directory
from platform_core.kernel.actor import PLATFORM, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.page import OPERATORS, bounded
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.streams.audience import Viewer
from platform_core.streams.broadcasting import Moved, StreamView, views
from platform_core.streams.events import ViewerLeft
from platform_core.streams.stream import Reason, Stream, StreamState


@frozen
class DueStreams(Query[list[str]]):
    """The streams whose time has run out, longest ago first, for the sweep."""

    policy: ClassVar[Policy] = PLATFORM

    limit: int = 100


async def due_streams(query: DueStreams, work: Work) -> list[str]:
    """Their ids."""
    due = Select(Stream, where=(Where("due_at", "<=", work.now),), order=("due_at",), limit=query.limit)
    return [stream.id for stream in await work.find(due)]


@frozen
class AllStreams(Query[list[StreamView]]):
    """Anybody's streams, in every state, the newest first. Operators may.

    Args:
        host: Only those of this user.
        state: Only those in this state.
        after: Only those older than this one.
        limit: At most this many, 1 to 1000.
    """

    policy: ClassVar[Policy] = PLATFORM

    host: str | None = None
    state: StreamState | None = None
    after: str | None = None
    limit: int = 100


async def all_streams(query: AllStreams, work: Work, people: Directory) -> list[StreamView]:
    """The streams.

    Raises:
        NotFound: There is no stream `after`.
    """
    wanted = (("host", query.host), ("state", query.state))
    where = tuple(Where(name, "=", value) for name, value in wanted if value is not None)
    after: tuple[object, ...] | None = None
    if query.after is not None:
        last = await work.require(Stream, query.after)
        after = (last.created_at, last.id)
    limit = bounded(query.limit, OPERATORS)
    found = await work.find(Select(Stream, where=where, order=("-created_at",), after=after, limit=limit))
    return await views(work, people, found)


@frozen
class LapseStream(Command[Moved]):
    """Move a stream whose time has run out."""

    policy: ClassVar[Policy] = PLATFORM

    stream: str


async def lapse_stream(command: LapseStream, work: Work) -> Moved:
    """Move it.

    Raises:
        NotFound: There is none.
        Conflict: Its time has not run out.
    """
    stream = await work.require(Stream, command.stream)
    stream.lapse(work.now)
    work.save(stream)
    return Moved(stream.id, stream.state, stream.started_at)


@frozen
class StopStream(Command[Moved]):
    """End a stream, whatever its host wants. Operators may."""

    policy: ClassVar[Policy] = PLATFORM

    stream: str


async def stop_stream(command: StopStream, work: Work) -> Moved:
    """End it.

    Raises:
        NotFound: There is none.
        InvalidTransition: It has ended already.
    """
    stream = await work.require(Stream, command.stream)
    stream.stop(Reason.OPERATOR, work.now)
    work.save(stream)
    return Moved(stream.id, stream.state, stream.started_at)


@frozen
class StopStreamsOf(Command[int]):
    """End the streams of a host who was banned.

    Args:
        host: Who.
    """

    policy: ClassVar[Policy] = PLATFORM

    host: str


async def stop_streams_of(command: StopStreamsOf, work: Work) -> int:
    """End those that are on; how many. Idle ones nobody sees, and the host may come back to them."""
    on = (Where("host", "=", command.host), Where("state", "in", (StreamState.LIVE, StreamState.FROZEN)))
    streams = await work.find(Select(Stream, where=on, limit=1000))
    for stream in streams:
        stream.stop(Reason.MODERATION, work.now)
        work.save(stream)
    return len(streams)


def on_ban(ban: UserBanned) -> StopStreamsOf:
    """What a ban does to streams."""
    return StopStreamsOf(ban.user)


@frozen
class ForgetViewers(Command[int]):
    """Forget viewers who were not heard of for so long that they count no longer.

    Args:
        limit: How many at most, in one unit of work.
    """

    policy: ClassVar[Policy] = PLATFORM

    limit: int = 200


async def forget_viewers(command: ForgetViewers, work: Work) -> int:
    """Forget them; how many were forgotten. One who is heard of at this very moment stays."""
    gone = Select(Viewer, where=(Where("expires_at", "<=", work.now),), order=("expires_at",), limit=command.limit)
    viewers = await work.find(gone)
    for viewer in viewers:
        work.remove(viewer)
        work.emit(ViewerLeft(viewer.stream, viewer.user), subject=viewer.stream)
    return len(viewers)
