"""An answer that is whole already: head and body go out in one write.

Nearly every answer of an API is one. aiohttp's own response would look for compression, chunks and cookies first, which
takes a good part of a short request.
"""

from __future__ import annotations

import time
from http import HTTPStatus

from aiohttp import HttpVersion11, web
from aiohttp.helpers import rfc822_formatted_time
from multidict import CIMultiDict

_REASONS = {int(status): status.phrase for status in HTTPStatus}


class PlainResponse:
    """A status, headers and a body.

    Args:
        status: The status.
        headers: All headers but Content-Length and Date.
        body: The body; None for a status that has none.
    """

    __slots__ = ("_full", "body", "closes", "headers", "status")

    keep_alive = True

    def __init__(self, status: int, headers: CIMultiDict[str], body: bytes | None) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.closes = False
        self._full: web.Response | None = None

    def fits(self, request: web.BaseRequest) -> bool:
        """Whether it can go out as it is: to one who keeps an HTTP/1.1 connection and wants the body."""
        return not self.closes and request.version == HttpVersion11 and request.keep_alive and request.method != "HEAD"

    def encoded(self) -> bytes:
        """Head and body, as they go over the wire."""
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, '')}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        body = self.body
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        lines.append(f"Date: {_date()}\r\n\r\n")
        head = "\r\n".join(lines)
        if head.count("\n") != len(lines) + 1:
            raise ValueError("a header value has a line break")
        return head.encode("utf-8") + (body or b"")

    def full(self) -> web.Response:
        """The same as aiohttp's own response."""
        response = web.Response(status=self.status, headers=self.headers, body=self.body)
        if self.closes:
            response.force_close()
        return response

    # ---- what aiohttp's own connections ask of a response

    async def prepare(self, request: web.BaseRequest) -> object:
        """Send the head."""
        self._full = self.full()
        return await self._full.prepare(request)

    async def write_eof(self) -> None:
        """Send the body."""
        if self._full is not None:
            await self._full.write_eof()


_second = 0
_text = ""


def _date() -> str:
    global _second, _text  # one text a second, for everybody
    now = int(time.time())
    if now != _second:
        _second, _text = now, rfc822_formatted_time()
    return _text
