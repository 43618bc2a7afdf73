"""What selling asks of a payment provider: money to a seller, money back from one, and the seller's account there.

Each movement carries two names of ours. `subject` (a transfer's or a refund's id) is kept by the provider as metadata,
so that it can be asked later what became of it. `key` is its idempotency key: the same as long as the outcome is
unknown, another one only after a definite failure (invariant 31).
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Protocol

from attrs import frozen

from platform_core.kernel.errors import Unavailable
from platform_core.kernel.money import Money


class Failure(Enum):
    """Why a provider definitely did not do something, by what follows from it."""

    RETRYABLE = "retryable"
    """A lock, a limit, an internal error: nothing moved, and another try may succeed."""
    FUNDS = "funds"
    """The platform's balance there is too low: try again after a long pause."""
    BLOCKED = "blocked"
    """The seller's account takes nothing now: wait for word of it, do not burn tries."""
    PERMANENT = "permanent"
    """It will never be done: the account is closed, the currency is not supported, the amount is too small."""
    FAULT = "fault"
    """We asked wrongly: other parameters under a used key, bad credentials, a malformed request."""


@frozen
class Done:
    """It was done.

    Args:
        reference: The provider's id of it.
    """

    reference: str


@frozen
class Pending:
    """It was taken, and its outcome comes later as a message.

    Args:
        reference: The provider's id of it.
    """

    reference: str


@frozen
class Failed:
    """It was definitely not done.

    Args:
        failure: What follows from that.
        code: The provider's word for it, for programs.
        reason: The same for people, without secrets.
    """

    failure: Failure
    code: str
    reason: str


Answer = Done | Pending | Failed


class OutcomeUnknown(Unavailable):
    """The provider was asked and did not say: it may have been done. Ask what became of it before sending again.

    Args:
        message: One sentence for a person.
        retry_after: Seconds until it may be asked again, when that is known.
        answered: Whether an answer came that says nothing (an internal error of the provider). Providers give the same
            answer to the same key again, so the next try needs another key, once asking has found nothing.
    """

    code = "PROVIDER_OUTCOME_UNKNOWN"

    def __init__(self, message: str, *, retry_after: int | None = None, answered: bool = False) -> None:
        super().__init__(message, retry_after=retry_after)
        self.answered = answered


class AccountState(Enum):
    """What a seller's account at the provider can do."""

    ONBOARDING = "onboarding"
    READY = "ready"
    RESTRICTED = "restricted"
    CLOSED = "closed"


@frozen
class OnboardingLink:
    """Where a seller tells the provider who they are.

    Args:
        url: The address, for this seller only.
        expires_at: Until when it works.
    """

    url: str
    expires_at: datetime


class Merchant(Protocol):
    """The selling side of a payment provider. A method that moves money raises `OutcomeUnknown` when no answer came."""

    @property
    def name(self) -> str:
        """Its name, in accounts and events; the same as the payment gateway's."""

    async def refund(self, *, subject: str, key: str, payment: str, amount: Money) -> Answer:
        """Give money of a payment back to the buyer.

        Args:
            subject: The refund's id here.
            key: The idempotency key.
            payment: The provider's id of the payment.
            amount: How much of it.
        """

    async def find_refund(self, *, subject: str, payment: str) -> Answer | None:
        """What became of a refund; None if the provider never heard of it."""

    async def transfer(self, *, subject: str, key: str, account: str, amount: Money, group: str) -> Answer:
        """Send money to a seller.

        Args:
            subject: The transfer's id here.
            key: The idempotency key.
            account: The provider's id of the seller's account.
            amount: How much.
            group: What it belongs to: the order's id.
        """

    async def find_transfer(self, *, subject: str, group: str) -> Answer | None:
        """What became of a transfer; None if the provider never heard of it."""

    async def reverse(self, *, subject: str, key: str, transfer: str, amount: Money) -> Answer:
        """Take money of a transfer back from the seller.

        Args:
            subject: The reversal's id here.
            key: The idempotency key.
            transfer: The provider's id of the transfer.
            amount: How much of it.
        """

    async def find_reversal(self, *, subject: str, transfer: str) -> Answer | None:
        """What became of a reversal; None if the provider never heard of it."""

    async def open_account(self, *, seller: str, email: str) -> str:
        """The provider's id of the seller's account, made if there is none. Asked again, it is the same one."""

    async def onboarding(self, *, account: str, return_url: str) -> OnboardingLink:
        """A fresh link at which the seller tells who they are."""

    async def account(self, *, account: str) -> AccountState:
        """What the account can do now."""
