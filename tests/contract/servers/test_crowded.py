"""More connections than anybody needs: the crowd is kept, or kept out, and others are served as ever."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import partial
from statistics import median, quantiles

import pytest

from support.clients import browser, people, times
from support.servers import HOST, MIB, Serve, Server, memory, until

pytestmark = pytest.mark.usefixtures("turn")

CAP = 100


@pytest.fixture
def descriptors() -> Iterator[int]:
    """How many files this process may have open, for once as many as it could have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield hard if hard != resource.RLIM_INFINITY else 1_000_000
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def crowd() -> Iterator[ExitStack]:
    """Connections that end with the test."""
    with ExitStack() as stack:
        yield stack


def _connect(server: Server, crowd: ExitStack, address: str = HOST) -> socket.socket:
    """A connection from one of this machine's own addresses, which says nothing."""
    return crowd.enter_context(socket.create_connection((HOST, server.port), 20, (address, 0)))


def _is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


async def test_ten_thousand_idle_connections_from_a_hundred_addresses_slow_nobody_down(
    serve: Serve, descriptors: int, crowd: ExitStack
) -> None:
    server = serve(settings={"server.connections_per_ip": CAP, "server.header_timeout": 120})
    server.start()
    payer, payee = await people(server.database_url, "payer", "payee", tokens=1000)
    wanted = min(10_000, descriptors - 500)

    async with browser() as http:
        alone = await times(http, server, payer, payee, 20)
        idle = [_connect(server, crowd, f"127.0.1.{1 + n // CAP}") for n in range(wanted)]
        seconds = await times(http, server, payer, payee, 20)
    assert median(seconds) < 3 * median(alone) + 0.05, (alone, seconds)
    # A machine that stands still for a moment holds up one or two of them.
    assert quantiles(seconds, n=10)[-1] < 1, seconds
    assert not any(map(_is_closed, idle))
    assert memory(server.pid) < 256 * MIB


async def test_an_address_gets_so_many_connections_and_others_as_many(serve: Serve, crowd: ExitStack) -> None:
    server = serve(settings={"server.connections_per_ip": CAP, "server.header_timeout": 120})
    server.start()
    greedy = "127.0.1.1"
    kept = [_connect(server, crowd, greedy) for _ in range(CAP)]

    for _ in range(20):
        extra = _connect(server, crowd, greedy)
        await until(partial(_is_closed, extra), what="the end of a connection too many")

    assert not any(map(_is_closed, kept))
    assert not _is_closed(_connect(server, crowd, "127.0.1.2"))
    assert server.answers()

    kept[0].close()
    kept[1].close()
    await until(lambda: _is_served(server, greedy), what="a place that was given back")


def _is_served(server: Server, address: str) -> bool:
    with ExitStack() as stack, suppress(ConnectionError):
        connection = _connect(server, stack, address)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return connection.recv(12) == b"HTTP/1.1 200"
    return False


async def test_connections_that_say_nothing_are_closed_in_time(serve: Serve, crowd: ExitStack) -> None:
    server = serve(settings={"server.header_timeout": 1, "server.keepalive_timeout": 2})
    server.start()
    silent = [_connect(server, crowd) for _ in range(200)]
    answered = [_answered(server, crowd) for _ in range(200)]

    # By default they would be kept for ten seconds and for 75: most of that is left for a machine that is busy.
    await until(lambda: all(map(_is_closed, silent)), within=8, what="the end of silent connections")
    await until(lambda: all(map(_is_closed, answered)), within=40, what="the end of idle connections")
    assert server.answers()


def _answered(server: Server, crowd: ExitStack) -> socket.socket:
    """A connection that was answered once; another one where this test was held up until it counted as silent."""
    for _ in range(10):
        connection = _connect(server, crowd)
        with suppress(ConnectionError):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            if connection.recv(4096).startswith(b"HTTP/1.1 200"):
                return connection
    raise AssertionError("nobody is answered")


async def test_a_server_out_of_descriptors_goes_on_when_it_has_some_again(serve: Serve, descriptors: int) -> None:
    few = 128
    server = serve(settings={"server.header_timeout": 120})
    server.start()
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (few, few))
    payer, payee = await people(server.database_url, "payer", "payee", tokens=1000)

    with ExitStack() as crowd:
        for _ in range(3 * few):
            _connect(server, crowd)
    await until(server.answers, what="an answer after the crowd has gone")

    assert server.is_running
    async with browser() as http:
        await times(http, server, payer, payee, 5)
