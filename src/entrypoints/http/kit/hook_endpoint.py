"""A hook at work: from a message to an answer."""

from __future__ import annotations

from time import perf_counter

from aiohttp import web

from entrypoints.http.kit.desk import Desk, log
from entrypoints.http.kit.hooks import Hook, keep_message
from entrypoints.http.kit.plain import PlainResponse
from entrypoints.http.kit.refusals import BROKEN, NO_RESOURCE, HttpRefusal, translated
from platform_core.kernel.errors import PlatformError
from platform_core.platform import Platform


class HookEndpoint:
    """One hook, ready to answer.

    Args:
        hook: The operation.
        desk: Its dialect's desk.
        platform: Who keeps the messages.
    """

    def __init__(self, hook: Hook, desk: Desk, platform: Platform) -> None:
        self.row = hook
        self._desk = desk
        self._platform = platform

    async def handle(self, request: web.Request) -> PlainResponse:
        """Answer a request, timed if somebody wants to know."""
        observer = self._desk.options.observer
        if observer is None:
            return await self._answer(request)
        began = perf_counter()
        response = await self._answer(request)
        observer(self._desk.dialect.name, self.row.id, response.status, perf_counter() - began)
        return response

    async def _answer(self, request: web.Request) -> PlainResponse:
        desk, headers = self._desk, self._desk.headers(request)
        try:
            desk.check_host(request)
            await self._keep(request)
        except PlatformError as error:
            return desk.refuse_platform(error, translated(error, desk.dialect.statuses, {}), headers)
        except HttpRefusal as error:
            return desk.refuse_http(error, headers)
        except Exception:  # noqa: BLE001  # whatever it was, the caller is told nothing of it
            log.exception("%s failed", self.row.id, extra={"request_id": headers["X-Request-Id"]})
            return desk.refuse(BROKEN, headers)
        return PlainResponse(self.row.status, headers, desk.encode_answer(self.row.answer))

    async def _keep(self, request: web.Request) -> None:
        if self.row.sender not in self._platform.readers.readers:
            raise HttpRefusal(NO_RESOURCE)
        seconds = self._desk.options.body_seconds
        await keep_message(self._platform, request, sender=self.row.sender, seconds=seconds)
