"""A dialect: one public API as data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from entrypoints.http.kit.hooks import Hook
from entrypoints.http.kit.legacy import Legacy
from entrypoints.http.kit.refusals import Refusal
from entrypoints.http.kit.rows import Answer, Row
from platform_core.kernel.actor import Actor
from platform_core.kernel.errors import Kind
from platform_core.platform import Platform

#: Says who a token belongs to, or raises Unauthenticated.
Doorkeeping = Callable[[str], Awaitable[Actor]]

STATUSES: Mapping[Kind, int] = {
    Kind.MALFORMED: 400,
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.INSUFFICIENT_FUNDS: 402,
    Kind.TOO_LARGE: 413,
    Kind.RATE_LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}


@frozen(kw_only=True, eq=False)
class Dialect:
    """One public API.

    Args:
        name: How it is called in paths and options.
        title: How it is called in its document.
        version: Its version in its document.
        description: What its document says of it, in Markdown.
        root: The prefix at which its own document has it, such as `/api/v1`; it is mounted at `/<name><root>`.
        rows: Its operations.
        show_refusal: How it spells a refusal.
        bearer: What its document says of the bearer token.
        cookie: Whether it takes the session cookie too.
        doorkeeping: How it tells who a token belongs to.
        key_header: The header in which it takes API keys; None where it takes none.
        key_doorkeeping: How it tells who an API key belongs to.
        envelope: What it puts around what an operation answers; None where answers go out as they are.
        statuses: The status of each kind of refusal.
        hooks: Its operations that take messages of services.
        legacy: Old addresses at the root of a server that serves this dialect there.
    """

    name: str
    title: str
    version: str
    description: str
    root: str
    rows: Sequence[Row]
    show_refusal: Callable[[Refusal], Answer]
    bearer: str = "`Bearer <sessionToken>`"
    cookie: bool = False
    doorkeeping: Callable[[Platform], Doorkeeping] = field(default=lambda platform: platform.doorkeeper.actor)
    key_header: str | None = None
    key_doorkeeping: Callable[[Platform], Doorkeeping] | None = None
    envelope: Callable[[Any], Mapping[str, Any]] | None = None
    statuses: Mapping[Kind, int] = field(default=STATUSES)
    hooks: Sequence[Hook] = ()
    legacy: Legacy | None = None

    @property
    def prefix(self) -> str:
        """Where it is mounted beside the others."""
        return f"/{self.name}{self.root}"
