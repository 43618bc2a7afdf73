"""Hooks: operations of a dialect that others than its users ask for, such as a payment service with its messages.

Whoever calls proves themself by a signature over the raw bytes, so nothing is read before that is checked, and nobody's
token or limit counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web
from attrs import frozen

from entrypoints.http.kit.body import read_body
from entrypoints.http.kit.rows import Answer
from platform_core.kernel.actor import Actor
from platform_core.kernel.errors import Malformed, Unavailable
from platform_core.payments.webhook import WebhookState
from platform_core.payments.webhooks import TakeWebhook
from platform_core.platform import Platform

MOST = 64 * 1024
"""The largest message that is taken, in bytes."""


@frozen(kw_only=True)
class Hook:
    """An operation that takes messages.

    Args:
        path: The path below the dialect's prefix.
        sender: Who sends them: the name of a `MessageReader`.
        id: The operation's name in the document.
        summary: One line for the document.
        description: The rest for the document, in Markdown.
        tag: The group it belongs to in the document.
        signatures: The headers a signature may come in, by what the document calls them.
        answer: What is answered to a message that is kept.
        example: A message as the document shows it.
    """

    path: str
    sender: str
    id: str
    summary: str
    description: str
    tag: str
    signatures: Mapping[str, str]
    answer: Answer
    example: Mapping[str, Any]
    method: str = "POST"
    status: int = 200


async def keep_message(platform: Platform, request: web.Request, *, sender: str | None, seconds: float) -> None:
    """Keep a message, then do what it says. What is rightly signed is kept before it is answered; from then on it is
    ours to see to, whether it can be applied now or not. Only what could not be kept, or read, must be sent again.

    Args:
        platform: Who keeps it.
        request: The message.
        sender: Who sent it, if not the payment provider itself.
        seconds: How long its body may take before it must have kept a pace.

    Raises:
        PlatformError: It is not rightly signed, cannot be read, or could not be kept.
        HttpRefusal: Its body is too large or comes too slowly.
    """
    body = await read_body(request, most=MOST, seconds=seconds)
    by = Actor.system(sender or platform.gateway.name)
    told = {name.lower(): value for name, value in request.headers.items()}
    # No key: it is kept under its own id, and settling twice changes nothing.
    taken = await platform.execute(TakeWebhook(body, told, sender), by=by)
    if not taken.readable:
        raise Malformed("the webhook cannot be read")
    if taken.state is WebhookState.PENDING:
        # The store went away since: the worker sees to it.
        with suppress(Unavailable):
            await platform.apply_webhook(taken.id, by=by)
