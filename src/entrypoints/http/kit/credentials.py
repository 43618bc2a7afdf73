"""What a request shows to say who sends it."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from attrs import frozen

from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.kit.refusals import FORGED, HttpRefusal
from platform_core.kernel.errors import Unauthenticated

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

#: Names under which clients are tempted to put a token into a URL, where logs and referrers would keep it.
QUERY_NAMES = frozenset(
    """token access_token refresh_token sessiontoken session_token teezu_session authorization
    api_key apikey x-api-key""".split()  # noqa: SIM905  # reads better
)


@frozen
class Credential:
    """A token as it was sent.

    Args:
        token: The text.
        by_cookie: Whether the browser added it by itself, so that the page that asked must be one of ours.
    """

    is_key: ClassVar[bool] = False

    token: str
    by_cookie: bool


@frozen
class KeyCredential(Credential):
    """An API key as it was sent."""

    is_key: ClassVar[bool] = True


@frozen
class Kept:
    """A secret that a browser keeps in a cookie of one operation and sends by itself.

    Args:
        text: The text.
        is_forged: Whether a page of somebody else may have sent it.
    """

    _text: str
    _is_forged: bool

    def take(self) -> str:
        """The text, for an operation that was sent nothing else.

        Raises:
            HttpRefusal: A page of somebody else may have sent it (AUTH-13).
        """
        if self._is_forged:
            raise HttpRefusal(FORGED)
        return self._text


class Credentials:
    """Finding the token in a request. A bearer token wins over the cookie.

    Args:
        cookie: The name of the cookie; None for a dialect without one.
        options: Say which origins are ours.
        key_header: The header for API keys; None for a dialect without them.
    """

    def __init__(self, cookie: str | None, options: HttpOptions, key_header: str | None = None) -> None:
        self._cookie = cookie
        self._key_header = key_header
        self._origins = options.cors_origins | {options.base_url}

    def find(self, request: web.Request) -> Credential | None:
        """The token, or None.

        Raises:
            Unauthenticated: There is one where none may be: in the query, or in another scheme (AUTH-14).
        """
        if request.rel_url.raw_query_string and any(name.lower() in QUERY_NAMES for name in request.query):
            raise Unauthenticated("a token in a URL is not taken; send it in the Authorization header")
        header = request.headers.get(hdrs.AUTHORIZATION)
        if self._key_header is not None and (key := request.headers.get(self._key_header)) is not None:
            if header is not None:
                raise Unauthenticated(f"send `Authorization` or `{self._key_header}`, not both")
            return KeyCredential(key, by_cookie=False)
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
        return credential is not None and credential.by_cookie and self._may_be_forged(request)

    def kept(self, request: web.Request, name: str) -> Kept | None:
        """What the browser keeps in a cookie, or None."""
        if hdrs.COOKIE not in request.headers or not (text := request.cookies.get(name)):
            return None
        return Kept(text, self._may_be_forged(request))

    def _may_be_forged(self, request: web.Request) -> bool:
        if request.method in SAFE:
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
