"""The front desk of a dialect: what every request meets there, whichever operation it is for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import msgspec
from aiohttp import hdrs, web
from multidict import CIMultiDict

from entrypoints.http.kit.clients import Clients
from entrypoints.http.kit.credentials import Credentials
from entrypoints.http.kit.cursors import Cursors
from entrypoints.http.kit.dialect import Dialect
from entrypoints.http.kit.headers import JSON, REQUEST_ID, Cors, host_allowed, request_id, security_headers
from entrypoints.http.kit.limits import Allowance
from entrypoints.http.kit.operators import Operators
from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.kit.plain import PlainResponse
from entrypoints.http.kit.refusals import LIMITED, MISDIRECTED, HttpRefusal, Refusal
from platform_core.kernel.actor import Actor, Via
from platform_core.kernel.errors import Kind, PlatformError, Uncertain

log = logging.getLogger("platform_core.http")

_PASSING = (Kind.RATE_LIMITED, Kind.UNAVAILABLE)


class Desk:
    """What the endpoints of one dialect share.

    Args:
        dialect: The dialect.
        options: How this server is configured.
    """

    def __init__(self, dialect: Dialect, options: HttpOptions) -> None:
        self.dialect = dialect
        self.options = options
        self.credentials = Credentials(options.cookie_name if dialect.cookie else None, options, dialect.key_header)
        self.encode = msgspec.json.Encoder().encode
        self.encode_answer = self.encode if dialect.envelope is None else _within(dialect.envelope, self.encode)
        self.cursors = Cursors(options.cursor_key)
        self.operators = Operators(options)
        self._clients = Clients(options.trusted_proxies)
        self._cors = Cors(options)
        self._limiter = options.limiter
        self._hosts = options.allowed_hosts
        self._base = security_headers(options)
        self._base[hdrs.CACHE_CONTROL] = "no-store"
        self._base[hdrs.CONTENT_TYPE] = JSON

    def headers(self, request: web.Request) -> CIMultiDict[str]:
        """The headers that the answer to this request will have in any case."""
        headers = self._base.copy()
        headers[REQUEST_ID] = request_id(request)
        if self._cors.used:
            self._cors.add(headers, request.headers.get(hdrs.ORIGIN))
        return headers

    def check_host(self, request: web.Request) -> None:
        """Answer to our own names only.

        Raises:
            HttpRefusal: The request is for somebody else.
        """
        if self._hosts and not host_allowed(request, self._hosts):
            raise HttpRefusal(MISDIRECTED)

    async def count(self, request: web.Request, group: str, actor: Actor | None, headers: CIMultiDict[str]) -> None:
        """Count the request, for the user or else for the address, and tell in the headers where that leaves them.

        Raises:
            HttpRefusal: It is one too many.
            Unavailable: It cannot be counted.
        """
        subject = self.client(request) if actor is None or actor.via is Via.NOBODY else actor.id
        allowance = await self._limiter.hit(group, self.options.limits[group], subject)
        _tell(allowance, headers)
        if allowance.wait:
            raise HttpRefusal(LIMITED, {hdrs.RETRY_AFTER: str(allowance.wait)})

    def client(self, request: web.Request) -> str:
        """A name for the client's address."""
        return self._clients.subject(request.remote, request.headers.getall("X-Forwarded-For", ()))

    def refuse(self, refusal: Refusal, headers: CIMultiDict[str]) -> PlainResponse:
        """A refusal in the dialect's own shape."""
        if refusal.status == 401:
            headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
        body = self.encode(self.dialect.show_refusal(refusal))
        return PlainResponse(refusal.status, headers, body)

    def refuse_http(self, error: HttpRefusal, headers: CIMultiDict[str]) -> PlainResponse:
        """A refusal of HTTP itself."""
        headers.update(error.headers)
        response = self.refuse(error.refusal, headers)
        if error.close:
            response.closes = True
        return response

    def refuse_platform(self, error: PlatformError, refusal: Refusal, headers: CIMultiDict[str]) -> PlainResponse:
        """A refusal of the core, already in wire names."""
        if error.kind in _PASSING and not isinstance(error, Uncertain):
            headers[hdrs.RETRY_AFTER] = str(error.retry_after or 1)
        if error.replayed:
            headers["Idempotent-Replayed"] = "true"
        return self.refuse(refusal, headers)

    async def turn_away(self, request: web.Request, refusal: Refusal, extra: dict[str, str]) -> PlainResponse:
        """Answer a request that is for no operation."""
        began = perf_counter()
        response = await self._turn_away(request, refusal, extra)
        if self.options.observer is not None:
            self.options.observer(self.dialect.name, "", response.status, perf_counter() - began)
        return response

    async def _turn_away(self, request: web.Request, refusal: Refusal, extra: dict[str, str]) -> PlainResponse:
        headers = self.headers(request)
        try:
            self.check_host(request)
            await self.count(request, "default", None, headers)
        except HttpRefusal as error:
            return self.refuse_http(error, headers)
        headers.update(extra)
        return self.refuse(refusal, headers)

    async def preflight(self, request: web.Request, allow: str) -> PlainResponse:
        """Answer OPTIONS."""
        headers = self.headers(request)
        try:
            self.check_host(request)
            await self.count(request, "default", None, headers)
        except HttpRefusal as error:
            return self.refuse_http(error, headers)
        headers[hdrs.ALLOW] = allow
        headers.update(self._cors.preflight(request.headers, allow))
        del headers[hdrs.CONTENT_TYPE]
        return PlainResponse(204, headers, None)


def _within(envelope: Callable[[Any], Mapping[str, Any]], encode: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    return lambda answer: encode(envelope(answer))


def _tell(allowance: Allowance, headers: CIMultiDict[str]) -> None:
    headers["X-RateLimit-Limit"] = str(allowance.limit)
    headers["X-RateLimit-Remaining"] = str(allowance.remaining)
    headers["X-RateLimit-Reset"] = str(allowance.reset)
