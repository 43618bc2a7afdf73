"""Coming in: who may open a connection, and what is done with it until it ends."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator

from aiohttp import hdrs, web
from msgspec import to_builtins

from adapters.fanout.port import Fanout
from entrypoints.http.kit.credentials import QUERY_NAMES
from entrypoints.http.kit.desk import Desk
from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.kit.outside import Outside
from entrypoints.http.kit.refusals import BROKEN, FORGED, LIMITED, HttpRefusal, Refusal
from entrypoints.http.teezu.dialect import TEEZU
from entrypoints.realtime import wire
from entrypoints.realtime.connection import LAST_WORDS, MOST_READ, PING_EVERY, PONG_WITHIN, Connection
from entrypoints.realtime.hub import Hub
from entrypoints.realtime.requests import Requests
from entrypoints.realtime.rooms import own
from platform_core.kernel.actor import Actor
from platform_core.kernel.errors import Conflict, Malformed, PlatformError, RateLimited, Unauthenticated
from platform_core.platform import Platform

logger = logging.getLogger("platform_core.realtime")

PATH = "/socket.io/"
HELLO_WITHIN = 10.0
"""Seconds a client may take to say who it is."""
PER_USER = 10
"""Connections of one user to one process."""

NOT_HERE = Refusal(400, "TRANSPORT_UNKNOWN", "only WebSocket is spoken here: io(url, {transports: ['websocket']})")
OLD = Refusal(400, "UNSUPPORTED_PROTOCOL", "Socket.IO 4 is spoken here (EIO=4)")
IN_QUERY = Refusal(401, "UNAUTHORIZED", "a token in a URL is not taken; send it in `auth`")
FOREIGN = Refusal(403, "FORBIDDEN", "pages of this origin may not connect")
AWAY = Refusal(503, "UNAVAILABLE", "realtime is not possible just now")


#: The rooms of this process.
HUB: web.AppKey[Hub] = web.AppKey("realtime", Hub)


class TooManyConnections(Conflict):
    """The user is connected many times already."""

    code = "TOO_MANY_CONNECTIONS"


class Door:
    """Where connections come in.

    Args:
        platform: Who decides.
        hub: Who is in which room.
        desk: The dialect's desk.
        outside: How answers outside of a dialect are made.
        closed: Why nobody is let in, when that is so.
    """

    def __init__(self, platform: Platform, hub: Hub, desk: Desk, outside: Outside, closed: str | None) -> None:
        self._platform = platform
        self._hub = hub
        self._desk = desk
        self._outside = outside
        self._closed = closed
        self._requests = Requests(platform, hub, desk)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve a connection until it ends."""
        refusal = self._refusal(request)
        if refusal is not None:
            return self._outside.refuse(refusal)
        # Nothing is compressed: a small message could unpack to a huge one (CHAT-05).
        socket = web.WebSocketResponse(max_msg_size=MOST_READ, compress=False, timeout=LAST_WORDS)
        self._outside.complete(request, socket.headers)
        await socket.prepare(request)
        connection = Connection(socket, request.transport)
        sid = secrets.token_urlsafe(16)
        connection.put(wire.opened(sid, interval=PING_EVERY, timeout=PONG_WITHIN, most=MOST_READ))
        writing = asyncio.ensure_future(connection.write())
        try:
            hello = await connection.hello(HELLO_WITHIN)
            if hello is not None and await self._let_in(request, connection, hello):
                await connection.listen(lambda ask: self._requests.handle(connection, ask))
        finally:
            self._hub.remove(connection)
            connection.end()
            await asyncio.wait({writing}, timeout=2 * LAST_WORDS)
            writing.cancel()
            connection.gone()
        return socket

    def _refusal(self, request: web.Request) -> Refusal | None:
        query = request.rel_url.query
        if any(name.lower() in QUERY_NAMES for name in query):
            return IN_QUERY
        if query.get("transport") != "websocket" or request.headers.get(hdrs.UPGRADE, "").lower() != "websocket":
            return NOT_HERE
        if query.get("EIO") != "4":
            return OLD
        if self._desk.credentials.is_foreign(request):
            return FOREIGN
        if self._closed is not None:
            logger.warning("%s", self._closed)
            return Refusal(AWAY.status, AWAY.code, self._closed)
        return None if self._hub.is_open else AWAY

    async def _let_in(self, request: web.Request, connection: Connection, hello: wire.Open) -> bool:
        try:
            await self._enter(request, connection, hello)
        except (PlatformError, HttpRefusal) as error:
            told = to_builtins(self._requests.refusal(error, {})["error"])
        except Exception:
            logger.exception("a connection could not be opened")
            told = to_builtins(self._requests.refusal(HttpRefusal(BROKEN), {})["error"])
        else:
            return True
        connection.put(wire.refused(hello.namespace, told["message"], told))
        return False

    async def _enter(self, request: web.Request, connection: Connection, hello: wire.Open) -> None:
        if hello.namespace is not None:
            raise HttpRefusal(Refusal(404, "NOT_FOUND", "there is no such namespace"))
        connection.actor = await self._who(request, hello.auth)
        cursor = hello.auth.get("cursor")
        if cursor is not None and not isinstance(cursor, str):
            raise Malformed("auth.cursor: must be a text")
        user = connection.actor.id
        if self._hub.connections(user) >= PER_USER:
            raise TooManyConnections(f"you have {PER_USER} connections already; close one first")
        self._hub.add(connection)
        # Asked again, now that word of its end would be heard.
        connection.actor = await self._platform.doorkeeper.holder(connection.actor.session or "")
        room = own(user)
        member = self._hub.reserve(connection, room)
        missed = await self._hub.missed(room, cursor)
        connection.put(wire.welcome(connection.peer))
        ready = {
            "userId": user,
            "peerId": connection.peer,
            "room": room,
            "cursor": self._hub.cursor(room, missed.head),
            "gap": missed.gap,
            "replayed": len(missed.words),
        }
        connection.put(wire.event("ready", ready))
        await self._hub.settle(member, missed)

    async def _who(self, request: web.Request, auth: dict[str, object]) -> Actor:
        address = self._desk.client(request)
        try:
            token = self._token(request, auth)
            actor = await self._platform.doorkeeper.actor(token)
        except Unauthenticated:
            # Guessing tokens counts against the address it is done from.
            await self._count(address)
            raise
        await self._count(actor.id)
        return actor

    def _token(self, request: web.Request, auth: dict[str, object]) -> str:
        token = auth.get("token")
        if token is not None:
            if not isinstance(token, str) or not token.isascii():
                raise Unauthenticated("auth.token: must be the token of a session")
            return token
        cookie = request.cookies.get(self._desk.options.cookie_name)
        if not cookie:
            raise Unauthenticated("send the token of your session in `auth`")
        if hdrs.ORIGIN not in request.headers:
            # The page of a browser has one; `_refusal` has looked at whose it is.
            raise HttpRefusal(FORGED)
        return cookie

    async def _count(self, subject: str) -> None:
        options = self._desk.options
        allowance = await options.limiter.hit("default", options.limits["default"], subject)
        if allowance.wait:
            raise RateLimited(LIMITED.message, retry_after=allowance.wait)


def add_realtime(
    app: web.Application, platform: Platform, options: HttpOptions, fanout: Fanout, *, closed: str | None = None
) -> None:
    """Serve Socket.IO, for Teezu.

    Args:
        app: What serves.
        platform: Who decides.
        options: How HTTP is configured.
        fanout: Carries words between processes.
        closed: Why nobody is let in, when that is so.
    """
    desk, outside = Desk(TEEZU, options), Outside(options)
    app[HUB] = hub = Hub(platform, fanout, desk.cursors)
    door = Door(platform, hub, desk, outside, closed)

    async def life(_: web.Application) -> AsyncIterator[None]:
        hub.open()
        yield
        await hub.close()

    async def shut(_: web.Application) -> None:
        hub.shut()

    app.cleanup_ctx.append(life)
    app.on_shutdown.append(shut)
    app.router.add_get(PATH, outside.guarded(door.handle), allow_head=False)
