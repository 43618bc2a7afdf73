"""What a simulated payment provider keeps: pages, charges, movements of money, messages, and why it refuses."""

from __future__ import annotations

import json
from datetime import datetime

from attrs import define, field, frozen

from platform_core.kernel.money import Money
from platform_core.payments.ports import PaymentEvent, PaymentOutcome
from platform_core.payouts.ports import Answer, Failed, Failure

BUSY = Failed(Failure.RETRYABLE, "lock_timeout", "the provider is busy")
LOW = Failed(Failure.FUNDS, "balance_insufficient", "the platform's balance is too low")
REFUSED = Failed(Failure.PERMANENT, "not_supported", "the provider does not do that")
REUSED = Failed(Failure.FAULT, "idempotency_error", "this key came with other parameters")
UNKNOWN = Failed(Failure.PERMANENT, "resource_missing", "there is no such thing")
TOO_MUCH = Failed(Failure.PERMANENT, "amount_too_large", "more than is left of it")
DISPUTED = Failed(Failure.PERMANENT, "charge_disputed", "the buyer's bank takes it back")
RESTRICTED = Failed(Failure.BLOCKED, "account_restricted", "the account takes nothing now")
CLOSED = Failed(Failure.PERMANENT, "account_closed", "the account is closed")
SPENT = Failed(Failure.FUNDS, "insufficient_funds", "the account's balance is too low")


@define
class Message:
    """Something the provider tells; it may be delivered never, once, twice, in any order.

    Args:
        name: How steps call it.
        id: The provider's id of the event.
        event: What it tells.
        delivered: How often it was taken.
    """

    name: str
    id: str
    event: PaymentEvent
    delivered: int = 0

    @property
    def body(self) -> bytes:
        """Its raw bytes."""
        told, money = self.event, self.event.amount
        content = {
            "id": self.id,
            "subject": told.subject,
            "reference": told.reference,
            "outcome": told.outcome.value,
            "money": None if money is None else [money.minor, money.currency],
            "detail": told.detail,
        }
        return json.dumps(content).encode()


@define
class Charge:
    """Money that a buyer paid.

    Args:
        reference: The provider's id of it.
        subject: What it pays, as we named it.
        money: How much.
        refunded: How much of it went back.
        disputes: Dispute id to what became of it: open, won or lost, and how much it is about.
    """

    reference: str
    subject: str
    money: Money
    refunded: int = 0
    disputes: dict[str, tuple[str, int]] = field(factory=dict)


@define
class Page:
    """A payment page.

    Args:
        subject: What it pays.
        reference: The provider's id of it.
        money: What is to be paid.
        expires_at: Until when it can be paid.
        said: The last thing that came of it, other than money.
    """

    subject: str
    reference: str
    money: Money
    expires_at: datetime
    said: PaymentOutcome | None = None


@frozen
class Call:
    """A request to move money.

    Args:
        verb: `transfer`, `reverse` or `refund`.
        subject: What it is about, as we named it.
        key: Its idempotency key.
        money: How much.
        target: The account, the transfer or the charge.
    """

    verb: str
    subject: str
    key: str
    money: Money
    target: str


@define
class Moved:
    """A movement of money.

    Args:
        name: How steps call it.
        reference: The provider's id of it.
        call: What asked for it.
        answer: What became of it.
        back: How much of a transfer has come back.
    """

    name: str
    reference: str
    call: Call
    answer: Answer
    back: int = 0
