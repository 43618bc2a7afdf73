"""Serving, and stopping."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from adapters.memory.store import MemoryStore
from entrypoints.http.server import HttpOptions, build_app, loop_factory, serve
from platform_core.identity.access import Login
from platform_core.kernel.actor import ANONYMOUS
from platform_core.kernel.errors import Unavailable
from platform_core.kernel.journal import Balances
from support.world import PASSWORD, World
from unit.http.served import served


async def test_what_was_begun_is_finished_and_no_more_is_taken() -> None:
    world = World(MemoryStore())
    await world.person("jane")
    token = (await world.execute(Login("jane@example.org", PASSWORD), by=ANONYMOUS)).token.reveal()
    arrived, go = asyncio.Event(), asyncio.Event()
    balances = world.store.balances

    async def slow(accounts: object) -> Balances:
        arrived.set()
        await go.wait()
        return await balances(accounts)  # type: ignore[arg-type]  # passed on as it came

    world.store.balances = slow  # type: ignore[method-assign]  # a store that can be held up
    stop, started = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(build_app(world, HttpOptions()), port=0, stop=stop, started=started))
    [url] = await started

    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        asking = asyncio.create_task(session.get(f"{url}/teezu/api/v1/wallet/balance"))
        await arrived.wait()
        stop.set()
        await asyncio.sleep(0)
        go.set()
        async with await asking as response:
            assert response.status == 200
        await serving


async def test_an_answer_that_never_comes_does_not_hold_the_server_up() -> None:
    world = World(MemoryStore())
    arrived = asyncio.Event()

    async def stuck() -> None:
        arrived.set()
        await asyncio.Event().wait()

    world.store.ping = stuck  # type: ignore[method-assign]  # a store that hangs
    stop, started = asyncio.Event(), asyncio.get_running_loop().create_future()
    app = build_app(world, HttpOptions())
    serving = asyncio.create_task(serve(app, port=0, stop=stop, started=started, drain_seconds=0.05))
    [url] = await started

    async with aiohttp.ClientSession() as session:
        asking = asyncio.create_task(session.get(f"{url}/readyz"))
        await arrived.wait()
        stop.set()
        await asyncio.wait_for(serving, 60)
        (outcome,) = await asyncio.gather(asking, return_exceptions=True)
        assert isinstance(outcome, aiohttp.ClientError)


@pytest.mark.parametrize(("alone", "path"), [(None, "/teezu"), ("teezu", "/teezu"), ("teezu", "")])
@pytest.mark.parametrize("is_away", [False, True])
async def test_teezu_says_how_it_is(alone: str | None, path: str, is_away: bool) -> None:
    async def away() -> None:
        raise Unavailable("no store")

    async with served(root_api=alone) as server:
        if is_away:
            server.world.store.ping = away  # type: ignore[method-assign]  # a store that is away
        answer = await server.ask("GET", f"{path}/api/status")

    assert answer.status == (503 if is_away else 200)
    assert answer.json == {"status": "unavailable" if is_away else "ok"}


def test_the_loop_is_uvloops_where_there_is_one() -> None:
    factory = loop_factory()
    assert factory is not None
    factory().close()
