"""A server on a platform in memory, over real sockets, with its clock in the test's hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, web
from attrs import frozen
from multidict import CIMultiDictProxy

from adapters.memory.store import MemoryStore
from entrypoints.http.kit.limits import Limit, LocalLimiter
from entrypoints.http.server import DIALECTS, GuardedRunner, HttpOptions, build_app
from platform_core.identity.access import Login
from platform_core.identity.signing_in import Granted, SignIn
from platform_core.kernel.actor import ANONYMOUS, Role
from support.world import PASSWORD, World

API = "/teezu/api/v1"
GENEROUS = {name: Limit(1_000_000) for name in ("default", "money", "auth", "register", "messages", "uploads")}


@frozen
class Answered:
    """An answer, read whole."""

    status: int
    headers: CIMultiDictProxy[str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def code(self) -> str:
        return str(self.json["code"])


@frozen
class Guest:
    """Somebody with an account and a session."""

    id: str
    token: str


class Served:
    """The server, and a client of it.

    Args:
        speaks: The dialect that `api` speaks, and that guests are signed in with.
    """

    def __init__(
        self, world: World, app: web.Application, url: str, session: ClientSession, speaks: str = "teezu"
    ) -> None:
        self.speaks = speaks
        self.prefix = DIALECTS[speaks].prefix
        self.world = world
        self.app = app
        self.url = url
        self.session = session

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answered:
        """Send a request."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        data = raw
        if isinstance(body, Mapping) and any(isinstance(value, bytes) for value in body.values()):
            data, sent["Content-Type"] = as_form(body)
        elif body is not None:
            data = json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        body_bytes = None if data is None else BytesIO(data)
        async with self.session.request(
            method, self.url + path, data=body_bytes, headers=sent, allow_redirects=False
        ) as response:
            return Answered(response.status, response.headers, await response.read())

    async def api(self, method: str, path: str, body: Any = None, **more: Any) -> Answered:
        """Send a request in the dialect."""
        return await self.ask(method, self.prefix + path, body, **more)

    async def guest(self, name: str, *, tokens: int = 0, role: Role = Role.VIEWER) -> Guest:
        """Somebody new, signed in."""
        person = await self.world.person(name, tokens, role)
        return Guest(person.id, await self.token(name))

    async def token(self, name: str) -> str:
        """A fresh session of somebody."""
        if self.speaks == "veza":
            return (await self.granted(name)).access.reveal()
        opened = await self.world.execute(Login(f"{name}@example.org", PASSWORD), by=ANONYMOUS)
        return opened.token.reveal()

    async def granted(self, name: str) -> Granted:
        """A fresh pair of tokens of somebody."""
        return await self.world.execute(SignIn(f"{name}@example.org", PASSWORD), by=ANONYMOUS)

    async def wire(self, *chunks: bytes) -> bytes:
        """Send bytes as they are, and read until the server closes."""
        host, port = self.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
            return await asyncio.wait_for(reader.read(), 60)
        finally:
            writer.close()


BOUNDARY = "----form-of-the-tests"


def as_form(body: Mapping[str, Any]) -> tuple[bytes, str]:
    """A form with these fields, and its Content-Type. Bytes are a file."""
    parts = b""
    for name, value in body.items():
        parts += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if isinstance(value, bytes):
            parts += b'; filename="upload"\r\nContent-Type: application/octet-stream\r\n\r\n' + value + b"\r\n"
        else:
            text = value if isinstance(value, str) else json.dumps(value)
            parts += f"\r\n\r\n{text}\r\n".encode()
    return parts + f"--{BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={BOUNDARY}"


@asynccontextmanager
async def served(*, world: World | None = None, **options: Any) -> AsyncIterator[Served]:
    """A server with these options. `extend` is given the application, the world and the options before it starts;
    `speaks` names the dialect of the tests.
    """
    extend = options.pop("extend", None)
    speaks = options.pop("speaks", "teezu")
    world = world or World(MemoryStore())
    given: dict[str, Any] = {
        "limits": GENEROUS,
        "limiter": LocalLimiter(now=lambda: world.clock.now().timestamp()),
        "cookie_secure": False,
    }
    configured = HttpOptions(**{**given, **options})
    app = build_app(world, configured)
    if extend is not None:
        extend(app, world, configured)
    runner = GuardedRunner(app, configured, drain_seconds=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        async with ClientSession(cookie_jar=DummyCookieJar()) as session:
            yield Served(world, app, f"http://{host}:{port}", session, speaks)
    finally:
        await runner.cleanup()
