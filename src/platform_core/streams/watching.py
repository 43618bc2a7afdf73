"""Watching streams: joining, paying for entry where it costs, being heard of, leaving."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.actor import USERS, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Conflict, Forbidden, NotFound
from platform_core.kernel.journal import Balances
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.ledger.ports import FeePolicy, escrow, wallet
from platform_core.streams.audience import Viewer, pair_id
from platform_core.streams.broadcasting import Connection
from platform_core.streams.entry import is_admitted, pay_entry
from platform_core.streams.events import ViewerJoined, ViewerLeft
from platform_core.streams.ports import Blocks, IceServers, room
from platform_core.streams.stream import Stream, StreamNotLive, StreamState

MOST_WATCHED = 10
"""How many streams one user may watch at once."""


class WatchesTooMany(Conflict):
    """The viewer watches many streams already."""

    code = "WATCHES_TOO_MANY"


class NotJoined(Conflict):
    """The viewer has not joined, or was not heard of for so long that they must join again."""

    code = "NOT_JOINED"


class Blocked(Forbidden):
    """The host blocks the viewer, or the viewer the host."""

    code = "BLOCKED"


class EntryRequired(Forbidden):
    """The stream is premium, and this user has not paid to get in."""

    code = "ENTRY_REQUIRED"


@frozen
class JoinReceipt:
    """A viewer's way into a stream.

    Args:
        connection: What they need to connect.
        paid: Tokens that this very request cost; 0 for a free stream, and for one that was paid for before.
        transaction: The journal entry of the payment, if there was one now.
        balance: The viewer's balance right after it, held tokens included.
        expires_at: Until when they count as a viewer if they are not heard of before; None for the host.
    """

    connection: Connection
    paid: int
    transaction: str | None
    balance: int
    expires_at: datetime | None


@frozen
class JoinStream(Command[JoinReceipt]):
    """Watch a stream. A premium one is paid for with the first time; the host watches their own for nothing."""

    policy: ClassVar[Policy] = USERS

    stream: str


async def join_stream(
    command: JoinStream, work: Work, *, people: Directory, blocks: Blocks, fees: FeePolicy, ice: IceServers
) -> Callable[[Balances], JoinReceipt]:
    """Let the viewer in. Whatever keeps them out keeps everything from them that a viewer needs (STR-04).

    Raises:
        NotFound: There is no such stream, or its host is banned.
        Blocked: The host and the viewer want nothing of each other.
        StreamNotLive: It has not begun, or is over. Nobody pays for such a one.
        WatchesTooMany: The viewer watches many others.
        InsufficientFunds: Entry costs more than is available.
    """
    stream, user = await _welcoming(work, people, blocks, command.stream), work.actor.id
    is_host = user == stream.host
    if stream.state is StreamState.ENDED or not (is_host or stream.is_on):
        raise StreamNotLive(f"the stream is {stream.state.value}")
    paid, transaction = 0, None
    if not await is_admitted(work, stream, user):
        admission = pay_entry(work, stream, user, fees)
        paid, transaction = admission.paid, admission.transaction
    expires_at = None if is_host else await _enter(work, stream.id, user)
    connection = Connection.to(stream, ice, work)
    work.observe(wallet(user), escrow(user))

    def receipt(balances: Balances) -> JoinReceipt:
        return JoinReceipt(connection, paid, transaction, balances[wallet(user)] + balances[escrow(user)], expires_at)

    return receipt


async def _welcoming(work: Work, people: Directory, blocks: Blocks, id: str) -> Stream:
    """The stream, if its host may be watched, by this user."""
    stream = await work.require(Stream, id)
    host = await people.card(stream.host)
    if host is None or host.banned:
        raise NotFound("there is no such stream")
    if work.actor.id != stream.host and await blocks.between(work.actor.id, stream.host):
        raise Blocked("you cannot watch this user's streams")
    return stream


async def _enter(work: Work, stream: str, user: str) -> datetime:
    """Count them, once; until when."""
    viewer = await work.get(Viewer, pair_id("vwr", stream, user))
    if viewer is not None and viewer.is_there(work.now):
        if viewer.beat(work.now):
            work.save(viewer)
        return viewer.expires_at
    watched = (Where("user", "=", user), Where("expires_at", ">", work.now))
    if len(await work.find(Select(Viewer, where=watched, limit=MOST_WATCHED))) >= MOST_WATCHED:
        raise WatchesTooMany(f"you watch {MOST_WATCHED} streams already; leave one first")
    if viewer is None:
        viewer = Viewer.of(stream=stream, user=user, now=work.now)
        work.add(viewer)
    else:
        viewer.beat(work.now)
        work.save(viewer)
    work.emit(ViewerJoined(stream, user), subject=stream)
    return viewer.expires_at


@frozen
class LeaveStream(Command[None]):
    """Watch a stream no longer. What was paid stays paid for: joining again is free."""

    policy: ClassVar[Policy] = USERS

    stream: str


async def leave_stream(command: LeaveStream, work: Work) -> None:
    """Count them no longer; who was not there leaves all the same.

    Raises:
        NotFound: There is no such stream.
    """
    stream, user = await work.require(Stream, command.stream), work.actor.id
    viewer = await work.get(Viewer, pair_id("vwr", stream.id, user))
    if viewer is not None:
        work.remove(viewer)
        work.emit(ViewerLeft(stream.id, user), subject=stream.id)


@frozen
class Heard:
    """That somebody was heard of.

    Args:
        stream: The stream's id.
        state: Where it is.
        expires_at: When they will be taken for gone, unless they are heard of before; None for a host who pauses.
    """

    stream: str
    state: StreamState
    expires_at: datetime | None


@frozen
class Beat(Command[Heard]):
    """A heartbeat: the host, or a viewer, is still there. Hosts send one every 5 seconds, viewers every 15."""

    policy: ClassVar[Policy] = USERS

    stream: str


async def beat(command: Beat, work: Work, blocks: Blocks) -> Heard:
    """Take note of it. A stream whose host was lost goes on with it.

    Raises:
        NotFound: There is no such stream.
        Blocked: The host and the viewer have come to want nothing of each other; so the viewer soon counts no longer.
        StreamNotLive: It has not begun, or is over.
        LeaseHeld: The host sends it from another session.
        NotJoined: The viewer has to join first.
    """
    stream = await work.require(Stream, command.stream)
    if stream.host == work.actor.id:
        stream.beat(work.actor.session, work.now)
        work.save(stream)
        return Heard(stream.id, stream.state, stream.due_at if stream.state is StreamState.LIVE else None)
    if not stream.is_on:
        raise StreamNotLive(f"the stream is {stream.state.value}")
    viewer = await work.get(Viewer, pair_id("vwr", stream.id, work.actor.id))
    if viewer is None or not viewer.is_there(work.now):
        raise NotJoined("join the stream first")
    if await blocks.between(work.actor.id, stream.host):
        raise Blocked("you cannot watch this user's streams")
    if viewer.beat(work.now):
        work.save(viewer)
    return Heard(stream.id, stream.state, viewer.expires_at)


@frozen
class RoomAccess:
    """That somebody may be in a stream's room.

    Args:
        room: Its name.
        state: Where the stream is.
        host: The user who may speak as its host.
        sends: Whether the caller's session is the one that sends it: theirs is the picture, nobody else's.
        sender: The id of the session that sends it, for whoever carries signals to it; never shown to anybody.
    """

    room: str
    state: StreamState
    host: str
    sends: bool
    sender: str | None = None


@frozen
class EnterRoom(Query[RoomAccess]):
    """Whether the caller may be in a stream's room; for whoever carries its events. It costs and counts nothing."""

    policy: ClassVar[Policy] = USERS

    stream: str


async def enter_room(query: EnterRoom, work: Work, people: Directory, blocks: Blocks) -> RoomAccess:
    """The room."""
    return await entered(work, people, blocks, query.stream)


async def check_entry(work: Work, id: str) -> None:
    """Refuse those of whom the stream itself says that they may not be in its room.

    Raises:
        NotFound: There is no such stream.
        EntryRequired: It is premium, and the actor has not paid.
    """
    if not await is_admitted(work, await work.require(Stream, id), work.actor.id):
        raise EntryRequired("join the stream first; entry is paid")


async def entered(work: Work, people: Directory, blocks: Blocks, id: str) -> RoomAccess:
    """The room of a stream, for the actor.

    Raises:
        NotFound: There is no such stream, or its host is banned.
        Blocked: The host and the caller want nothing of each other.
        StreamNotLive: It is over, or has not begun and the caller is not its host.
        EntryRequired: It is premium, and the caller has not paid.
    """
    stream = await _welcoming(work, people, blocks, id)
    is_host = stream.host == work.actor.id
    if not await is_admitted(work, stream, work.actor.id):
        raise EntryRequired("join the stream first; entry is paid")
    if stream.state is StreamState.ENDED or not (is_host or stream.is_on):
        raise StreamNotLive(f"the stream is {stream.state.value}")
    sender = stream.sender if stream.is_on else None
    sends = is_host and sender is not None and sender == work.actor.session
    return RoomAccess(room(stream.id), stream.state, stream.host, sends, sender)
