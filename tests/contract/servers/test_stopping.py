"""Told to stop: what was begun is finished, and no answer is half sent."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from support.servers import Booked, Load, Serve, connected, people

LIMIT = 5
"""Seconds that requests under way get."""


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_server_told_to_stop_loses_nothing_it_was_asked(serve: Serve, postgres_url: str, workers: int) -> None:
    server = serve(postgres_url, workers=workers, settings={"server.shutdown_timeout": LIMIT})
    server.start()
    load = await Load.on(server)

    for _ in range(2):
        async with load.running():
            await load.reach(100)
            server.signal(signal.SIGTERM)
            began = time.monotonic()
            code = await asyncio.to_thread(server.wait)
            await load.gone()
        assert code == 0, server.log[-2000:]
        assert time.monotonic() - began < LIMIT + 5
        (await Booked.under(load)).hold(load)
        await asyncio.to_thread(server.start)
        await load.ask_again()

    assert not load.wrong
    assert not load.unavailable
    (await Booked.under(load)).hold_all(load)
    assert "Traceback" not in server.log


async def test_a_request_that_never_ends_does_not_hold_a_stop_up_for_longer_than_the_limit(serve: Serve) -> None:
    server = serve(settings={"server.shutdown_timeout": 1, "server.body_timeout": 60})
    server.start()
    (payer,) = await people(server.database_url, "payer")
    head = f"POST /teezu/api/v1/wallet/tip HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {payer.token}\r\n"
    async with connected(server) as (_, writer):
        writer.write(f"{head}Content-Length: 1000\r\n\r\n".encode())
        await writer.drain()
        await asyncio.to_thread(server.answers)

        began = time.monotonic()
        server.signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.wait) == 0
        assert time.monotonic() - began < 6
