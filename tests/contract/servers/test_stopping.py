"""Told to stop: what was begun is finished, no answer is half sent, and nobody who comes late holds it up."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from contextlib import ExitStack

import pytest

from support.clients import connected, people
from support.load import Booked, Load
from support.servers import HOST, PATIENCE, Serve, is_alive, until

LIMIT = 5
"""Seconds that requests under way get."""
GRACE = 15
"""Seconds that all else may take at the end of a server, on a busy machine."""


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
        assert time.monotonic() - began < LIMIT + GRACE
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
        assert time.monotonic() - began < 1 + GRACE


async def test_a_request_whose_body_is_still_coming_is_finished_and_newcomers_are_refused(serve: Serve) -> None:
    server = serve()
    server.start()
    payee, payer = await people(server.database_url, "payee", "payer", tokens=100)
    body = b'{"recipientId": "%s", "amount": 7, "context": "stream", "contextId": "late"}' % payee.id.encode()
    head = (
        f"POST /teezu/api/v1/wallet/tip HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {payer.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    async with connected(server) as (reader, writer):
        writer.write(head.encode() + body[:10])
        await writer.drain()
        await asyncio.to_thread(server.answers)

        server.signal(signal.SIGTERM)
        await until(lambda: not server.answers(within=0.2), what="a refused connection")
        writer.write(body[10:])
        answer = await asyncio.wait_for(reader.read(), PATIENCE)

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert server.wait() == 0
    assert (await Booked.read(server.database_url, payee.id)).received == 7


async def test_connections_that_came_in_the_last_moment_do_not_hold_a_stop_up(serve: Serve) -> None:
    server = serve(settings={"server.header_timeout": 120, "server.shutdown_timeout": 120})
    for _ in range(3):
        server.start()
        with ExitStack() as idle:
            for _ in range(200):
                idle.enter_context(socket.create_connection((HOST, server.port)))

            began = time.monotonic()
            server.signal(signal.SIGTERM)
            assert await asyncio.to_thread(server.wait) == 0
            assert time.monotonic() - began < GRACE
        assert not is_alive(server.pid)
