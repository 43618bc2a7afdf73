"""What the HTTP side is told, as the settings say."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from entrypoints.loading import variable
from entrypoints.settings import BadSettings, Settings

if TYPE_CHECKING:
    from entrypoints.http.kit.limits import Limiter
    from entrypoints.http.kit.options import HttpOptions


def base_url(settings: Settings) -> str:
    """The address clients use, without a slash at its end."""
    server = settings.server
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(server.host, server.host)  # noqa: S104
    return (server.base_url or f"http://{host}:{server.port}").rstrip("/")


def _cursor_key(settings: Settings) -> bytes:
    from adapters.security.sealer import derive_key

    # Without a secret the cursors of this process are good for this process, as long as it lasts.
    return derive_key(settings.secret_key or secrets.token_hex(), "cursors")


def http_options(settings: Settings, limiter: Limiter | None = None) -> HttpOptions:
    """What the HTTP side is told.

    Args:
        settings: All settings.
        limiter: Who counts requests; this process by itself when None.

    Raises:
        BadSettings: Something it needs in production is missing.
    """
    from entrypoints.http.kit.limits import Limit, LocalLimiter
    from entrypoints.http.kit.options import HttpOptions

    server, limits = settings.server, settings.limits
    url = base_url(settings)
    hosts = server.allowed_hosts
    if settings.production and not server.base_url:
        raise BadSettings(f"server.base_url: must be set in production (set {variable('server.base_url')})")
    if not hosts and settings.production:
        hosts = (urlsplit(url).hostname or "",)
    return HttpOptions(
        root_api=server.api or None,
        base_url=url,
        allowed_hosts=frozenset(host.lower() for host in hosts),
        cors_origins=frozenset(server.cors_origins),
        trusted_proxies=server.trusted_proxies,
        cookie_secure=url.startswith("https:"),
        production=settings.production,
        require_idempotency_key=settings.require_idempotency_key,
        limits={
            "default": Limit(limits.default_per_minute),
            "money": Limit(limits.money_per_minute),
            "auth": Limit(limits.auth_per_minute),
            "register": Limit(limits.register_per_minute),
            "messages": Limit(limits.messages_per_10_seconds, seconds=10),
            "uploads": Limit(limits.uploads_per_minute),
        },
        limiter=limiter or LocalLimiter(),
        cursor_key=_cursor_key(settings),
        docs=server.docs,
        operators_token=server.metrics_token,
        max_body=server.max_body,
        header_seconds=server.header_timeout,
        body_seconds=server.body_timeout,
        keepalive_seconds=server.keepalive_timeout,
        connections_per_ip=server.connections_per_ip or sys.maxsize,
    )
