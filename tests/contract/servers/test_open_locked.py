"""Somebody else keeps the SQLite file locked for long: it is an outage, not an error of ours."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

from support.servers import Serve, Tip, ask, browser, people, send


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
