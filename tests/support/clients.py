"""People who use servers from outside: their requests, their connections, and how they came to be there."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import aiohttp
from attrs import field, frozen

from adapters.clock import SystemClock
from adapters.ids import SystemIds
from adapters.memory.passwords import QuickPasswords
from adapters.payments.fake import FakeGateway
from adapters.stores import make_store
from platform_core.identity.access import Register
from platform_core.kernel.actor import ANONYMOUS, Actor
from platform_core.kernel.ports import Clock
from platform_core.kernel.secret import Secret
from platform_core.platform import Platform
from platform_core.wallet.balance import CreditWallet
from support.servers import HOST, PATIENCE, Server

PASSWORD = "correct horse battery"


@frozen
class Fan:
    """Somebody who is signed in.

    Args:
        id: Their user id.
        username: Their name.
        token: Their session's token.
    """

    id: str
    username: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What their requests carry."""
        return {"Authorization": f"Bearer {self.token}"}


@frozen
class Tip:
    """A tip as it is asked for.

    Args:
        key: Its idempotency key, which the books carry too.
        fan: Who gives.
        payee: Who gets: a user id.
        amount: Tokens.
    """

    key: str
    fan: Fan
    payee: str
    amount: int


@frozen
class Answer:
    """An answer read to its end.

    Args:
        status: Its status.
        body: Its JSON; empty where there is none.
        headers: Its headers.
    """

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(factory=dict, eq=False)


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(server: Server) -> AsyncIterator[Streams]:
    """A connection that is only bytes."""
    reader, writer = await asyncio.open_connection(HOST, server.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


@asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """A client with as many connections as it needs."""
    connector = aiohttp.TCPConnector(limit=0)
    # Without cookies: people are told apart by their tokens alone.
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def ask(
    http: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    fan: Fan | None = None,
    body: object = None,
    key: str | None = None,
    within: float = PATIENCE,
) -> Answer:
    """An answer, read to its end.

    Raises:
        aiohttp.ClientError, TimeoutError: There was none, or only a part of one.
    """
    headers = dict(fan.headers) if fan else {}
    if key is not None:
        headers["Idempotency-Key"] = key
    limit = aiohttp.ClientTimeout(total=within)
    async with http.request(method, url, json=body, headers=headers, timeout=limit) as response:
        read = await response.read()
        return Answer(response.status, json.loads(read) if read else {}, dict(response.headers))


async def send(http: aiohttp.ClientSession, url: str, tip: Tip, *, within: float = PATIENCE) -> Answer:
    """Ask for a tip."""
    body = {"recipientId": tip.payee, "amount": tip.amount, "context": "stream", "contextId": tip.key}
    return await ask(http, "POST", f"{url}/wallet/tip", fan=tip.fan, body=body, key=tip.key, within=within)


async def register(http: aiohttp.ClientSession, url: str, username: str, email: str | None = None) -> Answer:
    """Ask for an account."""
    body = {"email": email or f"{username}@example.com", "username": username, "password": PASSWORD}
    return await ask(http, "POST", f"{url}/auth/register", body=body)


async def times(http: aiohttp.ClientSession, server: Server, payer: Fan, payee: Fan, count: int) -> list[float]:
    """The seconds that looks at the server's health take, and tips: so many of each, one after the other."""
    seconds = []
    for _ in range(count):
        looks = ask(http, "GET", f"{server.root}/healthz")
        tips = send(http, server.url, Tip(uuid4().hex, payer, payee.id, 1))
        for asked in (looks, tips):
            began = time.monotonic()
            assert (await asked).status == 200
            seconds.append(time.monotonic() - began)
    return seconds


@asynccontextmanager
async def beside(database_url: str, *, clock: Clock | None = None) -> AsyncIterator[Platform]:
    """The platform in this process, over the data of a server."""
    clock = clock or SystemClock()
    store = make_store(database_url)
    await store.open()
    try:
        gateway = FakeGateway(secret=b"beside", clock=clock)
        passwords = QuickPasswords()
        yield Platform(store=store, clock=clock, ids=SystemIds(), passwords=passwords, gateway=gateway)
    finally:
        await store.close()


def unused(name: str) -> str:
    """A username that begins so, and that nobody has yet."""
    return f"{name}_{uuid4().hex[:8]}"


async def people(database_url: str, *names: str, tokens: int = 0) -> list[Fan]:
    """Signed in people, whose usernames begin so, with so many tokens each."""
    made = []
    async with beside(database_url) as platform:
        for name in names:
            username = unused(name)
            wish = Register(f"{username}@example.com", username, Secret(PASSWORD))
            opened = await platform.execute(wish, by=ANONYMOUS)
            if tokens:
                await platform.execute(CreditWallet(opened.user, tokens), by=Actor.operator())
            made.append(Fan(opened.user, username, opened.token.reveal()))
    return made
