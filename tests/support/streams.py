"""Streams for tests."""

from __future__ import annotations

from platform_core.kernel.actor import Actor, Role, Via
from platform_core.streams.broadcasting import CreateStream, GetStream, SetStreamState, StreamView
from platform_core.streams.stream import StreamState
from platform_core.streams.watching import JoinReceipt, JoinStream
from support.world import SESSION, Person, World


async def a_host(world: World, name: str = "host") -> Person:
    """Somebody who may make streams."""
    return await world.person(name, role=Role.CREATOR)


async def a_stream(
    world: World, host: str, *, price: int = 0, state: StreamState = StreamState.LIVE, session: str = SESSION
) -> str:
    """A stream of somebody's, brought to a state by its host in a session of theirs; its id."""
    actor = Actor(host, Role.CREATOR, Via.SESSION, session)
    made = await world.execute(CreateStream("Evening show", is_premium=price > 0, token_price=price), by=actor)
    path = {
        StreamState.IDLE: (),
        StreamState.LIVE: (StreamState.LIVE,),
        StreamState.FROZEN: (StreamState.LIVE, StreamState.FROZEN),
        StreamState.ENDED: (StreamState.LIVE, StreamState.ENDED),
    }[state]
    for step in path:
        await world.execute(SetStreamState(made.stream, step), by=actor)
    return made.stream


async def join(world: World, stream: str, viewer: Person, key: str | None = None) -> JoinReceipt:
    """A viewer joins."""
    return await world.execute(JoinStream(stream), by=viewer.actor, key=key)


async def seen(world: World, stream: str) -> StreamView:
    """The stream as an operator sees it, which is as everybody does."""
    return await world.execute(GetStream(stream), by=Actor.operator())
