"""Whether the server lives, and whether it can work."""

from __future__ import annotations

from aiohttp import web

from platform_core.kernel.errors import Unavailable
from platform_core.platform import Platform


def add_health(app: web.Application, platform: Platform) -> None:
    """Answer `/healthz` without looking at anything, and `/readyz` once the store has answered."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        try:
            await platform.store.ping()
        except Unavailable:
            return web.json_response({"status": "unavailable"}, status=503, headers={"Retry-After": "1"})
        return web.json_response({"status": "ok"})

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
