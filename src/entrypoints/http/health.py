"""Whether the server lives, and whether it can work."""

from __future__ import annotations

import asyncio

from aiohttp import web

from platform_core.kernel.errors import Unavailable
from platform_core.platform import Platform

#: Seconds for which an answer of the store is good.
FRESH = 1.0


def add_health(app: web.Application, platform: Platform, *also: str) -> None:
    """Answer `/healthz` without looking at anything, and `/readyz` once the store has answered.

    They are the server's own, whichever API it serves; a dialect whose document has them at the root brings its own.
    """

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    asked: asyncio.Future[None] | None = None
    until = 0.0

    async def ready() -> None:
        # The store is asked once a second at most, however many ask us.
        nonlocal asked, until
        loop = asyncio.get_running_loop()
        if asked is None or (asked.done() and loop.time() >= until):
            asked, until = asyncio.ensure_future(platform.store.ping()), loop.time() + FRESH
        await asyncio.shield(asked)

    async def readyz(_: web.Request) -> web.Response:
        try:
            await ready()
        except Unavailable:
            return web.json_response({"status": "unavailable"}, status=503, headers={"Retry-After": "1"})
        return web.json_response({"status": "ok"})

    # Whoever looks after machines asks by their address: no name is asked for.
    app.router.add_get("/healthz", healthz)
    # Further addresses are those that documents give it.
    for path in ("/readyz", *also):
        app.router.add_get(path, readyz)
