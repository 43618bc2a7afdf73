"""One client's connection: what waits to be read by it is bounded, so that a slow one costs nobody else."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import WSCloseCode, WSMsgType, web

from entrypoints.realtime import wire
from platform_core.kernel.actor import ANONYMOUS, Actor
from platform_core.kernel.errors import Invalid, Malformed

PING_EVERY = 25.0
PONG_WITHIN = 20.0
LAST_WORDS = 5.0
"""Seconds that a client who was put out has to read why."""
MOST_FRAMES = 256
MOST_WAITING = 1 << 20
"""Bytes."""
MOST_READ = 64 * 1024
"""The longest message that is taken, in bytes."""
MOST_A_SECOND = 100
"""More requests than this within a second end the connection."""

Handler = Callable[[wire.Ask], Awaitable[None]]


class Connection:
    """A WebSocket that speaks Socket.IO.

    Args:
        socket: It.
        transport: What is under it.
    """

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self._socket = socket
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._frames: deque[str] = deque()
        self._waiting = 0
        self._more = asyncio.Event()
        self._empty = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._second = 0
        self._asked = 0
        self.ends: WSCloseCode | None = None
        self.peer = f"peer_{secrets.token_hex(12)}"
        self.actor: Actor = ANONYMOUS

    # ---- to the client

    def put(self, frame: str) -> None:
        """Have the client told something; one that reads too slowly is put out instead."""
        if self.ends is not None:
            return
        self._waiting += len(frame)
        self._frames.append(frame)
        if len(self._frames) > MOST_FRAMES or self._waiting > MOST_WAITING:
            self._frames.clear()
            self.put_out("SLOW_CONSUMER", "too much waits to be read", again=True)
        self._empty.clear()
        self._more.set()

    async def caught_up(self) -> None:
        """Wait until the client has been sent everything, or is gone."""
        if self._frames and self.ends is None:
            await self._empty.wait()

    def put_out(
        self, code: str, message: str, *, again: bool = False, close: WSCloseCode = WSCloseCode.POLICY_VIOLATION
    ) -> None:
        """End the connection, and say why.

        Args:
            code: Why, for programs.
            message: Why, for people.
            again: Whether the client is to come back by itself.
            close: How the WebSocket is closed.
        """
        if self.ends is not None:
            return
        self._frames.append(wire.event("put_out", {"room": None, "code": code, "message": message}))
        if not again:
            self._frames.append(wire.LEAVE)
        self.end(close)

    def end(self, close: WSCloseCode = WSCloseCode.OK) -> None:
        """Take nothing more for the client, and close once it has been sent what waits."""
        if self.ends is None:
            self.ends = close
            self._empty.set()
            self._more.set()
            self._after(LAST_WORDS, self._abort)

    async def write(self) -> None:
        """Send what there is, until the end."""
        with suppress(ConnectionError, RuntimeError):
            while True:
                while self._frames:
                    frame = self._frames.popleft()
                    self._waiting = max(0, self._waiting - len(frame))
                    await self._socket.send_str(frame)
                self._waiting = 0
                self._empty.set()
                if self.ends is not None:
                    break
                await self._more.wait()
                self._more.clear()
        self.ends = self.ends or WSCloseCode.OK
        self._empty.set()
        with suppress(ConnectionError, RuntimeError):
            await self._socket.close(code=self.ends)

    # ---- from the client

    async def hello(self, within: float) -> wire.Open | None:
        """What the client says of itself first; None when it says nothing, or something else.

        Args:
            within: Seconds.
        """
        try:
            async with asyncio.timeout(within):
                message = await self._socket.receive()
            said = wire.read(message.data) if message.type is WSMsgType.TEXT else None
        except (TimeoutError, Malformed, Invalid):
            return None
        return said if isinstance(said, wire.Open) else None

    async def listen(self, handle: Handler) -> None:
        """Hear what the client asks, one thing after the other, until it leaves or is put out.

        What it sends meanwhile waits in the network, so that asking much costs only whoever asks.
        """
        self._after(PING_EVERY, self._ping)
        while self.ends is None:
            message = await self._socket.receive()
            if message.type is not WSMsgType.TEXT:
                return
            try:
                said = wire.read(message.data)
            except (Malformed, Invalid) as error:
                self.put_out("BAD_REQUEST", error.message, close=WSCloseCode.PROTOCOL_ERROR)
                return
            if isinstance(said, wire.Ask):
                if self._is_flood():
                    self.put_out("FLOODED", "far too many requests")
                    return
                await handle(said)
            elif isinstance(said, wire.Pong):
                self._after(PING_EVERY, self._ping)
            elif isinstance(said, wire.Bye):
                return

    def _is_flood(self) -> bool:
        second = int(self._loop.time())
        if second != self._second:
            self._second, self._asked = second, 0
        self._asked += 1
        return self._asked > MOST_A_SECOND

    # ---- its time

    def _ping(self) -> None:
        if self.ends is None:
            self._frames.append(wire.PING)
            self._more.set()
            self._after(PONG_WITHIN, self._abort)

    def _after(self, seconds: float, what: Callable[[], None]) -> None:
        """Do something later, unless something else is to be done by then."""
        if self.ends is None or what == self._abort:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_later(seconds, what)

    def _abort(self) -> None:
        self.ends = self.ends or WSCloseCode.GOING_AWAY
        self._empty.set()
        self._more.set()
        if self._transport is not None:
            self._transport.abort()

    def gone(self) -> None:
        """The connection is over."""
        self.ends = self.ends or WSCloseCode.OK
        self._empty.set()
        self._more.set()
        if self._timer is not None:
            self._timer.cancel()
