"""Answering whatever comes: every request gets an answer of its dialect, timed if somebody wants to know."""

from __future__ import annotations

from abc import ABC, abstractmethod
from time import perf_counter

from aiohttp import web
from multidict import CIMultiDict

from entrypoints.http.kit.desk import Desk, log
from entrypoints.http.kit.plain import PlainResponse
from entrypoints.http.kit.refusals import BROKEN, HttpRefusal, Refusal
from platform_core.kernel.errors import PlatformError


class Answering(ABC):
    """An operation that answers.

    Args:
        desk: Its dialect's desk.
        id: The operation's id in the document.
    """

    def __init__(self, desk: Desk, id: str) -> None:
        self._desk = desk
        self._id = id

    async def handle(self, request: web.Request) -> PlainResponse:
        """Answer a request, timed if somebody wants to know."""
        observer = self._desk.options.observer
        if observer is None:
            return await self._answer(request)
        began = perf_counter()
        response = await self._answer(request)
        observer(self._desk.dialect.name, self._id, response.status, perf_counter() - began)
        return response

    async def _answer(self, request: web.Request) -> PlainResponse:
        desk = self._desk
        headers = desk.headers(request)
        try:
            return await self._perform(request, headers)
        except PlatformError as error:
            return desk.refuse_platform(error, self._told(error), headers)
        except HttpRefusal as error:
            return desk.refuse_http(error, headers)
        except Exception:  # noqa: BLE001  # whatever it was, the caller is told nothing of it
            # Nothing of the request goes to the log but the operation: the rest may be secret (OPS-02, OPS-03).
            log.exception("%s failed", self._id, extra={"request_id": headers["X-Request-Id"]})
            return desk.refuse(BROKEN, headers)

    @abstractmethod
    async def _perform(self, request: web.Request, headers: CIMultiDict[str]) -> PlainResponse:
        """Do it; the answer if it could be done."""

    @abstractmethod
    def _told(self, error: PlatformError) -> Refusal:
        """The core's refusal, in the words of the wire."""
