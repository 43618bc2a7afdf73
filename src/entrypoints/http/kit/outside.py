"""Answers outside of any dialect: pages, webhooks, health, and what no application gets to see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import perf_counter

import msgspec
from aiohttp import hdrs, web
from multidict import CIMultiDict

from entrypoints.http.kit.headers import JSON, REQUEST_ID, host_allowed, request_id, security_headers
from entrypoints.http.kit.options import HttpOptions, Observer
from entrypoints.http.kit.refusals import MISDIRECTED, Refusal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Outside:
    """How this server answers outside of any dialect.

    Args:
        options: How it is configured.
    """

    def __init__(self, options: HttpOptions) -> None:
        self._base = security_headers(options)
        self._hosts = options.allowed_hosts
        self._observer = options.observer

    def complete(self, request: web.BaseRequest, headers: CIMultiDict[str]) -> None:
        """Add to an answer what every answer has, where it has nothing of its own."""
        if REQUEST_ID not in headers:
            headers[REQUEST_ID] = request_id(request)
        for name, value in self._base.items():
            headers.setdefault(name, value)

    def refuse(self, refusal: Refusal) -> web.Response:
        """A refusal."""
        told = {"status": refusal.status, "code": refusal.code, "message": refusal.message}
        headers = CIMultiDict({hdrs.CONTENT_TYPE: JSON, hdrs.CACHE_CONTROL: "no-store"})
        return web.Response(status=refusal.status, body=msgspec.json.encode(told), headers=headers)

    def guarded(self, handler: Handler, name: str | None = None) -> Handler:
        """The handler, for requests to one of our own names only (HTTP-07).

        Args:
            handler: What answers.
            name: The operation its answers are observed as; None when they are not.
        """
        if name is not None and self._observer is not None:
            handler = _observed(handler, name, self._observer)
        if not self._hosts:
            return handler

        async def for_us(request: web.Request) -> web.StreamResponse:
            return await handler(request) if host_allowed(request, self._hosts) else self.refuse(MISDIRECTED)

        return for_us


def _observed(handler: Handler, name: str, observer: Observer) -> Handler:
    async def observed(request: web.Request) -> web.StreamResponse:
        began, status = perf_counter(), 500
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            observer("", name, status, perf_counter() - began)

    return observed
