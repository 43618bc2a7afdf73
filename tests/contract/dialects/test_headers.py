"""The headers that guard browsers, on every answer of every route: HTTP-05, HTTP-06."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import pytest
from aiohttp import web
from aiohttp.web_urldispatcher import Resource

from adapters.fanout.memory import LocalFanout
from contract.dialects.rows import NAMES, ROWS, allowed
from entrypoints.http.kit.headers import API_POLICY, DOCS_POLICY, NO_DEVICES, PAYMENT_POLICY, STUDIO_POLICY
from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.kit.rows import Row
from entrypoints.http.server import DIALECTS
from entrypoints.realtime.door import add_realtime
from support.world import World
from unit.http.served import Answered, Served, served

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-site",
    "Server": "platform-core",
}


def assert_guarded(answer: Answered, *, production: bool = False) -> None:
    """Assert that an answer has what every answer has, once."""
    headers = answer.headers
    assert {name: headers.getall(name, []) for name in ALWAYS} == {name: [value] for name, value in ALWAYS.items()}
    [policy] = headers.getall("Content-Security-Policy")
    for told in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert told in policy
    [devices] = headers.getall("Permissions-Policy")
    assert "microphone=()" in devices
    assert "X-Request-Id" in headers
    assert ("Strict-Transport-Security" in headers) == production


async def nothing() -> bytes:
    """A page of figures without any."""
    return b""


def with_realtime(app: web.Application, world: World, options: HttpOptions) -> None:
    add_realtime(app, world, options, LocalFanout())


@pytest.fixture
async def server(world: World, speaks: str) -> AsyncIterator[Served]:
    """A server with everything it can serve."""
    async with served(world=world, speaks=speaks, metrics=nothing, extend=with_realtime) as running:
        yield running


@pytest.mark.parametrize(("speaks", "row"), ROWS, ids=NAMES)
async def test_every_answer_of_an_operation_is_guarded_and_none_is_kept(server: Served, row: Row) -> None:
    path, body, caller = await allowed(server, row)
    answers = {
        "success": await server.api(row.method, path, body or None, token=caller.token),
        "refused": await server.api(row.method, path, {"stray": 1}, token="unknown"),
        "unknown": await server.api(row.method, f"{path}/nowhere/at/all", token=caller.token),
        "wrong verb": await server.api("TRACE", path, token=caller.token),
        "preflight": await server.api("OPTIONS", path),
    }

    assert answers["success"].status == row.status
    if not row.forgives_token:
        assert answers["refused"].status == 401
    assert answers["unknown"].status == 404
    assert answers["wrong verb"].status == 405
    for answer in answers.values():
        assert_guarded(answer)
        assert answer.headers["Content-Security-Policy"] == API_POLICY
        assert answer.headers["Permissions-Policy"] == NO_DEVICES
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("root_api", "production"), list(product([None, *DIALECTS], [False, True])))
async def test_every_other_route_is_guarded_whatever_is_asked_of_it(root_api: str | None, *, production: bool) -> None:
    options: dict[str, Any] = {
        "root_api": root_api,
        "production": production,
        "metrics": nothing,
        "extend": with_realtime,
    }
    async with served(**options) as server:
        paths = [resource.canonical for resource in server.app.router.resources() if isinstance(resource, Resource)]
        assert {"/metrics", "/healthz", "/readyz", "/socket.io/", "/pay/{token}"} <= set(paths)
        paths += ["/", "/nowhere", "/static/nowhere", "/studio/nowhere", "//", "/%00", "/healthz/"]

        for path in paths:
            filled = path.replace("{token}", "cs_1").replace("{provider}", "fake").replace("{key}", "a/b.png")
            for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
                assert_guarded(await server.ask(method, filled), production=production)
        raw = await server.wire(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
        assert b" 400 Bad Request\r\n" in raw
        for name, value in ALWAYS.items():
            assert f"\r\n{name}: {value}\r\n".encode() in raw


async def test_pages_have_the_policy_of_their_kind() -> None:
    policies = {"/docs/teezu": DOCS_POLICY, "/docs/veza": DOCS_POLICY, "/studio": STUDIO_POLICY, "/metrics": API_POLICY}
    policies |= {"/pay/unknown": PAYMENT_POLICY, "/static/docs.js": API_POLICY, "/teezu/openapi.json": API_POLICY}
    async with served() as server:
        for path, policy in policies.items():
            assert (await server.ask("GET", path)).headers["Content-Security-Policy"] == policy


async def test_another_name_too_large_a_body_and_a_handshake_are_guarded() -> None:
    async with served(allowed_hosts=["here.example"], max_body=1024) as server:
        misdirected = await server.ask("GET", "/docs/teezu")
        headers = {"Host": "here.example", "Content-Type": "application/json"}
        too_large = await server.api("POST", "/auth/login", raw=b" " * 2000, headers=headers)
    assert (misdirected.status, too_large.status) == (421, 413)
    assert_guarded(misdirected)
    assert_guarded(too_large)

    async with served(extend=with_realtime) as server:
        url = f"{server.url}/socket.io/?EIO=4&transport=websocket"
        async with server.session.ws_connect(url) as socket:
            handshake = socket._response
            assert_guarded(Answered(handshake.status, handshake.headers, b""))
