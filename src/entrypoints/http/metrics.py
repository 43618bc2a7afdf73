"""`/metrics`: the figures of this server, for whoever collects them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import hdrs, web

from entrypoints.http.kit.legacy import Legacy
from entrypoints.http.kit.operators import Operators
from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.kit.outside import Handler, Outside
from entrypoints.http.kit.refusals import HttpRefusal
from entrypoints.metrics.page import CONTENT_TYPE

PATH = "/metrics"


def add_metrics(app: web.Application, options: HttpOptions, outside: Outside, legacy: Legacy | None) -> None:
    """Serve the page, if there is one.

    Args:
        app: Where.
        options: What writes the page, and who may see it.
        outside: How this server answers outside of any dialect.
        legacy: The dialect at the root, if its document calls the path there a legacy one.
    """
    if options.metrics is None:
        return
    show = _page(options.metrics, Operators(options), outside)
    if legacy is None:
        places: Sequence[tuple[str, Handler]] = [(PATH, show)]
    else:
        places = [(legacy.successor(PATH), show), (PATH, legacy.announced(show, PATH))]
    for path, handler in places:
        app.router.add_route("*", path, outside.guarded(handler, "metrics"))


def _page(write: Callable[[], Awaitable[bytes]], operators: Operators, outside: Outside) -> Handler:
    async def metrics(request: web.Request) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD"):
            raise web.HTTPMethodNotAllowed(request.method, ("GET", "HEAD"))
        try:
            operators.check(request.headers)
        except HttpRefusal as error:
            refused = outside.refuse(error.refusal)
            refused.headers.update(error.headers)
            return refused
        headers = {hdrs.CONTENT_TYPE: CONTENT_TYPE, hdrs.CACHE_CONTROL: "no-store"}
        return web.Response(body=await write(), headers=headers)

    return metrics
