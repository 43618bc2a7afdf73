"""One message of a payment provider: kept, applied or tried again, ever less often, and given up in the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar

from attrs import define

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Conflict
from platform_core.kernel.machine import Machine
from platform_core.kernel.money import Money
from platform_core.kernel.work import Work
from platform_core.payments.events import WebhookAltered, WebhookGivenUp
from platform_core.payments.ports import PaymentEvent, PaymentOutcome

LADDER = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600, 6 * 3600, 12 * 3600, 24 * 3600, 24 * 3600)
)
"""The pauses between attempts: over them a message waits for almost three days, as long as providers go on sending."""


class WebhookState(Enum):
    """Where a message is."""

    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"
    """It was given up on; an operator may have it tried again."""


WEBHOOKS: Machine[WebhookState] = Machine(
    "webhook",
    {
        WebhookState.PENDING: frozenset({WebhookState.DONE, WebhookState.DEAD}),
        WebhookState.DONE: frozenset(),
        WebhookState.DEAD: frozenset({WebhookState.PENDING}),
    },
)


class NotReplayable(Conflict):
    """This message says nothing that could be applied."""

    code = "WEBHOOK_NOT_REPLAYABLE"


@define(eq=False, kw_only=True)
class Webhook(Aggregate):
    """One message of a payment provider, its signature checked.

    Args:
        provider: Who sent it.
        event: The provider's id of it; None if it could not be read or is of no interest.
        digest: SHA-256 of the raw body, in hex.
        body: The raw body; as `base64:…` where it is no text.
        subject: What it is about: our id of a purchase, a payment, a refund, a transfer, a seller's account.
        reference: The provider's id of that.
        outcome: What it says of it.
        minor: How much was paid, in minor units, if it says so.
        currency: Of which currency.
        detail: More in the provider's words.
        received_at: When it came first.
        state: Where it is.
        attempts: How often applying it has failed.
        next_at: When to try next, while it is pending.
        result: The state its subject was in afterwards, or `ignored` if the message is of no interest.
        error: Why it could not be applied the last time.
        first: The message that came before it under the same id and said something else.
    """

    kind: ClassVar[str] = "webhook"

    provider: str
    event: str | None
    digest: str
    body: str
    subject: str | None = None
    reference: str | None = None
    outcome: PaymentOutcome | None = None
    minor: int | None = None
    currency: str | None = None
    detail: str = ""
    received_at: datetime
    state: WebhookState = WebhookState.PENDING
    attempts: int = 0
    next_at: datetime | None = None
    result: str | None = None
    error: str | None = None
    first: str | None = None

    @property
    def content(self) -> PaymentEvent | None:
        """What it says; None if it says nothing of interest."""
        if self.event is None or self.subject is None or self.reference is None or self.outcome is None:
            return None
        money = None if self.minor is None or self.currency is None else Money(self.minor, self.currency)
        return PaymentEvent(self.event, self.subject, self.reference, self.outcome, money, self.detail, self.provider)

    def finish(self, work: Work, result: str) -> None:
        """It was applied."""
        self.state = WEBHOOKS.move(self.state, WebhookState.DONE)
        self.result, self.next_at, self.error = result, None, None
        work.save(self)

    def postpone(self, work: Work, error: str) -> None:
        """It cannot be applied yet: try later, or give it up once the ladder ends."""
        if self.attempts < len(LADDER):
            WEBHOOKS.move(self.state, WebhookState.DEAD)  # Only what is pending can wait.
            self.next_at = work.now + LADDER[self.attempts]
            self.attempts += 1
            self.error = error
            work.save(self)
        else:
            self.attempts += 1
            self.give_up(error)
            work.save(self)

    def give_up(self, error: str) -> None:
        """It cannot be applied: keep it, and tell."""
        self.state = WEBHOOKS.move(self.state, WebhookState.DEAD)
        self.next_at, self.error = None, error
        if self.first is not None:
            self.record(WebhookAltered(self.id, self.first, self.provider))
        else:
            self.record(WebhookGivenUp(self.id, self.provider, error))

    def revive(self, work: Work) -> None:
        """Try it again from the start. What is pending is tried at once; what was applied stays as it is.

        Raises:
            NotReplayable: It cannot be read, or another message with its id came first.
        """
        if self.state is WebhookState.DONE:
            return
        if self.content is None or self.first is not None:
            raise NotReplayable(f"this message cannot be applied: {self.error}")
        if self.state is WebhookState.DEAD:
            self.state = WEBHOOKS.move(self.state, WebhookState.PENDING)
        self.attempts, self.next_at = 0, work.now
        work.save(self)
