"""Told to stop while a request is still coming in."""

from __future__ import annotations

import asyncio
import signal

from support.servers import Booked, Serve, connected, people, until


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
