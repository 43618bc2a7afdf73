"""The inbox of payment messages: each is kept before its sender is answered, and applied once, now or when it can be.

A message may come before what it is about, come twice, or come with another content under the same id. What
cannot be applied yet waits and is tried again, ever less often; what cannot be applied at all is kept for an operator.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b, sha256
from typing import ClassVar

from attrs import evolve, frozen

from platform_core.kernel.actor import PLATFORM, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Malformed, NotFound, Unavailable
from platform_core.kernel.page import OPERATORS, bounded
from platform_core.kernel.select import Select, Where
from platform_core.kernel.text import is_kept
from platform_core.kernel.work import Work
from platform_core.payments.ports import PaymentEvent, PaymentGateway, Readers, Subjects
from platform_core.payments.webhook import WEBHOOKS, Webhook, WebhookState

DETAIL = 500
"""How much of a provider's own words is kept."""
UNREADABLE = "it is rightly signed and cannot be read"
ALTERED = "a message with the same id said something else before"


@frozen
class TakenWebhook:
    """A message that is safely kept.

    Args:
        id: Its id here.
        state: Where it is.
        readable: Whether it could be read.
    """

    id: str
    state: WebhookState
    readable: bool = True


@frozen
class TakeWebhook(Command[TakenWebhook]):
    """Keep a provider's message, if the provider signed it. It is applied by `ApplyWebhook`.

    Args:
        body: The raw bytes, as they came.
        headers: The request's headers, names in lower case.
        sender: Who sent it, if not the payment provider itself: the name of a `MessageReader`.
    """

    policy: ClassVar[Policy] = PLATFORM

    body: bytes
    headers: Mapping[str, str]
    sender: str | None = None


async def take_webhook(command: TakeWebhook, work: Work, gateway: PaymentGateway, readers: Readers) -> TakenWebhook:
    """Check the signature, then keep the message, once.

    Whether a message is the same as before is decided by what it says, not by its bytes: a provider may write
    bookkeeping of its own, such as the number of its attempts, into each copy.

    Whoever else is trusted to tell of the provider's payments has ids of their own; what they say is kept as its word.

    Raises:
        NotFound: Nobody of this name is listened to.
        Unauthenticated: The signature is missing, wrong or old. Nothing is read or kept.
    """
    reader = gateway if command.sender is None else readers.readers.get(command.sender)
    if reader is None:
        raise NotFound("nobody of this name is listened to")
    try:
        event, readable = reader.read_event(command.body, command.headers), True
    except Malformed:
        event, readable = None, False
    if event is not None:
        event = evolve(event, provider=gateway.name, detail=_short(event.detail))
    said = ("event", event.id) if event is not None else ("body", sha256(command.body).hexdigest())
    id = _id(reader.name, *said)
    found = await work.get(Webhook, id)
    if found is not None and event is not None and found.content != event:
        # The same id with another content is not the same message: kept beside the first, and never applied.
        id, first = _id(reader.name, *said, repr(event)), found.id
        found = await work.get(Webhook, id)
    else:
        first = None
    if found is not None:
        return TakenWebhook(id, found.state, readable)
    webhook = _webhook(id, gateway.name, command.body, event, work.now)
    webhook.first = first
    if not readable:
        webhook.give_up(UNREADABLE)
    elif first is not None:
        webhook.give_up(ALTERED)
    elif event is None:
        webhook.state, webhook.next_at = WEBHOOKS.move(webhook.state, WebhookState.DONE), None
        webhook.result = "ignored"
    work.add(webhook)
    return TakenWebhook(id, webhook.state, readable)


def _id(*parts: str) -> str:
    """An id that is the same for the same message, so that one sent twice at once is kept once."""
    return "whk_" + blake2b("\n".join(parts).encode(errors="replace"), digest_size=16).hexdigest()


def _kept(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\x00"
    return text if is_kept(text) else "base64:" + b64encode(body).decode()


def _short(detail: str) -> str:
    return "".join(char for char in detail[:DETAIL] if is_kept(char))


def _webhook(id: str, provider: str, body: bytes, event: PaymentEvent | None, now: datetime) -> Webhook:
    webhook = Webhook(
        id=id,
        provider=provider,
        event=None,
        digest=sha256(body).hexdigest(),
        body=_kept(body),
        received_at=now,
        next_at=now,
    )
    if event is not None:
        webhook.event, webhook.subject, webhook.reference = event.id, event.subject, event.reference
        webhook.outcome, webhook.detail = event.outcome, event.detail
        if event.amount is not None:
            webhook.minor, webhook.currency = event.amount.minor, event.amount.currency
    return webhook


@frozen
class ApplyWebhook(Command[WebhookState]):
    """Do what a kept message says, if it was not done before.

    Args:
        webhook: Its id.
    """

    policy: ClassVar[Policy] = PLATFORM

    webhook: str


async def apply_webhook(command: ApplyWebhook, work: Work, subjects: Subjects, gateway: PaymentGateway) -> WebhookState:
    """Do what it says to what it is about and mark it done, in one unit; or postpone it. Where it is then.

    Raises:
        NotFound: There is no such message.
    """
    webhook = await work.require(Webhook, command.webhook)
    content = webhook.content
    if webhook.state is not WebhookState.PENDING or content is None:
        return webhook.state
    try:
        if not content.subject:
            content = evolve(content, subject=await _asked(gateway, content.reference))
        result = await subjects.heed(content.subject)(work, content)
    except NotFound as missing:
        # Nothing was changed: what it is about is looked for before anything else.
        webhook.postpone(work, missing.message)
    else:
        webhook.finish(work, result)
    return webhook.state


async def _asked(gateway: PaymentGateway, reference: str) -> str:
    try:
        return await gateway.subject(reference)
    except Unavailable as away:
        # The provider is away, not the store: this message waits, the others need not.
        raise NotFound(away.message) from away


@frozen
class PostponeWebhook(Command[WebhookState]):
    """Say that a message could not be applied.

    Args:
        webhook: Its id.
        error: Why.
    """

    policy: ClassVar[Policy] = PLATFORM

    webhook: str
    error: str


async def postpone_webhook(command: PostponeWebhook, work: Work) -> WebhookState:
    """Try it later, or give it up. Where it is then.

    Raises:
        NotFound: There is no such message.
    """
    webhook = await work.require(Webhook, command.webhook)
    if webhook.state is WebhookState.PENDING:
        webhook.postpone(work, command.error[:500])
    return webhook.state


@frozen
class ReplayWebhook(Command[WebhookState]):
    """Put a message that was given up on back in line.

    Args:
        webhook: Its id.
    """

    policy: ClassVar[Policy] = PLATFORM

    webhook: str


async def replay_webhook(command: ReplayWebhook, work: Work) -> WebhookState:
    """Revive it; where it is then.

    Raises:
        NotFound: There is no such message.
        NotReplayable: It says nothing that could be applied.
    """
    webhook = await work.require(Webhook, command.webhook)
    webhook.revive(work)
    return webhook.state


@frozen
class ListWebhooks(Query[list[Webhook]]):
    """The messages kept, newest first.

    Args:
        state: Only those in this state; all when None.
        limit: At most this many, 1 to 1000.
    """

    policy: ClassVar[Policy] = PLATFORM

    state: WebhookState | None = None
    limit: int = 100


async def list_webhooks(query: ListWebhooks, work: Work) -> list[Webhook]:
    """The messages."""
    where = () if query.state is None else (Where("state", "=", query.state),)
    limit = bounded(query.limit, OPERATORS)
    return await work.find(Select(Webhook, where=where, order=("-received_at",), limit=limit))


@frozen
class DueWebhooks(Query[list[str]]):
    """The messages to try now, longest due first."""

    policy: ClassVar[Policy] = PLATFORM

    limit: int = 100


async def due_webhooks(query: DueWebhooks, work: Work) -> list[str]:
    """Their ids."""
    where = (Where("state", "=", WebhookState.PENDING), Where("next_at", "<=", work.now))
    return [
        webhook.id for webhook in await work.find(Select(Webhook, where=where, order=("next_at",), limit=query.limit))
    ]
