"""What clients may ask for, one entry each: its shape, its limit, and what is done."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec
from attrs import frozen

from adapters.fanout.port import Missed
from entrypoints.http.kit.desk import Desk
from entrypoints.http.kit.fields import fill
from entrypoints.http.kit.limits import Limit, LocalLimiter
from entrypoints.http.kit.refusals import BROKEN, KEY_MISSING, LIMITED, HttpRefusal, Refusal, translated
from entrypoints.http.kit.rows import Ask, Caller
from entrypoints.http.teezu.chat import show_line
from entrypoints.http.teezu.messages import show_sent
from entrypoints.http.teezu.streams import show_heard, show_stream
from entrypoints.http.teezu.wallet import TipAsk, show_receipt
from entrypoints.realtime import wire
from entrypoints.realtime.asks import (
    CandidateAsk,
    DescriptionAsk,
    InRoom,
    JoinAsk,
    LineAsk,
    RoomAsk,
    SendAsk,
)
from entrypoints.realtime.connection import Connection
from entrypoints.realtime.hub import Hub, Member
from entrypoints.realtime.rooms import FROM_STREAM, conversation_of, stream_of
from platform_core.kernel.command import Request
from platform_core.kernel.errors import (
    Conflict,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    PlatformError,
    RateLimited,
    Unauthenticated,
)
from platform_core.messaging.content import MessageForm
from platform_core.messaging.writing import SendMessage
from platform_core.platform import Platform
from platform_core.streams.broadcasting import GetStream
from platform_core.streams.chat import SayInStream
from platform_core.streams.watching import Beat, EnterRoom, RoomAccess

logger = logging.getLogger("platform_core.realtime")

A = TypeVar("A", bound=Ask)
R = TypeVar("R")

MOST_ROOMS = 10
"""Streams whose rooms one connection is in."""
SIGNALS = Limit(500, 10)
UNKNOWN = Refusal(404, "UNKNOWN_EVENT", "there is no such request")


@frozen
class Call:
    """A request on its way.

    Args:
        connection: Who asks.
        name: For what.
        values: The fields that came.
        key: Its idempotency key, if it had one.
    """

    connection: Connection
    name: str
    values: dict[str, Any]
    key: str | None = None

    def fill(self, shape: type[A]) -> A:
        """The fields in their shape.

        Raises:
            Invalid: They do not fit.
        """
        return fill(shape, self.values, shape.rules)

    @property
    def stream(self) -> str:
        """The stream whose room is named.

        Raises:
            NotFound: It is no stream's room.
        """
        found = stream_of(self.values.get("room", ""))
        if not found:
            raise NotFound("there is no such room")
        return found


@frozen
class Entry:
    """Something that may be asked for.

    Args:
        run: What is done; the answer, and whether it was given before.
        names: How the wire calls the core's fields.
        limit: The class of its rate limit.
        takes_key: Whether an idempotency key may come with it.
    """

    run: Callable[[Call], Awaitable[tuple[Any, bool]]]
    names: Mapping[str, str]
    limit: str = "default"
    takes_key: bool = False


class Requests:
    """Answers what clients ask for.

    Args:
        platform: Who decides.
        hub: Who is in which room.
        desk: The dialect's desk, with its limits and its spelling of refusals.
    """

    def __init__(self, platform: Platform, hub: Hub, desk: Desk) -> None:
        self._platform = platform
        self._hub = hub
        self._desk = desk
        self._signals = LocalLimiter()
        self._entries = {
            "join_room": Entry(self._join, RoomAsk.names),
            "leave_room": Entry(self._leave, RoomAsk.names),
            "send_message": Entry(self._send, SendAsk.names, "messages", takes_key=True),
            "tip": Entry(self._tip, TipAsk.names, "money", takes_key=True),
            "heartbeat": Entry(self._beat, RoomAsk.names),
            "webrtc_offer": Entry(self._describe, RoomAsk.names, "signals"),
            "webrtc_answer": Entry(self._describe, RoomAsk.names, "signals"),
            "webrtc_ice": Entry(self._candidate, RoomAsk.names, "signals"),
        }

    async def handle(self, connection: Connection, ask: wire.Ask) -> None:
        """Do what is asked, and acknowledge it."""
        over: Unauthenticated | None = None
        try:
            connection.actor = await self._platform.doorkeeper.holder(connection.actor.session or "")
        except PlatformError as error:
            over = error if isinstance(error, Unauthenticated) else None
            told = self.refusal(error, {})
        else:
            told = await self._answer(connection, ask)
        if ask.number is not None:
            connection.put(wire.answer(ask.number, told))
        if over is not None:
            connection.put_out("SESSION_ENDED", over.message)

    async def _answer(self, connection: Connection, ask: wire.Ask) -> dict[str, Any]:
        entry = self._entries.get(ask.name)
        try:
            shown, replayed = await self._perform(connection, ask, entry)
        except (PlatformError, HttpRefusal) as error:
            return self.refusal(error, {} if entry is None else entry.names)
        except Exception:
            logger.exception("%s failed", ask.name if entry else "a request")
            return self.refusal(HttpRefusal(BROKEN), {})
        return {"ok": True, "data": shown, **({"replayed": True} if replayed else {})}

    def refusal(self, error: PlatformError | HttpRefusal, names: Mapping[str, str]) -> dict[str, Any]:
        """A refusal as an acknowledgement has it: with the body that HTTP would answer."""
        dialect = self._desk.dialect
        if isinstance(error, HttpRefusal):
            return {"ok": False, "error": dialect.show_refusal(error.refusal)}
        told: dict[str, Any] = {"ok": False, "error": dialect.show_refusal(translated(error, dialect.statuses, names))}
        if error.retry_after is not None:
            told["retryAfter"] = error.retry_after
        return told

    async def _perform(self, connection: Connection, ask: wire.Ask, entry: Entry | None) -> tuple[Any, bool]:
        await self._count(connection.actor.id, "default" if entry is None else entry.limit)
        if entry is None:
            raise HttpRefusal(UNKNOWN)
        if len(ask.arguments) != 1 or not isinstance(ask.arguments[0], dict):
            raise Malformed("a request comes with one object")
        values, key = dict(ask.arguments[0]), None
        if entry.takes_key:
            key = values.pop("idempotencyKey", None)
            if key is None and self._desk.options.require_idempotency_key:
                raise HttpRefusal(KEY_MISSING)
            if key is not None and not isinstance(key, str):
                raise Invalid.field("idempotencyKey", "must be a text")
        return await entry.run(Call(connection, ask.name, values, key))

    async def _count(self, user: str, group: str) -> None:
        if group == "signals":
            allowance = await self._signals.hit(group, SIGNALS, user)
        else:
            allowance = await self._desk.options.limiter.hit(group, self._desk.options.limits[group], user)
        if allowance.wait:
            raise RateLimited(LIMITED.message, retry_after=allowance.wait)

    async def _do(self, call: Call, request: Request[R], show: Callable[[R], Any]) -> tuple[Any, bool]:
        outcome = await self._platform.perform(request, by=call.connection.actor, key=call.key)
        return show(outcome.value), outcome.replayed

    # ---- rooms

    async def _join(self, call: Call) -> tuple[Any, bool]:
        connection, stream = call.connection, call.stream
        room = FROM_STREAM + stream
        inside = [member for member in self._hub.memberships(connection) if member.host is not None]
        if self._hub.member(connection, room) is None and len(inside) >= MOST_ROOMS:
            raise TooManyRooms(f"a connection is in {MOST_ROOMS} rooms at most; leave one first")
        member = self._hub.reserve(connection, room)
        try:
            missed = await self._let_in(call, member, stream)
            await self._hub.settle(member, missed)
            shown = show_stream(await self._platform.execute(GetStream(stream), by=connection.actor))
        except BaseException:
            self._hub.leave(member)
            raise
        if self._hub.member(connection, room) is not member:
            raise Conflict("you were put out of this room just now")
        if member.is_host:
            self._hub.pass_on(room, "host_joined", {})
        told = {
            "room": room,
            "cursor": self._hub.cursor(room, missed.head),
            "gap": missed.gap,
            "replayed": len(missed.words),
            "stream": shown,
        }
        return told, False

    async def _let_in(self, call: Call, member: Member, stream: str) -> Missed:
        """Ask whether they may be there until the answer is no older than anything that could shut them out."""
        while True:
            seen = self._hub.changes
            access = await self._platform.execute(EnterRoom(stream), by=call.connection.actor)
            ask = call.fill(JoinAsk)
            member.host = access.host
            missed = await self._hub.missed(member.room, ask.cursor)
            if seen == self._hub.changes:
                return missed

    async def _leave(self, call: Call) -> tuple[Any, bool]:
        room = FROM_STREAM + call.stream
        call.fill(RoomAsk)
        member = self._hub.member(call.connection, room)
        if member is not None:
            self._hub.leave(member)
        return InRoom(room), False

    async def _beat(self, call: Call) -> tuple[Any, bool]:
        stream = call.stream
        call.fill(RoomAsk)
        return await self._do(call, Beat(stream), show_heard)

    # ---- saying and giving

    async def _send(self, call: Call) -> tuple[Any, bool]:
        actor = call.connection.actor
        conversation = conversation_of(call.values.get("room"))
        if conversation is not None:
            await self._platform.admit(SendMessage, by=actor, target={"conversation": conversation})
            ask = call.fill(SendAsk)
            return await self._do(call, SendMessage(conversation, ask.content, MessageForm(ask.type)), show_sent)
        stream = call.stream
        await self._platform.execute(EnterRoom(stream), by=actor)
        return await self._do(call, SayInStream(stream, call.fill(LineAsk).content), show_line)

    async def _tip(self, call: Call) -> tuple[Any, bool]:
        command = call.fill(TipAsk).command(Caller(call.connection.actor, None))
        return await self._do(call, command, show_receipt)

    # ---- signals

    async def _describe(self, call: Call) -> tuple[Any, bool]:
        access = await self._may_signal(call)
        ask = call.fill(DescriptionAsk)
        return self._signal(call, access, ask.to, {"description": msgspec.to_builtins(ask.description)})

    async def _candidate(self, call: Call) -> tuple[Any, bool]:
        access = await self._may_signal(call)
        ask = call.fill(CandidateAsk)
        return self._signal(call, access, ask.to, {"candidate": msgspec.to_builtins(ask.candidate)})

    async def _may_signal(self, call: Call) -> RoomAccess:
        """Let those signal who are in the room and may still be there (STR-04)."""
        access = await self._platform.execute(EnterRoom(call.stream), by=call.connection.actor)
        if self._hub.member(call.connection, access.room) is None:
            raise NotJoinedRoom("join the room first")
        return access

    def _signal(self, call: Call, access: RoomAccess, to: str | None, carried: Any) -> tuple[Any, bool]:
        me = call.connection
        if me.actor.id == access.host:
            if not access.sends:
                raise Forbidden("this session does not send the stream")
            if to is None:
                raise Invalid.field("to", "is required")
        elif to is not None:
            raise Forbidden("viewers reach the host only; leave `to` out")
        told = {
            "name": call.name,
            "from": me.peer,
            "user": me.actor.id,
            "to": to,
            "session": access.sender,
            "carried": carried,
        }
        self._hub.pass_on(access.room, ".signal", told)
        return InRoom(access.room), False


class TooManyRooms(Conflict):
    """The connection is in many rooms already."""

    code = "TOO_MANY_ROOMS"


class NotJoinedRoom(Conflict):
    """The connection is not in this room."""

    code = "NOT_JOINED"
