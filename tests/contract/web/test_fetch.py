"""SSRF-02: the guarded fetcher against hostile addresses, names, servers and bodies. The servers are real ones."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address

import pytest
from aiohttp import web

from adapters.web.addresses import Address
from adapters.web.fetch import FetchRules, GuardedFetcher, Refused, Target, read_target

MIB = 2**20

HOSTILE = """
http://example.com/
ftp://example.com/
file:///etc/passwd
gopher://example.com:70/
data:image/png;base64,AAAA
javascript:alert(1)
//example.com/
https:example.com
https:/example.com/
https:///etc/passwd
https://
https://?
https://#
example.com
https://localhost/
https://LOCALHOST/
https://localhost./
https://foo.localhost/
https://localhost.localdomain/
https://metadata.google.internal/
https://printer.local/
https://router.lan/
https://1.0.0.127.in-addr.arpa/
https://intranet/
https://127.0.0.1/
https://127.1/
https://127.0.1/
https://127.0.0.1./
https://2130706433/
https://017700000001/
https://0177.0.0.1/
https://0x7f000001/
https://0x7f.0.0.1/
https://0x7f.1/
https://example.0x7f/
https://127.0.0.01/
https://127.0.0.1.1/
https://256.256.256.256/
https://0/
https://0.0.0.0/
https://10.0.0.1/
https://172.16.0.1/
https://192.168.1.1/
https://100.64.0.1/
https://169.254.169.254/latest/meta-data/
https://168.63.129.16/
https://224.0.0.1/
https://255.255.255.255/
https://[::]/
https://[::1]/
https://[0:0:0:0:0:0:0:1]/
https://[::127.0.0.1]/
https://[::ffff:127.0.0.1]/
https://[::ffff:7f00:1]/
https://[::ffff:169.254.169.254]/
https://[64:ff9b::7f00:1]/
https://[64:ff9b:1::1]/
https://[2002:7f00:1::]/
https://[2002:a9fe:a9fe::]/
https://[2001:0:53aa:64c:0:fbff:80ff:fffe]/
https://[fc00::1]/
https://[fd00:ec2::254]/
https://[fe80::1]/
https://[fe80::1%25eth0]/
https://[ff02::1]/
https://[fec0::1]/
https://[::1/
https://::1]/
https://[::1]x/
https://[::1]:99999/
https://[v1.x]/
https://user@example.com/
https://user:pass@example.com/
https://example.com@127.0.0.1/
https://example.com:@127.0.0.1/
https://127.0.0.1@example.com/
https://example.com%40127.0.0.1/
https://example.com\\@127.0.0.1/
https://127.0.0.1\\.example.com/
https://example.com#@127.0.0.1/@
https://example.com:80/
https://example.com:22/
https://example.com:6379/
https://example.com:0/
https://example.com:65536/
https://example.com:443x/
https://example.com:+443/
https://example.com:-1/
https://example.com:/
https://exa mple.com/
https://example.com/a b
https://example.com/\t
https://example..com/
https://.example.com/
https://-example.com/
https://exa_mple.com/
https://ex%61mple.com/
https://ⓔxample.com/
https://①②⑦.⓪.⓪.①/
https://127。0。0。1/
https://example.com。evil.example/
https://xn--.com/
""".strip().split("\n")


async def nowhere(host: str, port: int) -> Sequence[str]:
    """What names there are all lead inside."""
    return ["127.0.0.1"]


@pytest.mark.parametrize(
    "url", [*HOSTILE, "https://a.example/" + "x" * 2048, "https://example.com/\r\nHost: x", "https://e.com/\0"]
)
async def test_a_hostile_address_is_refused_and_nobody_is_asked(url: str) -> None:
    with pytest.raises(Refused):
        await GuardedFetcher(resolve=nowhere).fetch(url)


def test_there_are_enough_of_them() -> None:
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["93.184.216.34", "127.0.0.1"],
        ["10.0.0.7", "93.184.216.34"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a9fe:a9fe"],
        ["2002:7f00:1::"],
        ["fe80::1%1"],
        ["169.254.169.254"],
        ["no address"],
        [],
    ],
)
async def test_a_name_is_refused_if_any_address_of_it_is_inside(addresses: list[str]) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    with pytest.raises(Refused):
        await GuardedFetcher(resolve=resolve).fetch("https://innocent.example/a.png")


async def test_a_name_that_nobody_knows_is_refused() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "unknown")

    with pytest.raises(Refused, match="cannot be fetched"):
        await GuardedFetcher(resolve=resolve).fetch("https://nobody.example/")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://Example.com", Target("https", "example.com", 443, "/")),
        ("HTTPS://example.com/A?b=C#d", Target("https", "example.com", 443, "/A?b=C")),
        ("https://example.com:443/%20", Target("https", "example.com", 443, "/%20")),
        ("https://93.184.216.34/x", Target("https", "93.184.216.34", 443, "/x")),
        ("https://[2606:4700::1111]/x", Target("https", "2606:4700::1111", 443, "/x")),
        ("https://xn--mnchen-3ya.example/", Target("https", "xn--mnchen-3ya.example", 443, "/")),
    ],
)
def test_an_honest_address_is_read_as_it_is(url: str, target: Target) -> None:
    assert read_target(url, FetchRules()) == target
    assert target.url.raw_host == target.host
    assert target.url.raw_path_qs == target.path


# ---- real servers


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Place:
    """A server, and what it was asked."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.asked: list[tuple[str, dict[str, str]]] = []

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}:{self.port}{path}"


@asynccontextmanager
async def place(handler: Handler, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Place]:
    found = Place(host, port)

    async def answer(request: web.Request) -> web.StreamResponse:
        found.asked.append((request.path_qs, dict(request.headers)))
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    found.port = runner.addresses[0][1]
    try:
        yield found
    finally:
        await runner.cleanup()


async def hello(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"hello")


def only(*hosts: str) -> Callable[[Address], bool]:
    """Lets these addresses pass for public ones."""
    return lambda address: address in {ip_address(host) for host in hosts}


def fetcher(
    *hosts: str, resolve: Callable[[str, int], Awaitable[Sequence[str]]] = nowhere, **rules: float
) -> GuardedFetcher:
    given = FetchRules(
        ports={"http": None},
        permits=only(*hosts or ("127.0.0.1",)),
        seconds=rules.get("seconds", 5.0),
        most=int(rules.get("most", 5 * MIB)),
    )
    return GuardedFetcher(given, resolve=resolve)


async def test_it_fetches_what_is_there_without_telling_who_asks() -> None:
    async with place(hello) as there:
        assert await fetcher().fetch(there.url("/a?b=%20c")) == b"hello"

    [(path, headers)] = there.asked
    assert path == "/a?b=%20c"
    assert headers["Host"] == f"127.0.0.1:{there.port}"
    assert not {"Cookie", "Authorization", "Referer", "Origin"} & set(headers)


async def test_a_name_is_resolved_once_and_the_connection_goes_where_it_pointed_then() -> None:
    """DNS rebinding: the second answer would lead inside."""
    answers = [["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1"]]

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    async with place(hello, "127.0.0.1") as inside, place(hello, "127.0.0.2", inside.port) as outside:
        body = await fetcher("127.0.0.2", resolve=rebinding).fetch(f"http://rebind.example:{inside.port}/")

        assert body == b"hello"
        assert (len(outside.asked), len(inside.asked), len(answers)) == (1, 0, 2)
        assert outside.asked[0][1]["Host"] == f"rebind.example:{inside.port}"

        with pytest.raises(Refused):
            await fetcher("127.0.0.2", resolve=rebinding).fetch(f"http://rebind.example:{inside.port}/")
        assert inside.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    async with place(hello) as inside:

        async def redirect(request: web.Request) -> web.StreamResponse:
            return web.Response(status=status, headers={"Location": inside.url("/secret")})

        async with place(redirect) as outside:
            with pytest.raises(Refused, match="does not answer with a file"):
                await fetcher().fetch(outside.url())

    assert inside.asked == []


@pytest.mark.parametrize("status", [201, 204, 206, 401, 404, 500])
async def test_an_answer_other_than_200_is_refused(status: int) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status)

    async with place(answer) as there:
        with pytest.raises(Refused):
            await fetcher().fetch(there.url())


async def test_a_body_of_the_size_allowed_comes_and_a_byte_more_does_not() -> None:
    async def sized(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * int(request.query["n"]))

    async with place(sized) as there:
        assert len(await fetcher(most=MIB).fetch(there.url(f"/?n={MIB}"))) == MIB
        with pytest.raises(Refused, match="too large"):
            await fetcher(most=MIB).fetch(there.url(f"/?n={MIB + 1}"))


async def test_a_body_without_a_length_is_counted_while_it_streams() -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 2**16)
            sent += 2**16

    async with place(endless) as there:
        with pytest.raises(Refused, match="too large"):
            await fetcher(most=MIB).fetch(there.url())

    assert sent < 16 * MIB


async def test_a_compressed_body_is_not_unpacked() -> None:
    async def bomb(request: web.Request) -> web.StreamResponse:
        return web.Response(body=gzip.compress(b"\0" * 20 * MIB), headers={"Content-Encoding": "gzip"})

    async with place(bomb) as there:
        with pytest.raises(Refused, match="compressed"):
            await fetcher().fetch(there.url())


async def test_a_server_that_does_not_answer_and_a_body_that_trickles_end_in_time() -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)

    loop = asyncio.get_running_loop()
    for slow in (silent, trickle):
        async with place(slow) as there:
            began = loop.time()
            with pytest.raises(Refused, match="in time"):
                await fetcher(seconds=0.3).fetch(there.url())
            assert loop.time() - began < 4.5, "by default it is five"


async def test_a_resolver_that_does_not_answer_ends_in_time() -> None:
    async def silent(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(Refused, match="in time"):
        await fetcher(seconds=0.1, resolve=silent).fetch("http://slow.example/")


async def test_a_proxy_of_the_environment_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    async with place(hello) as proxy, place(hello) as there:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())

        assert await fetcher().fetch(there.url()) == b"hello"

    assert proxy.asked == []


async def test_what_speaks_no_http_or_hangs_up_is_refused() -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"SSH-2.0-OpenSSH\r\n")
        writer.close()

    server = await asyncio.start_server(rude, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(Refused, match="cannot be fetched"):
            await fetcher().fetch(f"http://127.0.0.1:{port}/")
    with pytest.raises(Refused, match="cannot be fetched"):
        await fetcher().fetch(f"http://127.0.0.1:{port}/")
