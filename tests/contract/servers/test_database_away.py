"""The database gone under load, silent, or kept locked by somebody else: an outage, not an error of ours.

The server stays, says that it cannot just now, and goes on by itself afterwards.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from contextlib import closing

import pytest

from support.clients import Tip, ask, browser, people, send
from support.load import Booked, Load
from support.mortal import Postgres
from support.servers import Serve, Server

CYCLES = 3


@pytest.mark.parametrize("end", ["killed", "stopped"])
async def test_a_server_outlives_its_database(serve: Serve, own_postgres: Postgres, end: str) -> None:
    database_url = own_postgres.start()
    server = serve(database_url)
    server.start()
    load = await Load.on(server, patient=True)

    async with load.running():
        for cycle in range(CYCLES):
            await load.reach(60 + 31 * cycle)
            if end == "stopped":
                await asyncio.to_thread(own_postgres.stop)
            else:
                await asyncio.to_thread(own_postgres.kill, children_too=bool(cycle % 2))
            await load.is_refused()
            await _is_up_without_its_database(server)
            assert await asyncio.to_thread(own_postgres.start) == database_url
            await load.reach(60)

    assert not load.wrong, f"{len(load.wrong)} wrong answers"
    assert {answer.body["code"] for answer in load.unavailable} == {"UNAVAILABLE"}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in load.unavailable)
    (await Booked.under(load)).hold_all(load)
    assert server.is_running
    server.verify()


async def _is_up_without_its_database(server: Server) -> None:
    async with browser() as http:
        assert (await ask(http, "GET", f"{server.root}/healthz")).status == 200
        assert (await ask(http, "GET", f"{server.root}/readyz")).status == 503


async def test_a_database_that_says_nothing_is_waited_for_only_so_long(serve: Serve, own_postgres: Postgres) -> None:
    server = serve(own_postgres.start())
    server.start()
    payer, payee = await people(server.database_url, "payer", "payee", tokens=1000)
    tip = Tip("into the silence", payer, payee.id, 7)

    async with browser() as http:
        assert (await send(http, server.url, Tip("before", payer, payee.id, 1))).status == 200
        with own_postgres.frozen():
            answer = await send(http, server.url, tip, within=45)
            assert (answer.status, answer.body["code"]) == (503, "UNAVAILABLE")
        answer = await send(http, server.url, tip)
        assert answer.status == 200, answer.body

    assert (await Booked.read(server.database_url, payee.id)).received == 8


async def test_a_silent_database_does_not_hold_a_stop_up(serve: Serve, own_postgres: Postgres) -> None:
    server = serve(own_postgres.start(), settings={"server.shutdown_timeout": 2})
    server.start()
    payer, payee = await people(server.database_url, "payer", "payee", tokens=1000)

    async with browser() as http:
        with own_postgres.frozen():
            asked = asyncio.create_task(send(http, server.url, Tip("into the silence", payer, payee.id, 7)))
            await ask(http, "GET", f"{server.root}/healthz")
            server.signal(signal.SIGTERM)
            try:
                assert await asyncio.to_thread(server.wait, 45) == 0
            finally:
                server.kill()
                await asyncio.gather(asked, return_exceptions=True)


async def test_tips_wait_for_a_locked_file_and_are_told_when_it_takes_too_long(serve: Serve) -> None:
    server = serve()
    server.start()
    payer, payee = await people(server.database_url, "payer", "payee", tokens=1000)
    tip = Tip("while it is locked", payer, payee.id, 1)

    with closing(sqlite3.connect(server.folder / "data.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with browser() as http:
            asked = asyncio.create_task(send(http, server.url, tip))
            assert (await ask(http, "GET", f"{server.url}/wallet/balance", fan=payer)).status == 200
            answer = await asked
            other.execute("ROLLBACK")
            assert (answer.status, answer.body["code"]) == (503, "UNAVAILABLE")
            assert (await send(http, server.url, tip)).status == 200
