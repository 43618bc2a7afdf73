"""Told to stop while requests and connections are still coming in."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from contextlib import ExitStack

from support.servers import HOST, Booked, Serve, connected, is_alive, people, until


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
        answer = await asyncio.wait_for(reader.read(), 15)

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert server.wait() == 0
    assert (await Booked.read(server.database_url, payee.id)).received == 7


async def test_connections_that_came_in_the_last_moment_do_not_hold_a_stop_up(serve: Serve) -> None:
    server = serve()
    for _ in range(3):
        server.start()
        with ExitStack() as idle:
            for _ in range(200):
                idle.enter_context(socket.create_connection((HOST, server.port)))

            began = time.monotonic()
            server.signal(signal.SIGTERM)
            assert await asyncio.to_thread(server.wait) == 0
            assert time.monotonic() - began < 6
        assert not is_alive(server.pid)
