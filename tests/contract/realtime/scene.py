"""Realtime for tests: a server that tells what happens as soon as the test says so, and people with connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from adapters.fanout.memory import LocalFanout
from entrypoints.http.kit.options import HttpOptions
from entrypoints.realtime.announcer import Announcer
from entrypoints.realtime.door import add_realtime
from platform_core.identity.sessions import session_id
from platform_core.kernel.actor import Role
from platform_core.streams.stream import StreamState
from support.sockets import Socket
from support.streams import a_stream
from support.world import World
from unit.http.served import Guest, Served

Sockets = Callable[[], Socket]


def with_realtime(app: web.Application, world: World, options: HttpOptions) -> None:
    """Serve realtime too."""
    fanout = LocalFanout()
    Announcer(world, fanout).attach()
    add_realtime(app, world, options, fanout)


async def told(server: Served) -> None:
    """Have everything told that was committed."""
    await server.world.relay.drain()


async def a_host(server: Served, name: str = "host") -> Guest:
    """Somebody who may have streams."""
    return await server.guest(name, role=Role.CREATOR)


async def on_air(server: Served, host: Guest, *, price: int = 0, state: StreamState = StreamState.LIVE) -> str:
    """A stream of somebody's, sent from their session."""
    return await a_stream(server.world, host.id, price=price, state=state, session=session_id(host.token))


async def entered(socket: Socket, who: Guest, stream: str, cursor: str | None = None) -> dict[str, Any]:
    """Connect, and come into a stream's room; what joining says."""
    await socket.open(who.token)
    return await socket.done("join_room", room=f"stream:{stream}", **({} if cursor is None else {"cursor": cursor}))


async def conversation(server: Served, one: Guest, other: Guest) -> str:
    """The conversation of two."""
    opened = await server.api("POST", "/messages/conversations", {"userId": other.id}, token=one.token)
    return str(opened.json["id"])
