"""Processes killed under load: what was acknowledged is in the books once, and what was not can be asked for again."""

from __future__ import annotations

import asyncio
import os
import signal

from support.load import Booked, Load
from support.servers import Serve, children, is_alive, until

CYCLES = 5


async def test_a_killed_server_has_kept_every_acknowledged_tip_and_books_no_repeated_one_twice(
    serve: Serve, database_url: str
) -> None:
    server = serve(database_url)
    server.start()
    load = await Load.on(server)
    interrupted = 0

    for cycle in range(CYCLES):
        async with load.running():
            await load.reach(40 + 23 * cycle)
            server.kill()
            await load.gone()
        interrupted += len(load.unknown)
        (await Booked.under(load)).hold(load)
        await asyncio.to_thread(server.start)
        await load.ask_again()

    (await Booked.under(load)).hold_all(load)
    assert not load.wrong
    assert interrupted >= CYCLES
    server.verify()


async def test_a_killed_process_of_several_is_started_again_while_the_others_serve_on(
    serve: Serve, postgres_url: str
) -> None:
    server = serve(postgres_url, workers=2)
    server.start()
    load = await Load.on(server, patient=True)

    async with load.running():
        for _ in range(4):
            await until(lambda: len(children(server.pid)) == 2, what="a second process")
            await load.reach(100)
            os.kill(children(server.pid)[0], signal.SIGKILL)
            await load.reach(100)

    assert not load.wrong
    assert not load.unavailable
    (await Booked.under(load)).hold_all(load)
    server.verify()


async def test_children_of_a_killed_server_end_too(serve: Serve, postgres_url: str) -> None:
    server = serve(postgres_url, workers=2)
    server.start()
    await until(lambda: len(children(server.pid)) == 2, what="a second process")
    family = children(server.pid)

    server.signal(signal.SIGKILL)
    server.wait()

    await until(lambda: not any(is_alive(pid) for pid in family), what="the end of the children")
