"""Connections that are slow, many, or do not speak HTTP."""

from __future__ import annotations

import asyncio

import pytest

from unit.http.served import API, Served, served

POST = f"POST {API}/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


async def test_http_02_a_head_that_does_not_come_is_not_waited_for() -> None:
    async with served(header_seconds=0.05) as server:
        assert await server.wire() == b""
        assert await server.wire(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""


async def test_http_02_a_second_head_has_the_same_deadline() -> None:
    async with served(header_seconds=1) as server:
        host, port = server.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.write(b"GET /hea")
        assert b"HTTP/1.1" not in await asyncio.wait_for(reader.read(), 60)
        writer.close()


async def test_http_02_a_body_that_trickles_is_given_up() -> None:
    async with served(body_seconds=0.05) as server:
        answer = await server.wire(f'{POST}Content-Length: 100\r\n\r\n{{"email'.encode())

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"REQUEST_TIMEOUT"' in answer


async def test_a_body_in_pieces_is_read_whole(server: Served) -> None:
    body = b'{"email": "a@b.cz", "password": "x"}'
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"

    answer = await server.wire(f"{POST}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n".encode(), chunks)

    assert answer.startswith(b"HTTP/1.1 401 ")


async def test_http_02_an_idle_connection_is_closed() -> None:
    async with served(keepalive_seconds=0.05) as server:
        assert (await server.wire(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")).startswith(b"HTTP/1.1 200 ")


async def test_http_02_one_address_holds_so_many_connections_and_no_more() -> None:
    async with served(connections_per_ip=3) as server:
        host, port = server.url.removeprefix("http://").split(":")
        held = [await asyncio.open_connection(host, int(port)) for _ in range(3)]
        for reader, writer in held:
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")

        with pytest.raises((ConnectionResetError, AssertionError)):
            assert await server.wire(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") != b""

        held[0][1].close()
        await held[0][1].wait_closed()
        assert (await server.wire(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).startswith(
            b"HTTP/1.1 200"
        )
        for _, writer in held[1:]:
            writer.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
        f"{POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\n".encode(),
        f"{POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n".encode(),
        f"{POST}Content-Length: +5\r\n\r\nabcde".encode(),
        f"{POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n".encode(),
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\n",
    ],
)
async def test_http_01_what_is_no_http_is_refused_and_closed(server: Served, raw: bytes) -> None:
    answer = await server.wire(raw)

    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ", b"HTTP/1.1 431 "))
    assert b"\r\nX-Content-Type-Options: nosniff\r\n" in answer
    assert b"Traceback" not in answer


async def test_a_body_that_is_announced_too_large_is_not_listened_to(server: Served) -> None:
    answer = await server.wire(f"{POST}Content-Length: {512 * 2**20}\r\n\r\n".encode() + b"x" * 2**16)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nConnection: close\r\n" in answer


async def test_a_body_that_grows_too_large_is_cut_off(server: Served) -> None:
    chunk = b"10000\r\n" + b"x" * 2**16 + b"\r\n"

    answer = await server.wire(f"{POST}Transfer-Encoding: chunked\r\n\r\n".encode(), *[chunk] * 17)

    assert answer.startswith(b"HTTP/1.1 413 ")
