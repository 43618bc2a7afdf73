"""Everything the HTTP side is configured by."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping

from attrs import field, frozen

from entrypoints.http.kit.limits import Limit, Limiter, LocalLimiter

#: Called once for each answer: the dialect (empty outside of any), the operation's id, the status, the seconds it took.
Observer = Callable[[str, str, int, float], None]


def _names(given: Iterable[str]) -> frozenset[str]:
    return frozenset(given)


def _limits() -> Mapping[str, Limit]:
    return {
        "default": Limit(100),
        "money": Limit(100),
        "auth": Limit(20),
        "register": Limit(5),
        "messages": Limit(5, 10),
        "uploads": Limit(10),
    }


def _made_up() -> bytes:
    return secrets.token_bytes(32)


@frozen(kw_only=True)
class HttpOptions:
    """What the HTTP side is told from outside.

    Args:
        root_api: The dialect that is also served at the root, at the paths its document writes; None for none.
        base_url: Where clients reach this server, without a trailing slash: for links and for comparing origins.
        allowed_hosts: The names this server answers to, in lower case and without port; empty for any (HTTP-07).
        cors_origins: The web origins, such as `https://app.example`, whose pages may call (HTTP-04).
        trusted_proxies: Addresses and networks whose `X-Forwarded-For` is believed (RATE-01).
        cookie_name: How the session cookie is called.
        cookie_secure: Whether the session cookie is for HTTPS only.
        production: Whether this is a server for real users; turns HSTS on.
        docs: Whether the documentation pages and the OpenAPI documents are served.
        require_idempotency_key: Whether an operation that changes something must come with an `Idempotency-Key`.
        limits: The classes of rate limits; rows name them. `default`, `money`, `auth`, `register`,
            `messages` and `uploads` must be there.
        limiter: Who counts.
        cursor_key: Secret bytes that sign the cursors of lists; one made up for this process when not given.
        max_body: The largest body without files, in bytes (IN-03).
        header_seconds: How long a client may take to send a request's head (HTTP-02).
        body_seconds: How long it may take to send a body before it must keep a pace of 1 KiB/s.
        keepalive_seconds: How long an idle connection is kept.
        connections_per_ip: How many connections one address may hold; trusted proxies may hold any number.
        observer: Told of each answer, when given.
        metrics: Writes the page of figures that operators' tools collect; there is none when None.
        operators_token: What operators send to see figures and the deep health check. Without it everybody may in
            development, and nobody in production (OPS-01).
    """

    root_api: str | None = None
    base_url: str = "http://127.0.0.1:8080"
    allowed_hosts: frozenset[str] = field(factory=frozenset, converter=_names)
    cors_origins: frozenset[str] = field(factory=frozenset, converter=_names)
    trusted_proxies: tuple[str, ...] = ()
    cookie_name: str = "teezu_session"
    cookie_secure: bool = True
    production: bool = False
    docs: bool = True
    require_idempotency_key: bool = False
    limits: Mapping[str, Limit] = field(factory=_limits)
    limiter: Limiter = field(factory=LocalLimiter)
    cursor_key: bytes = field(factory=_made_up, repr=False)
    max_body: int = 256 * 1024
    header_seconds: float = 10.0
    body_seconds: float = 10.0
    keepalive_seconds: float = 75.0
    connections_per_ip: int = 100
    observer: Observer | None = None
    metrics: Callable[[], Awaitable[bytes]] | None = None
    operators_token: str = field(default="", repr=False)
