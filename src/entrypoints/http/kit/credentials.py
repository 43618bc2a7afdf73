"""What a request shows to say who sends it."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import hdrs, web
from attrs import frozen

from entrypoints.http.kit.options import HttpOptions
from platform_core.kernel.errors import Unauthenticated

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

#: Names under which clients are tempted to put a token into a URL, where logs and referrers would keep it.
QUERY_NAMES = frozenset({"token", "access_token", "sessiontoken", "session_token", "teezu_session", "authorization"})


@frozen
class Credential:
    """A token as it was sent.

    Args:
        token: The text.
        by_cookie: Whether the browser added it by itself, so that the page that asked must be one of ours.
    """

    token: str
    by_cookie: bool


class Credentials:
    """Finding the token in a request. A bearer token wins over the cookie.

    Args:
        cookie: The name of the cookie; None for a dialect without one.
        options: Say which origins are ours.
    """

    def __init__(self, cookie: str | None, options: HttpOptions) -> None:
        self._cookie = cookie
        self._origins = options.cors_origins | {options.base_url}

    def find(self, request: web.Request) -> Credential | None:
        """The token, or None.

        Raises:
            Unauthenticated: There is one where none may be: in the query, or in another scheme (AUTH-14).
        """
        if request.rel_url.raw_query_string and any(name.lower() in QUERY_NAMES for name in request.query):
            raise Unauthenticated("a token in a URL is not taken; send it in the Authorization header")
        header = request.headers.get(hdrs.AUTHORIZATION)
        if header is not None:
            scheme, _, token = header.partition(" ")
            if scheme.lower() != "bearer" or not token.isascii() or not token.strip():
                raise Unauthenticated("send `Authorization: Bearer <token>`")
            return Credential(token.strip(), by_cookie=False)
        if self._cookie is not None and hdrs.COOKIE in request.headers:
            cookie = request.cookies.get(self._cookie)
            if cookie:
                return Credential(cookie, by_cookie=True)
        return None

    def is_forged(self, request: web.Request, credential: Credential | None) -> bool:
        """Whether a page of somebody else may have sent this with the user's cookie (AUTH-13)."""
        if credential is None or not credential.by_cookie or request.method in SAFE:
            return False
        if hdrs.ORIGIN in request.headers:
            return self.is_foreign(request)
        return request.headers.get("Sec-Fetch-Site") != "same-origin"

    def is_foreign(self, request: web.Request) -> bool:
        """Whether the page that asks is one of somebody else; a program is no page (CHAT-01)."""
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None or origin in self._origins:
            return False
        return urlsplit(origin).netloc != request.headers.get(hdrs.HOST)
