"""Requests made to hurt: each is refused or bounded, and others hardly notice (HTTP-01, HTTP-02, IN-03)."""

from __future__ import annotations

import asyncio
import gzip
import re
import time
from collections.abc import Iterator
from statistics import median

import aiohttp
import pytest

from support.clients import Fan, ask, browser, connected, people, times
from support.servers import MIB, PATIENCE, Server, forget_peak, memory

pytestmark = pytest.mark.usefixtures("turn")

REGISTER = "/teezu/api/v1/auth/register"
TIP = "/teezu/api/v1/wallet/tip"
GROWTH = 32 * MIB
DEADLINE = 1
"""Seconds that heads and bodies get here."""


def is_the_deadline(seconds: float) -> bool:
    """Whether a slow request lasted that long: the loop's timers count whole milliseconds, and machines are busy.

    What is set by default is ten seconds.
    """
    return DEADLINE - 0.05 <= seconds < DEADLINE + 8


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"server.header_timeout": DEADLINE, "server.body_timeout": DEADLINE}
    made = Server(tmp_path_factory.mktemp("attacked"), settings=settings)
    made.start()
    yield made
    made.kill()


@pytest.fixture
async def fans(server: Server) -> list[Fan]:
    """Somebody with tokens, and somebody to tip."""
    return await people(server.database_url, "payer", "payee", tokens=10**6)


async def said(server: Server, request: bytes, *, within: float = PATIENCE) -> bytes:
    """Everything the server says to these bytes before it closes the connection.

    Raises:
        TimeoutError: It does not close it.
    """
    async with connected(server) as (reader, writer):
        writer.write(request)
        return await asyncio.wait_for(reader.read(), within)


async def trickled(server: Server, head: bytes, piece: bytes) -> tuple[bytes, float]:
    """What the server says first, or nothing if it only ends the connection, when it is sent a piece again and again;
    and the seconds that took.
    """
    began = time.monotonic()
    async with connected(server) as (reader, writer):
        writer.write(head)
        while time.monotonic() - began < PATIENCE:
            writer.write(piece)
            try:
                async with asyncio.timeout(0.2):
                    return await reader.read(65_536), time.monotonic() - began
            except TimeoutError:
                continue
            except ConnectionError:
                return b"", time.monotonic() - began  # It has closed it just as one more piece was on its way.
    raise AssertionError("it is listened to for ever")


def statuses(answers: bytes) -> list[int]:
    """The statuses of answers that follow each other."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answers)]


def post(path: str, *headers: str, body: bytes = b"", fan: Fan | None = None) -> bytes:
    """A request, byte for byte."""
    signed = [f"Authorization: Bearer {fan.token}"] if fan else []
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", *signed, *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


SECOND = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"

AMBIGUOUS = {
    "length and chunks": post(REGISTER, "Content-Length: 5", CHUNKED, body=b"0\r\n\r\n"),
    "chunks and length": post(REGISTER, CHUNKED, "Content-Length: 5", body=b"0\r\n\r\n"),
    "two lengths that differ": post(REGISTER, "Content-Length: 2", "Content-Length: 3", body=b"{} "),
    "two lengths that agree": post(REGISTER, "Content-Length: 2", "Content-Length: 2", body=b"{}"),
    "a list of lengths": post(REGISTER, "Content-Length: 2, 2", body=b"{}"),
    "a length with a plus": post(REGISTER, "Content-Length: +2", body=b"{}"),
    "a negative length": post(REGISTER, "Content-Length: -2", body=b"{}"),
    "a length in hexadecimal": post(REGISTER, "Content-Length: 0x2", body=b"{}"),
    "a length with an underscore": post(REGISTER, "Content-Length: 1_0", body=b"{}        "),
    "an empty length": post(REGISTER, "Content-Length: ", body=b"{}"),
    "an unknown coding": post(REGISTER, "Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "chunks within another coding": post(REGISTER, "Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
    "chunks twice": post(REGISTER, CHUNKED, CHUNKED, body=b"0\r\n\r\n"),
    "a vertical tab before the coding": post(REGISTER, "Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "a space before the colon": post(REGISTER, "Transfer-Encoding : chunked", body=b"0\r\n\r\n"),
    "a chunk of no size": post(REGISTER, CHUNKED, body=b"zz\r\n{}\r\n0\r\n\r\n"),
    "a chunk of negative size": post(REGISTER, CHUNKED, body=b"-1\r\n{}\r\n0\r\n\r\n"),
    "a chunk whose size overflows": post(REGISTER, CHUNKED, body=b"f" * 17 + b"\r\n{}\r\n0\r\n\r\n"),
    "a chunk without its end": post(REGISTER, CHUNKED, body=b"2\r\n{}0\r\n\r\n"),
    "a folded header": post(REGISTER, "X-One: a\r\n b", "Content-Length: 2", body=b"{}"),
    "a header without a colon": post(REGISTER, "Nonsense", "Content-Length: 2", body=b"{}"),
    "a header with a NUL": post(REGISTER, "X-One: a\0b", "Content-Length: 2", body=b"{}"),
    "a header with a bare CR": post(REGISTER, "X-One: a\rContent-Length: 9", "Content-Length: 2", body=b"{}"),
    "a header with a space in its name": post(REGISTER, "X One: a", "Content-Length: 2", body=b"{}"),
    "140 headers": post(REGISTER, *(f"X-{n}: {n}" for n in range(140)), "Content-Length: 2", body=b"{}"),
    "a header of 64 KiB": post(REGISTER, "X-One: " + "a" * 65_536, "Content-Length: 2", body=b"{}"),
    "an address of 64 KiB": b"GET /" + b"a" * 65_536 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "no version": b"GET /healthz\r\n\r\n",
    "another version": b"GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n",
    "HTTP/2 without asking": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
}


@pytest.mark.parametrize("request_", AMBIGUOUS.values(), ids=list(AMBIGUOUS))
async def test_what_two_readers_could_understand_differently_is_refused_and_ends_the_connection(
    server: Server, request_: bytes
) -> None:
    answers = await said(server, request_ + SECOND)

    assert statuses(answers) == [400], answers[:500]
    assert b"platform-core\r\n" in answers
    assert b"Traceback" not in answers


async def test_a_request_inside_a_body_is_never_answered(server: Server, fans: list[Fan]) -> None:
    inner = b"GET /teezu/api/v1/users/me HTTP/1.1\r\nHost: x\r\n\r\n"
    for path, fan in ((TIP, None), (TIP, fans[0]), ("/teezu/api/v1/nothing", None), ("/healthz", None), ("/", None)):
        request = post(path, f"Content-Length: {len(inner)}", body=inner, fan=fan)
        answers = await said(server, request + SECOND)
        assert len(statuses(answers)) <= 2
        assert statuses(answers)[0] in (400, 401, 404, 405)
        assert statuses(answers)[1:] in ([], [200])


async def test_pipelined_requests_are_answered_one_by_one_in_order(server: Server, fans: list[Fan]) -> None:
    payer, payee = fans
    requests = []
    for n in range(60):
        body = b'{"recipientId": "%s", "amount": 1, "context": "chat"}' % payee.id.encode()
        length, key = f"Content-Length: {len(body)}", f"Idempotency-Key: pipe-{n}"
        requests.append(post(TIP, length, key, f"X-Request-Id: {n}", body=body, fan=payer))

    answers = await said(server, b"".join(requests) + SECOND)

    assert statuses(answers) == [200] * 61
    assert [int(n) for n in re.findall(rb"X-Request-Id: (\d+)\r\n", answers)] == list(range(60))
    balances = [int(balance) for balance in re.findall(rb'"newBalance":(\d+)', answers)]
    assert balances == [10**6 - n for n in range(1, 61)]


@pytest.mark.parametrize("framed", ["with its length", "in chunks"])
@pytest.mark.parametrize("who", ["anybody", "somebody signed in"])
async def test_a_body_of_512_mib_is_refused_without_being_kept(
    server: Server, fans: list[Fan], framed: str, who: str
) -> None:
    block = b" " * MIB
    if framed == "in chunks":
        block, framing = b"%x\r\n%s\r\n" % (MIB, block), CHUNKED
    else:
        framing = f"Content-Length: {512 * MIB}"
    path, fan = (REGISTER, None) if who == "anybody" else (TIP, fans[0])
    forget_peak(server.pid)
    before = memory(server.pid)

    async with connected(server) as (reader, writer):
        writer.write(post(path, framing, fan=fan))
        answer = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
        await _pour(writer, block, 512)
        assert statuses(await asyncio.wait_for(answer, PATIENCE)) == [413]

    assert memory(server.pid, peak=True) - before <= GROWTH


async def _pour(writer: asyncio.StreamWriter, block: bytes, count: int) -> int:
    """Send a block again and again; how often, until the other side had enough."""
    for n in range(count):
        try:
            writer.write(block)
            async with asyncio.timeout(2):
                await writer.drain()
        except (ConnectionError, TimeoutError):
            return n
    return count


async def test_a_flood_of_pipelined_requests_is_taken_no_faster_than_its_answers_are_read(server: Server) -> None:
    forget_peak(server.pid)
    before = memory(server.pid)

    async with connected(server) as (_, writer):
        await _pour(writer, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 30_000, 64)
        assert server.answers()

    assert memory(server.pid, peak=True) - before <= GROWTH


async def test_large_answers_that_nobody_reads_are_not_piled_up(server: Server) -> None:
    document = b"GET /openapi/teezu.json HTTP/1.1\r\nHost: x\r\n\r\n"
    forget_peak(server.pid)
    before = memory(server.pid)

    async with connected(server) as (_, writer):
        await _pour(writer, document * 1000, 20)
        assert server.answers()

    assert memory(server.pid, peak=True) - before <= GROWTH


async def test_a_compressed_body_is_not_unpacked(server: Server, fans: list[Fan]) -> None:
    bomb = gzip.compress(b" " * 256 * MIB, 9)
    forget_peak(server.pid)
    before = memory(server.pid)
    headers = ("Content-Encoding: gzip", f"Content-Length: {len(bomb)}", "Connection: close")

    answers = await said(server, post(TIP, *headers, body=bomb, fan=fans[0]))

    assert statuses(answers) == [415]
    assert memory(server.pid, peak=True) - before <= GROWTH


async def test_a_head_that_comes_byte_by_byte_is_cut_off_at_its_deadline(server: Server) -> None:
    answer, seconds = await trickled(server, b"GET /healthz HTTP/1.1\r\nX-Slow: ", b"x")

    assert answer == b""
    assert is_the_deadline(seconds)


async def test_a_second_head_on_a_connection_has_the_same_deadline(server: Server) -> None:
    async with connected(server) as (reader, writer):
        began = time.monotonic()
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert statuses(await reader.readuntil(b"}")) == [200]
        writer.write(b"GET /hea")
        assert await asyncio.wait_for(reader.read(), PATIENCE) == b""

    assert is_the_deadline(time.monotonic() - began)


@pytest.mark.parametrize("framing", ["Content-Length: 100000", CHUNKED])
async def test_a_body_that_comes_too_slowly_is_cut_off(server: Server, fans: list[Fan], framing: str) -> None:
    piece = b"1\r\n \r\n" if framing == CHUNKED else b" "
    answer, seconds = await trickled(server, post(TIP, framing, fan=fans[0]), piece)

    assert statuses(answer) == [408]
    assert is_the_deadline(seconds)


async def test_a_body_that_keeps_the_pace_is_taken_however_long_it_lasts(server: Server, fans: list[Fan]) -> None:
    body = b'{"recipientId": "%s", "amount": 1, "context": "chat"}' % fans[1].id.encode()
    # What comes at first is worth eight seconds, so that it does not matter when this test itself must wait a moment.
    padded = body + b" " * (8 * 1024)
    async with connected(server) as (reader, writer):
        writer.write(post(TIP, f"Content-Length: {len(padded) + 8}", fan=fans[0]) + padded)
        for _ in range(8):
            await asyncio.sleep(DEADLINE / 4)
            writer.write(b" ")
        assert statuses(await asyncio.wait_for(reader.readuntil(b"}"), PATIENCE)) == [200]


async def test_two_hundred_logins_at_once_hold_nobody_else_up(tmp_path_factory: pytest.TempPathFactory) -> None:
    real_cost = {"passwords.memory_kib": 19_456, "passwords.passes": 2}
    server = Server(tmp_path_factory.mktemp("guessed"), settings=real_cost)
    server.start()
    try:
        payer, payee = await people(server.database_url, "payer", "payee", tokens=1000)
        async with browser() as http:
            began = time.monotonic()
            for number in range(5):
                await _guess(http, server, number)
            cost = (time.monotonic() - began) / 5
            guesses = [asyncio.create_task(_guess(http, server, n)) for n in range(200)]
            seconds = await times(http, server, payer, payee, 20)
            answers = await asyncio.gather(*guesses)
        assert median(seconds) < 10 * cost, (cost, seconds)
        assert set(answers) <= {401, 429, 503}
        assert memory(server.pid, peak=True) <= 256 * MIB
    finally:
        server.kill()


async def _guess(http: aiohttp.ClientSession, server: Server, number: int) -> int:
    body = {"email": f"nobody{number}@example.com", "password": "not the right one"}
    return (await ask(http, "POST", f"{server.url}/auth/login", body=body)).status
