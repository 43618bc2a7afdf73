"""A hook at work: from a message to an answer."""

from __future__ import annotations

from aiohttp import web
from multidict import CIMultiDict

from entrypoints.http.kit.answering import Answering
from entrypoints.http.kit.desk import Desk
from entrypoints.http.kit.hooks import Hook, keep_message
from entrypoints.http.kit.plain import PlainResponse
from entrypoints.http.kit.refusals import NO_RESOURCE, HttpRefusal, Refusal, translated
from platform_core.kernel.errors import PlatformError
from platform_core.platform import Platform


class HookEndpoint(Answering):
    """One hook, ready to answer.

    Args:
        hook: The operation.
        desk: Its dialect's desk.
        platform: Who keeps the messages.
    """

    def __init__(self, hook: Hook, desk: Desk, platform: Platform) -> None:
        super().__init__(desk, hook.id)
        self.row = hook
        self._platform = platform

    async def _perform(self, request: web.Request, headers: CIMultiDict[str]) -> PlainResponse:
        self._desk.check_host(request)
        await self._keep(request)
        return PlainResponse(self.row.status, headers, self._desk.encode_answer(self.row.answer))

    def _told(self, error: PlatformError) -> Refusal:
        return translated(error, self._desk.dialect.statuses, {})

    async def _keep(self, request: web.Request) -> None:
        if self.row.sender not in self._platform.readers.readers:
            raise HttpRefusal(NO_RESOURCE)
        seconds = self._desk.options.body_seconds
        await keep_message(self._platform, request, sender=self.row.sender, seconds=seconds)
