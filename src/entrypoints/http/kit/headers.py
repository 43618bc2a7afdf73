"""Headers that go with every answer: security, request id, CORS. Every policy for browsers stands here (HTTP-06)."""

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

CONTENT_POLICY = "Content-Security-Policy"
PERMISSIONS = "Permissions-Policy"

#: Nothing an API answers is ever a page, and neither is a script or a style by itself.
API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#: Swagger UI sets styles on elements and draws small pictures from data; it needs nothing else.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: Everything comes from here, and no text can become code: what writes markup or scripts is refused by the browser. The
#: one named policy of the page makes the address of its worker.
STUDIO_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types studio"
)
#: A form and its style.
PAYMENT_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
#: A file is never a page: no script of it runs, and it loads nothing (FILE-04).
MEDIA_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox"
)

#: What no page of ours asks of a device. Browsers complain of names they do not know, so only old ones are here.
_DEVICES = ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "microphone", "payment", "usb")


def _permissions(*own: str) -> str:
    return ", ".join(f"{name}=({'self' if name in own else ''})" for name in _DEVICES)


NO_DEVICES = _permissions()
#: The studio sends what its camera sees, and no sound.
STUDIO_DEVICES = _permissions("camera")

EXPOSED = (
    "X-Request-Id, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, Idempotent-Replayed, "
    "Content-Disposition"
)
ASKED = "Authorization, Content-Type, Idempotency-Key, X-API-Key, X-Request-Id"


def security_headers(options: HttpOptions) -> CIMultiDict[str]:
    """The headers of every answer, for copying (HTTP-06)."""
    headers = CIMultiDict(
        {
            "Server": "platform-core",  # aiohttp would tell its version and Python's.
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            CONTENT_POLICY: API_POLICY,
            PERMISSIONS: NO_DEVICES,
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
