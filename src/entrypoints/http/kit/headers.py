"""Headers that go with every answer: security, request id, CORS."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from aiohttp import hdrs, web
from multidict import CIMultiDict

from entrypoints.http.kit.options import HttpOptions

REQUEST_ID = "X-Request-Id"
JSON = "application/json"

_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

#: Nothing an API answers is ever a page.
API_POLICY = "default-src 'none'; frame-ancestors 'none'"

EXPOSED = "X-Request-Id, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, Idempotent-Replayed"
ASKED = "Authorization, Content-Type, Idempotency-Key, X-API-Key, X-Request-Id"


def security_headers(options: HttpOptions) -> CIMultiDict[str]:
    """The headers of every answer, for copying (HTTP-06)."""
    headers = CIMultiDict(
        {
            "Server": "platform-core",  # aiohttp would tell its version and Python's.
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Content-Security-Policy": API_POLICY,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-site",
        }
    )
    if options.production:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return headers


def request_id(request: web.BaseRequest) -> str:
    """The client's id for the request if it is harmless, else a new one (HTTP-03)."""
    given = request.headers.get(REQUEST_ID)
    if given is not None and _ACCEPTED_ID.fullmatch(given) is not None:
        return given
    return "req_" + secrets.token_hex(12)


class Cors:
    """Which pages of other origins may read the answers (HTTP-04).

    Args:
        options: Names the origins; each is compared whole.
    """

    def __init__(self, options: HttpOptions) -> None:
        self._origins = options.cors_origins
        self.used = bool(options.cors_origins)

    def add(self, headers: CIMultiDict[str], origin: str | None) -> None:
        """Let the page read this answer, if it may."""
        headers.add(hdrs.VARY, hdrs.ORIGIN)
        if origin in self._origins:
            headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
            headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
            headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = EXPOSED

    def preflight(self, headers: Mapping[str, str], allow: str) -> dict[str, str]:
        """What a page is told before it sends a request that is not simple."""
        if headers.get(hdrs.ORIGIN) not in self._origins:
            return {}
        return {
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: allow,
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: ASKED,
            hdrs.ACCESS_CONTROL_MAX_AGE: "600",
        }


def host_allowed(request: web.BaseRequest, allowed: frozenset[str]) -> bool:
    """Whether the request names this server as it may be named (HTTP-07)."""
    if not allowed:
        return True
    host = request.headers.get(hdrs.HOST, "").lower()
    name = host.rpartition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return name in allowed
