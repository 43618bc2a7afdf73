"""Fetching what somebody else's address names, without being led to places that are ours (SSRF-02).

The address is taken apart by strict rules of its own and put together again, so that no two readers can disagree on it.
Its name is resolved once; every address it has must be public; the connection goes to one of exactly those. Redirects,
proxies, cookies and compression are not followed, sent or undone. All of it takes at most so long, and so many bytes.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from attrs import frozen
from yarl import URL

from adapters.web.addresses import Address, is_public

#: From a host name to the addresses it has now.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

LONGEST = 2048
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# A last label of digits, or of 0x and hexadecimals, would be read as a number by some, and the whole as an address.
_NAME = re.compile(rf"(?:{_LABEL}\.)+(?!0x[0-9a-f]*$)(?=[a-z0-9-]*[a-z]){_LABEL}")
_PORT = re.compile(r"[0-9]{1,5}")
_INSIDE = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa", "localdomain", "onion")


class Refused(Exception):
    """It was not fetched; the message says why, and nothing of what was seen on the way."""


@frozen(kw_only=True)
class FetchRules:
    """What may be fetched. The defaults are for the world; others are for tests.

    Args:
        ports: Scheme to the port it may use, None for any.
        permits: Whether an address may be connected to.
        seconds: How long everything may take together.
        most: The most bytes a body may have.
    """

    ports: Mapping[str, int | None] = MappingProxyType({"https": 443})
    permits: Callable[[Address], bool] = is_public
    seconds: float = 5.0
    most: int = 5 * 2**20


@frozen
class Target:
    """An address taken apart.

    Args:
        scheme: `https`, unless the rules allow another.
        host: A name in lower case, or an IP address without brackets.
        port: The port.
        path: With the query, as it was written.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> URL:
        """It put together again."""
        authority = f"[{self.host}]" if ":" in self.host else self.host
        return URL(f"{self.scheme}://{authority}:{self.port}{self.path}", encoded=True)


def read_target(url: str, rules: FetchRules) -> Target:
    """Take an address apart.

    Raises:
        Refused: It is none, or one of a form that means mischief.
    """
    bad = Refused("must be a plain https address")
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or re.search(r'[\s\\<>"{}|^`]', url):
        raise bad
    try:
        parts = urlsplit(url)
    except ValueError:
        raise bad from None
    scheme = parts.scheme
    if scheme not in rules.ports or not url[len(scheme) :].startswith("://") or "@" in parts.netloc:
        raise bad
    host, port = _authority(parts.netloc.lower(), {"https": 443, "http": 80}[scheme])
    if rules.ports[scheme] not in (None, port):
        raise Refused("must not name a port")
    query = f"?{parts.query}" if parts.query else ""
    return Target(scheme, host, port, (parts.path or "/") + query)


def _authority(netloc: str, default: int) -> tuple[str, int]:
    host, bracket, rest = netloc.partition("]")
    if bracket:
        host = host.removeprefix("[")
        if "%" in host or not netloc.startswith("["):
            raise Refused("names no host")
        try:
            host = str(IPv6Address(host))
        except AddressValueError:
            raise Refused("names no host") from None
        colon, port = rest[:1], rest[1:]
        if colon not in ("", ":"):
            raise Refused("names no host")
    else:
        host, colon, port = netloc.partition(":")
        if not _is_ipv4(host) and not _is_outside_name(host):
            raise Refused("names no host on the internet")
    if colon and (_PORT.fullmatch(port) is None or not 0 < int(port) < 65536):
        raise Refused("must not name a port")
    return host, int(port) if colon else default


def _is_ipv4(host: str) -> bool:
    # Strict: four decimal numbers without leading zeros; everything else that looks like numbers is no name either.
    try:
        IPv4Address(host)
    except AddressValueError:
        return False
    return True


def _is_outside_name(host: str) -> bool:
    if len(host) > 253 or _NAME.fullmatch(host) is None:
        return False
    return host.rpartition(".")[2] not in _INSIDE


async def ask_system(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as the system resolves them.

    Raises:
        OSError: It has none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Pinned(AbstractResolver):
    """Answers with addresses that have been looked at, and never asks again."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            {
                "hostname": host,
                "host": str(address),
                "port": port,
                "family": socket.AF_INET if address.version == 4 else socket.AF_INET6,
                "proto": socket.IPPROTO_TCP,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing to let go of."""


class GuardedFetcher:
    """Fetches bodies from the public internet only.

    Args:
        rules: What may be fetched.
        resolve: Who tells the addresses of a name.
    """

    def __init__(self, rules: FetchRules | None = None, *, resolve: Resolve = ask_system) -> None:
        self._rules = rules or FetchRules()
        self._resolve = resolve

    async def fetch(self, url: str) -> bytes:
        """The body of what lies there.

        Raises:
            Refused: The address is not a public one, or what lies there does not come whole, in time and small enough.
        """
        target = read_target(url, self._rules)
        try:
            async with asyncio.timeout(self._rules.seconds):
                return await self._get(target, await self._addresses(target))
        except TimeoutError:
            raise Refused("does not answer in time") from None
        except (ClientError, OSError, ValueError):
            raise Refused("cannot be fetched") from None

    async def _addresses(self, target: Target) -> list[Address]:
        try:
            addresses = [ip_address(target.host)]
        except ValueError:
            addresses = [ip_address(text) for text in await self._resolve(target.host, target.port)]
        if not addresses or not all(self._rules.permits(address) for address in addresses):
            raise Refused("names no host on the internet")
        return addresses

    async def _get(self, target: Target, addresses: Sequence[Address]) -> bytes:
        connector = TCPConnector(resolver=_Pinned(addresses), use_dns_cache=False, force_close=True, limit=1)
        async with (
            ClientSession(
                connector=connector,
                cookie_jar=DummyCookieJar(),
                timeout=ClientTimeout(total=self._rules.seconds),
                trust_env=False,
                auto_decompress=False,
                headers={"Accept-Encoding": "identity", "User-Agent": "platform-core"},
            ) as session,
            session.get(target.url, allow_redirects=False) as response,
        ):
            return await self._body(response)

    async def _body(self, response: ClientResponse) -> bytes:
        if response.status != 200:
            raise Refused("does not answer with a file")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Refused("is compressed")
        if (response.content_length or 0) > self._rules.most:
            raise Refused("is too large")
        body = bytearray()
        async for chunk in response.content.iter_chunked(2**16):
            body += chunk
            if len(body) > self._rules.most:
                raise Refused("is too large")
        return bytes(body)
