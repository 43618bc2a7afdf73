"""The server: dialects, health, documentation and payment pages in one aiohttp application."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from aiohttp import web

from entrypoints.http.kit.options import HttpOptions
from platform_core.platform import Platform

__all__ = ["HttpOptions", "build_app", "openapi", "serve"]


def build_app(platform: Platform, options: HttpOptions) -> web.Application:
    """The application, ready to be served.

    Args:
        platform: What is served.
        options: How.

    Raises:
        TypeError: A row names a command that the platform does not have, or that says nowhere who may run it.
    """
    raise NotImplementedError


def openapi(dialect: str) -> dict[str, object]:
    """The OpenAPI 3.1 document of a dialect, such as `teezu`.

    Raises:
        KeyError: There is no such dialect.
    """
    raise NotImplementedError


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
    raise NotImplementedError
