"""Old addresses of a dialect at the root of the server: the same operations, announced as going away (HTTP-09)."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime

from aiohttp import web
from attrs import frozen

from entrypoints.http.kit.outside import Handler


@frozen
class Legacy:
    """The old addresses.

    Args:
        root: The prefix at which the same paths are meant to be asked for.
        since: From when on nobody should begin to use them.
        until: When they may stop answering.
        paths: The paths of the dialect's rows that are also at the root.
    """

    root: str
    since: datetime
    until: datetime
    paths: tuple[str, ...]

    def successor(self, path: str) -> str:
        """Where to ask instead."""
        return self.root + path

    def announced(self, handler: Handler, path: str) -> Handler:
        """The handler, whose every answer says that its address goes away, and where to ask instead.

        `Deprecation` is as in RFC 9745, `Sunset` as in RFC 8594.
        """
        told = {
            "Deprecation": f"@{int(self.since.timestamp())}",
            "Sunset": format_datetime(self.until, usegmt=True),
            "Link": f'<{self.successor(path)}>; rel="successor-version"',
        }

        async def old_address(request: web.Request) -> web.StreamResponse:
            try:
                response = await handler(request)
            except web.HTTPException as error:
                error.headers.update(told)
                raise
            response.headers.update(told)
            return response

        return old_address
