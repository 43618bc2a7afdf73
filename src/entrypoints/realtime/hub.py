"""Who is in which room of this process, and what each is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine, Iterable
from contextlib import suppress
from typing import Any

import msgspec
from aiohttp import WSCloseCode
from attrs import define, field

from adapters.fanout.port import Fanout, Missed, Place, Word
from entrypoints.http.kit.cursors import Cursors
from entrypoints.http.teezu.wallet import show_wallet
from entrypoints.realtime import wire
from entrypoints.realtime.connection import Connection
from entrypoints.realtime.rooms import CONTROL, FROM_STREAM, FROM_USER, spoken, word
from entrypoints.realtime.soon import Soon
from platform_core.kernel.actor import ANONYMOUS
from platform_core.kernel.errors import PlatformError, Unauthenticated, Unavailable
from platform_core.platform import Platform
from platform_core.streams.broadcasting import GetStream
from platform_core.wallet.balance import GetWallet

logger = logging.getLogger("platform_core.realtime")

COUNT_EVERY = 2.0
"""Seconds between two viewer counts of one stream."""
WALLET_EVERY = 0.25
SWEEP_EVERY = 20.0
"""Seconds between looks for sessions that have run out."""
USE_EVERY = 3
"""Every so many sweeps the rooms are said to be in use."""
AT_ONCE = 200
CHUNK = 64


@define(eq=False)
class Member:
    """A connection in a room.

    Args:
        connection: Whose.
        room: Which.
        host: Of a stream's room its host, once that is known.
        at: The place of the last word it was told; None while it catches up.
        waiting: What has come meanwhile.
    """

    connection: Connection
    room: str
    host: str | None = None
    at: Place | None = None
    waiting: list[tuple[Place, str]] = field(factory=list)

    @property
    def is_host(self) -> bool:
        """Whether it is the host who is there."""
        return self.connection.actor.id == self.host

    def hear(self, place: Place | None, frame: str) -> None:
        """Tell it something, if it has not been told already."""
        if place is None:
            if self.at is not None:
                self.connection.put(frame)
        elif self.at is None:
            self.waiting.append((place, frame))
            if len(self.waiting) > AT_ONCE:
                self.connection.put_out("SLOW_CONSUMER", "too much waits to be read", again=True)
        elif place.epoch != self.at.epoch or place.number == self.at.number + 1:
            self.at = place
            self.connection.put(frame)
        elif place.number > self.at.number:
            # This process has lost something on the way: the client catches up when it is back.
            self.connection.put_out("SLOW_CONSUMER", "something was missed; catch up", again=True)


class Hub:
    """The rooms of one process.

    Args:
        platform: Who is asked for counts, balances and sessions.
        fanout: Carries words from and to the other processes.
        cursors: Seal places.
    """

    def __init__(self, platform: Platform, fanout: Fanout, cursors: Cursors) -> None:
        self._platform = platform
        self._fanout = fanout
        self._cursors = cursors
        self._rooms: dict[str, dict[Connection, Member]] = {}
        #: The connections of each user, and the rooms each is in.
        self._users: dict[str, dict[Connection, dict[str, Member]]] = {}
        self._counted: dict[str, int] = {}
        self._counts = Soon(self._tell_count, COUNT_EVERY)
        self._wallets = Soon(self._tell_wallet, WALLET_EVERY)
        self._doubts = Soon(self._ask_again, 0.0)
        self._tasks: set[asyncio.Task[None]] = set()
        self.is_open = False
        #: Grows with whatever may shut somebody out: who was let in on an older view of things looks again.
        self.changes = 0

    # ---- its life

    def open(self) -> None:
        """Begin to listen to the other processes, as soon as they can be reached."""
        self._spawn(self._run())

    async def _run(self) -> None:
        while not self.is_open:
            try:
                await self._fanout.open(self.hear)
                await self._fanout.use(CONTROL)
                self.is_open = True
            except Unavailable:
                await asyncio.sleep(1)
        sweeps = 0
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            sweeps += 1
            with suppress(Unavailable):
                await self._in_parts(self._ask_again(user) for user in list(self._users))
                if sweeps % USE_EVERY == 0:
                    await self._in_parts(self._fanout.use(room) for room in [CONTROL, *self._rooms])

    @staticmethod
    async def _in_parts(work: Iterable[Awaitable[Any]]) -> None:
        batch: list[Awaitable[Any]] = []
        for one in work:
            batch.append(one)
            if len(batch) == AT_ONCE:
                await asyncio.gather(*batch)
                batch.clear()
        await asyncio.gather(*batch)

    def shut(self) -> None:
        """Put everybody out, for the server stops."""
        self.is_open = False
        for connections in list(self._users.values()):
            for connection in list(connections):
                connection.put_out("SHUTDOWN", "the server stops", again=True, close=WSCloseCode.GOING_AWAY)

    async def close(self) -> None:
        """Stop listening."""
        for task in (*self._tasks, *self._counts.tasks, *self._wallets.tasks, *self._doubts.tasks):
            task.cancel()
        await self._fanout.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ---- who is there

    def connections(self, user: str) -> int:
        """How many connections a user has."""
        return len(self._users.get(user, ()))

    def add(self, connection: Connection) -> None:
        """Somebody has come."""
        self._users.setdefault(connection.actor.id, {})[connection] = {}

    def remove(self, connection: Connection) -> None:
        """Somebody has gone."""
        for member in self.memberships(connection):
            self.leave(member)
        found = self._users.get(connection.actor.id, {})
        found.pop(connection, None)
        if not found:
            self._users.pop(connection.actor.id, None)

    def memberships(self, connection: Connection) -> list[Member]:
        """The rooms a connection is in."""
        return list(self._users.get(connection.actor.id, {}).get(connection, {}).values())

    def member(self, connection: Connection, room: str) -> Member | None:
        """The membership of a connection in a room, if it is in it."""
        return self._rooms.get(room, {}).get(connection)

    def reserve(self, connection: Connection, room: str) -> Member:
        """A place in a room for a connection that is not told anything yet."""
        members = self._rooms.setdefault(room, {})
        members.pop(connection, None)
        members[connection] = member = Member(connection, room)
        self._users[connection.actor.id][connection][room] = member
        return member

    def leave(self, member: Member) -> None:
        """A connection is in a room no longer."""
        members = self._rooms.get(member.room, {})
        if members.get(member.connection) is not member:
            return
        del members[member.connection]
        self._users[member.connection.actor.id][member.connection].pop(member.room, None)
        if not members:
            del self._rooms[member.room]
            self._counted.pop(member.room, None)
        if member.host is not None and not member.is_host:
            self.pass_on(member.room, ".left", {"peerId": member.connection.peer})

    def put_out_of(self, member: Member, code: str, message: str) -> None:
        """Have a connection leave a room, and tell it why."""
        told = {"room": member.room, "code": code, "message": message}
        member.connection.put(wire.event("put_out", told))
        self.leave(member)

    # ---- what was missed

    def cursor(self, room: str, place: Place) -> str:
        """A place as clients have it."""
        return self._cursors.seal((place.epoch, place.number), ("teezu", "realtime", room))

    async def missed(self, room: str, cursor: str | None) -> Missed:
        """What somebody who was at a cursor has missed; nothing for who was nowhere.

        Raises:
            InvalidCursor: It is none of this room.
            Unavailable: It is not known.
        """
        if cursor is None:
            return Missed((), await self._fanout.use(room), gap=False)
        epoch, number = self._cursors.open(cursor, ("teezu", "realtime", room))
        return await self._fanout.missed(room, Place(str(epoch), int(str(number))))

    async def settle(self, member: Member, missed: Missed) -> None:
        """Tell a member what it has missed, then what has come meanwhile, and from now on everything."""
        for count, told in enumerate(missed.words, 1):
            member.connection.put(self._frame(told, *spoken(told.body)))
            if count % CHUNK == 0:
                await member.connection.caught_up()
        member.at = missed.head
        waiting, member.waiting = member.waiting, []
        for place, frame in waiting:
            if place.epoch != member.at.epoch or place.number > member.at.number:
                member.hear(place, frame)

    # ---- what is heard

    def pass_on(self, room: str, name: str, data: Any) -> None:
        """Say something of the moment in a room, in all processes; it may be lost."""

        async def say() -> None:
            with suppress(Unavailable):
                await self._fanout.pass_on(room, word(name, data))

        self._spawn(say())

    def hear(self, heard: Word) -> None:
        """Take a word to those it is for."""
        try:
            self._hear(heard, *spoken(heard.body))
        except Exception:  # one word must not make the process deaf
            logger.exception("a word could not be told")

    def _hear(self, heard: Word, name: str, data: dict[str, Any]) -> None:
        if heard.room == CONTROL:
            self._control(name, data)
            return
        members = self._rooms.get(heard.room)
        if not members:
            return
        if name.startswith("."):
            self._inside(heard.room, name, data, list(members.values()))
            return
        frame = self._frame(heard, name, data)
        for member in list(members.values()):
            member.hear(heard.place, frame)
        if name == "stream_state" and data["state"] == "ended":
            self.changes += 1
            for member in list(members.values()):
                self.put_out_of(member, "STREAM_ENDED", "the stream is over")

    def _frame(self, told: Word, name: str, data: dict[str, Any]) -> str:
        where = {"room": told.room}
        if told.place is not None:
            where["cursor"] = self.cursor(told.room, told.place)
        return wire.event(name, {**where, **data})

    def _inside(self, room: str, name: str, data: dict[str, Any], members: list[Member]) -> None:
        """What processes say to each other."""
        if name == ".count":
            self._counts.ask(room)
        elif name == ".wallet":
            self._wallets.ask(room)
        elif name == ".signal":
            told = {"room": room, "from": data["from"], "userId": data["user"], **data["carried"]}
            for member in _addressed(members, data):
                member.hear(None, wire.event(data["name"], told))
        elif name == ".left":
            for member in members:
                if member.is_host:
                    member.hear(None, wire.event("peer_left", {"room": room, **data}))

    def _control(self, name: str, data: dict[str, Any]) -> None:
        self.changes += 1
        if name == "blocked":
            self._part(data["one"], data["other"])
            return
        for connection in list(self._users.get(data["user"], ())):
            if name == "banned" or connection.actor.session == data.get("session"):
                _end_session(connection)
        if name == "doubted":
            self._doubts.ask(data["user"])

    def _part(self, one: str, other: str) -> None:
        for user, host in ((one, other), (other, one)):
            for connection in list(self._users.get(user, ())):
                for member in self.memberships(connection):
                    if member.host == host:
                        self.put_out_of(member, "BLOCKED", "the host and you want nothing of each other")

    # ---- what is looked up before it is told

    async def _tell_count(self, room: str) -> None:
        stream = await self._platform.execute(GetStream(room.removeprefix(FROM_STREAM)), by=ANONYMOUS)
        members = self._rooms.get(room)
        if not members or self._counted.get(room) == stream.viewers:
            return
        self._counted[room] = stream.viewers
        told = {"room": room, "streamId": stream.id, "viewerCount": stream.viewers}
        for member in members.values():
            member.hear(None, wire.event("viewer_count", told))

    async def _tell_wallet(self, room: str) -> None:
        for connection in list(self._users.get(room.removeprefix(FROM_USER), ()))[:1]:
            shown = show_wallet(await self._platform.execute(GetWallet(), by=connection.actor))
            frame = wire.event("wallet", {"room": room, **msgspec.to_builtins(shown)})
            for member in self._rooms.get(room, {}).values():
                member.hear(None, frame)

    async def _ask_again(self, user: str) -> None:
        """Whether a user's sessions are still good."""
        for connection in list(self._users.get(user, ())):
            try:
                connection.actor = await self._platform.doorkeeper.holder(connection.actor.session or "")
            except Unauthenticated:
                _end_session(connection)
            except PlatformError:
                return


def _end_session(connection: Connection) -> None:
    connection.put_out("SESSION_ENDED", "your session is unknown or has ended")


def _addressed(members: list[Member], signal: dict[str, Any]) -> list[Member]:
    """For whom a signal is: a viewer by their peer id, or the page that sends the stream, the newest if it has two."""
    if signal["to"] is not None:
        return [member for member in members if member.connection.peer == signal["to"] and not member.is_host]
    sending = [m for m in members if m.is_host and m.connection.actor.session == signal["session"]]
    return sending[-1:]
