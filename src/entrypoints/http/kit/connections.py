"""What each connection may do: how many, how slow, and the answers that no application gives (HTTP-01, HTTP-02)."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, cast

from aiohttp import hdrs, web

from entrypoints.http.kit.clients import Clients
from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.kit.outside import Outside
from entrypoints.http.kit.plain import PlainResponse
from entrypoints.http.kit.refusals import BROKEN, NO_RESOURCE, NO_VERB, UNREADABLE, Refusal


class Gate(Outside):
    """What the connections of one server share: how many each address holds.

    Args:
        options: How this server is configured.
    """

    def __init__(self, options: HttpOptions) -> None:
        super().__init__(options)
        self.header_seconds = options.header_seconds
        self._most = options.connections_per_ip
        self._clients = Clients(options.trusted_proxies)
        self._held: Counter[str] = Counter()

    def enter(self, peer: str | None) -> str | None:
        """Let a connection in, or not; the name it is counted under, empty for one that is not counted."""
        if self._most <= 0 or peer is None or self._clients.trusts(peer):
            return ""
        name = self._clients.subject(peer, ())
        if self._held[name] >= self._most:
            return None
        self._held[name] += 1
        return name

    def leave(self, name: str) -> None:
        """A connection has ended."""
        self._held[name] -= 1
        if not self._held[name]:
            del self._held[name]


class GuardedConnection(web.RequestHandler):
    """A connection that is watched: aiohttp has no deadline for a head that is sent slowly, and no cap per address."""

    def __init__(self, manager: GuardedServer, *, gate: Gate, loop: asyncio.AbstractEventLoop, **options: Any) -> None:
        super().__init__(manager, loop=loop, **options)
        self._gate = gate
        self._name: str | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection, and expect the head of its first request in time."""
        peer = transport.get_extra_info("peername")
        address = peer[0] if isinstance(peer, tuple) else None
        self._name = self._gate.enter(address)
        super().connection_made(transport)
        if self._name is None:
            cast(asyncio.Transport, transport).abort()
        else:
            self._expect_head()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        if self._name:
            self._gate.leave(self._name)
            self._name = None
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; bytes that do not yet make a whole head begin its deadline."""
        # aiohttp stops listening once the server is told to stop. A request that has begun is heard to its end.
        told = (self._close, self._force_close)
        if self._current_request is not None and self.transport is not None:
            self._close = self._force_close = False
        super().data_received(data)
        self._close, self._force_close = self._close or told[0], self._force_close or told[1]
        if self._messages or self._current_request is not None or self._upgraded:
            if self._deadline is not None:
                self._head_is_here()
        elif self._deadline is None:
            self._expect_head()

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109  # aiohttp's signature
        """End the connection once its request is answered."""
        # aiohttp would wait for one that came in the last moment to send its first head.
        if self._waiter is not None:
            self._waiter.cancel()
        await super().shutdown(timeout)

    def _expect_head(self) -> None:
        self._deadline = self._loop.call_later(self._gate.header_seconds, self._give_up)

    def _head_is_here(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self._current_request is None and not self._messages:
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002  # aiohttp's signature
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  # aiohttp's signature
    ) -> web.StreamResponse:
        """The answer to a request that could not be read, or whose handler failed outside of any dialect."""
        if exc is not None and status >= 500:
            self.log_exception("Error handling request", exc_info=exc)
        response = self._gate.refuse(UNREADABLE if status < 500 else BROKEN)
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer, whoever made it, with the headers that every answer has."""
        answer: object = resp
        if isinstance(answer, PlainResponse):
            if not self._upgraded and answer.fits(request):
                return await self._send(request, answer)
            resp = answer.full()
        if isinstance(resp, web.HTTPException) and resp.status >= 400:
            resp = self._translated(request, resp)
        if isinstance(resp, web.StreamResponse) and not resp.prepared:
            self._gate.complete(request, resp.headers)
        return await super().finish_response(request, resp, start_time)

    async def _send(self, request: web.BaseRequest, resp: PlainResponse) -> tuple[web.StreamResponse, bool]:
        """Send an answer that is whole already."""
        request._finish()  # noqa: SLF001  # as aiohttp does before it sends
        if self.transport is None:
            return cast(web.StreamResponse, resp), True
        self.transport.write(resp.encoded())
        if self._paused:
            # The client reads more slowly than it asks.
            await self._drain_helper()
        return cast(web.StreamResponse, resp), False

    def _translated(self, request: web.BaseRequest, error: web.HTTPException) -> web.Response:
        """An exception of aiohttp's own in our words."""
        if request.method in ("CONNECT", "TRACE") or error.status == 405:
            response = self._gate.refuse(NO_VERB)
            response.headers[hdrs.ALLOW] = error.headers.get(hdrs.ALLOW, "GET, HEAD")
            return response
        if error.status == 404:
            return self._gate.refuse(NO_RESOURCE)
        return self._gate.refuse(Refusal(error.status, error.reason.upper().replace(" ", "_"), error.reason))


class GuardedServer(web.Server):
    """aiohttp's server, making watched connections."""

    def __init__(self, inner: web.Server, gate: Gate, **options: Any) -> None:
        super().__init__(
            inner.request_handler,
            request_factory=inner.request_factory,
            handler_cancellation=inner.handler_cancellation,
        )
        self._gate = gate
        self._options = options

    def __call__(self) -> GuardedConnection:
        """A connection."""
        return GuardedConnection(self, gate=self._gate, loop=self._loop, **self._options)


class GuardedRunner(web.AppRunner):
    """Runs an application on watched connections.

    Args:
        app: What `build_app` made.
        options: How this server is configured.
        drain_seconds: How long requests in flight may take to finish at the end.
    """

    __slots__ = ("_options",)

    def __init__(self, app: web.Application, options: HttpOptions, *, drain_seconds: float = 30.0) -> None:
        super().__init__(app, access_log=None, shutdown_timeout=drain_seconds)
        self._options = options

    async def _make_server(self) -> GuardedServer:
        return GuardedServer(
            await super()._make_server(),
            Gate(self._options),
            access_log=None,
            keepalive_timeout=self._options.keepalive_seconds,
            # A body that nobody reads any more is listened to only briefly, so that the answer is not lost.
            lingering_time=2.0,
            # Compressed bodies are refused, so nothing needs unpacking.
            auto_decompress=False,
        )
