"""The server: dialects, health, documentation and payment pages in one aiohttp application."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Sequence
from typing import cast

from aiohttp import web

from entrypoints.http.health import add_health
from entrypoints.http.kit.connections import GuardedRunner
from entrypoints.http.kit.desk import Desk
from entrypoints.http.kit.dialect import Dialect
from entrypoints.http.kit.endpoint import Endpoint
from entrypoints.http.kit.hook_endpoint import HookEndpoint
from entrypoints.http.kit.legacy import Legacy
from entrypoints.http.kit.openapi import document
from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.kit.outside import Handler, Outside
from entrypoints.http.kit.routing import Mount
from entrypoints.http.media import add_media
from entrypoints.http.metrics import add_metrics
from entrypoints.http.pages import add_docs, add_static
from entrypoints.http.payments import add_payments
from entrypoints.http.studio import add_studio
from entrypoints.http.teezu.dialect import TEEZU
from entrypoints.http.veza.dialect import VEZA
from platform_core.platform import Platform

__all__ = ["DIALECTS", "GuardedRunner", "HttpOptions", "build_app", "loop_factory", "openapi", "serve"]

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (TEEZU, VEZA)}

#: What is observed outside of any dialect.
OUTSIDE = ("docs", "media", "metrics", "payment_page", "static", "studio", "take_webhook")

OPTIONS: web.AppKey[HttpOptions] = web.AppKey("options", HttpOptions)


def build_app(platform: Platform, options: HttpOptions) -> web.Application:
    """The application, ready to be served.

    Args:
        platform: What is served.
        options: How.

    Raises:
        TypeError: A row names a command that the platform does not have, or that says nowhere who may run it.
        KeyError: `root_api` names no dialect.
    """
    app = web.Application(client_max_size=options.max_body)
    app[OPTIONS] = options
    dialects = [DIALECTS[options.root_api]] if options.root_api else list(DIALECTS.values())
    for dialect in dialects:
        mount(app, dialect, platform, options)
    outside = Outside(options)
    legacy = DIALECTS[options.root_api].legacy if options.root_api else None
    if legacy is None:
        statuses = ("/teezu/api/status", *(("/api/status",) if options.root_api == TEEZU.name else ()))
        add_health(app, platform, *(statuses if TEEZU in dialects else ()))
    add_metrics(app, options, outside, legacy)
    add_static(app, outside)
    if options.docs:
        add_docs(app, dialects, options, outside)
    add_payments(app, platform, options, outside)
    add_media(app, platform, outside)
    if TEEZU in dialects:
        add_studio(app, TEEZU, platform.catalogue, outside)
    return app


def mount(app: web.Application, dialect: Dialect, platform: Platform, options: HttpOptions) -> None:
    """Add a dialect, at the root too if it is the one that is served there.

    Raises:
        TypeError: A row of it does not fit the platform.
    """
    desk = Desk(dialect, options)
    who = dialect.doorkeeping(platform)
    whose_key = None if dialect.key_doorkeeping is None else dialect.key_doorkeeping(platform)
    endpoints = [Endpoint(row, desk, platform, who, whose_key) for row in dialect.rows]
    every: tuple[Endpoint | HookEndpoint, ...] = (
        *endpoints,
        *(HookEndpoint(hook, desk, platform) for hook in dialect.hooks),
    )
    app.router.register_resource(Mount(dialect.prefix, desk, every))
    if options.root_api == dialect.name:
        app.router.register_resource(Mount(dialect.root, desk, every))
        if dialect.legacy is not None:
            add_legacy(app, dialect.legacy, endpoints)


def add_legacy(app: web.Application, legacy: Legacy, endpoints: Sequence[Endpoint]) -> None:
    """Serve a dialect's old addresses: the same operations, by the same decisions (HTTP-09)."""
    for endpoint in endpoints:
        path = endpoint.row.path
        if path in legacy.paths and endpoint.row.method == "GET":
            # Our own connection sends what an endpoint answers; to aiohttp it passes for a response.
            app.router.add_get(path, legacy.announced(cast(Handler, endpoint.handle), path))


def operations() -> list[tuple[str, str]]:
    """Every operation there is: its dialect and its id, which is empty for requests that are for none of them."""
    inside = [
        (name, id)
        for name, dialect in DIALECTS.items()
        for id in (*(row.id for row in dialect.rows), *(hook.id for hook in dialect.hooks), "")
    ]
    return inside + [("", name) for name in OUTSIDE]


def openapi(dialect: str) -> dict[str, object]:
    """The OpenAPI 3.1 document of a dialect, such as `teezu`.

    Raises:
        KeyError: There is no such dialect.
    """
    return document(DIALECTS[dialect])


async def serve(
    app: web.Application,
    *,
    host: str | None = "127.0.0.1",
    port: int = 8080,
    sockets: Sequence[socket.socket] = (),
    reuse_port: bool = False,
    stop: asyncio.Event | None = None,
    started: asyncio.Future[list[str]] | None = None,
    drain_seconds: float = 30.0,
) -> None:
    """Serve until told to stop; then take no more, finish what was begun, and let go.

    Args:
        app: What `build_app` made.
        host: The address to listen on; None for all. Not used with `sockets`.
        port: The port; 0 for a free one.
        sockets: Listening sockets to serve on instead.
        reuse_port: Let several processes share the port.
        stop: Set from outside to end; without it SIGINT and SIGTERM do.
        started: Given the URLs that are served, once they are.
        drain_seconds: How long requests in flight may take to finish.
    """
    runner = GuardedRunner(app, app[OPTIONS], drain_seconds=drain_seconds)
    await runner.setup()
    try:
        sites: list[web.BaseSite] = [web.SockSite(runner, sock, backlog=1024) for sock in sockets]
        if not sites:
            sites.append(web.TCPSite(runner, host, port, reuse_port=reuse_port or None, backlog=1024))
        for site in sites:
            await site.start()
        if started is not None:
            started.set_result([_url(address) for address in runner.addresses])
        await (_signalled() if stop is None else stop.wait())
    finally:
        await runner.cleanup()


def _url(address: object) -> str:
    if not isinstance(address, tuple):
        return f"unix:{address}"
    host, port = address[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _signalled() -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        await stop.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's loop for `asyncio.Runner(loop_factory=...)` where uvloop is installed, else None for asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
