"""Refunds: money of an order on its way back to the buyer, and what becomes of that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar

from attrs import define, frozen

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.machine import Machine
from platform_core.kernel.money import Money
from platform_core.marketplace.events import (
    RefundApproved,
    RefundFailed,
    RefundRejected,
    RefundReverted,
    RefundSucceeded,
)
from platform_core.marketplace.parts import Parts
from platform_core.marketplace.payment import Taken
from platform_core.payouts.ports import Failed, Failure, PayoutPolicy, retry_delay

ASK_AFTER = timedelta(minutes=30)
"""How long a provider's word may take before the provider is asked."""


class RefundState(Enum):
    """Where a refund is."""

    REQUESTED = "requested"
    """Somebody must approve it."""
    APPROVED = "approved"
    """It is to be sent."""
    SUBMITTED = "submitted"
    """It was sent, or may have been; the provider's word is awaited."""
    SUCCEEDED = "succeeded"
    REJECTED = "rejected"
    FAILED = "failed"
    REVERTED = "reverted"
    """It had succeeded, and failed after all."""


REFUNDS: Machine[RefundState] = Machine(
    "refund",
    {
        RefundState.REQUESTED: frozenset({RefundState.APPROVED, RefundState.REJECTED}),
        # The provider's word can come before our own record of having asked.
        RefundState.APPROVED: frozenset({RefundState.SUBMITTED, RefundState.SUCCEEDED, RefundState.FAILED}),
        RefundState.SUBMITTED: frozenset({RefundState.APPROVED, RefundState.SUCCEEDED, RefundState.FAILED}),
        RefundState.SUCCEEDED: frozenset({RefundState.REVERTED}),
        RefundState.REJECTED: frozenset(),
        RefundState.FAILED: frozenset(),
        RefundState.REVERTED: frozenset(),
    },
)
UNDER_WAY = frozenset({RefundState.REQUESTED, RefundState.APPROVED, RefundState.SUBMITTED})


class RefundCause(Enum):
    """Why money goes back."""

    BUYER = "buyer"
    SELLER = "seller"
    OPERATOR = "operator"
    MISMATCH = "mismatch"
    """It was not what the order cost."""
    EXTRA = "extra"
    """The order was paid twice."""
    LATE = "late"
    """The order could not be had any more when the money came."""


UNKEPT = frozenset({RefundCause.MISMATCH, RefundCause.EXTRA, RefundCause.LATE})


@frozen(kw_only=True)
class Share:
    """What a refund returns of a line.

    Args:
        line: Its number.
        seller: Whose it is.
        minor: How much, in minor units.
    """

    line: int
    seller: str
    minor: int


@define(eq=False, kw_only=True)
class Refund(Aggregate):
    """A refund.

    Args:
        order: Of which order.
        payment: Of which payment.
        charge: The provider's id of the money that goes back.
        provider: Through whom.
        cause: Why.
        by: Who asked for it: a user, an operator, or the platform.
        minor: How much, in minor units.
        currency: Of which currency.
        shares: What of each line; none for money that never bought anything.
        reason: Why, in a few words.
        details: More of that.
        created_at: When it was asked for.
        state: Where it is.
        reference: The provider's id of it, once known.
        generation: The number in the key it is sent with; grows only after a definite failure (invariant 31).
        tries: How often it definitely failed.
        probes: How often in a row asking what became of it brought no answer.
        answered: Whether an answer came to the last try that says nothing.
        sent_at: When it was sent last.
        due_at: When there is something to do with it: send it, or ask what became of it.
        taken: What it took of each line, while it has.
        error: Why it was rejected or failed, or the last try did.
        resolved_at: When it came to its end.
    """

    kind: ClassVar[str] = "refund"

    order: str
    payment: str
    charge: str
    provider: str
    cause: RefundCause
    by: str
    minor: int
    currency: str
    shares: tuple[Share, ...]
    reason: str
    details: str
    created_at: datetime
    state: RefundState
    reference: str | None = None
    generation: int = 1
    tries: int = 0
    probes: int = 0
    answered: bool = False
    sent_at: datetime | None = None
    due_at: datetime | None = None
    taken: tuple[Taken, ...] = ()
    error: str | None = None
    resolved_at: datetime | None = None

    @property
    def amount(self) -> Money:
        """How much."""
        return Money(self.minor, self.currency)

    @property
    def key(self) -> str:
        """The idempotency key it is sent with: the same while its outcome is unknown."""
        return f"refund:{self.id}:{self.generation}"

    @property
    def by_line(self) -> Mapping[int, int]:
        """How much of each line."""
        return {share.line: share.minor for share in self.shares}

    @property
    def sellers(self) -> frozenset[str]:
        """Whose lines."""
        return frozenset(share.seller for share in self.shares)

    def is_due(self, now: datetime) -> bool:
        """Whether there is something to do."""
        return self.due_at is not None and self.due_at <= now

    # ---- before it is sent

    def approve(self, now: datetime) -> None:
        """Let it be sent.

        Raises:
            InvalidTransition: It is not waiting for that.
        """
        self.state = REFUNDS.move(self.state, RefundState.APPROVED)
        self.due_at = now
        self.record(RefundApproved(self.id, self.order))

    def reject(self, reason: str, now: datetime) -> None:
        """Do not grant it.

        Raises:
            InvalidTransition: It is not waiting for that.
        """
        self.state = REFUNDS.move(self.state, RefundState.REJECTED)
        self.error, self.resolved_at = reason, now
        self.record(RefundRejected(self.id, self.order, reason))

    # ---- sending

    def claim(self, now: datetime, policy: PayoutPolicy) -> bool:
        """Take it, to send it or to ask what became of it: nobody else does for a while.

        Returns:
            Whether it may have been sent before, so that the provider is to be asked first.
        """
        sent_before = self.state is RefundState.SUBMITTED
        if not sent_before:
            self.state = REFUNDS.move(self.state, RefundState.SUBMITTED)
            self.sent_at, self.answered, self.probes = now, False, 0
        self.due_at = now + timedelta(seconds=policy.lease_seconds)
        return sent_before

    def needs_next_key(self, now: datetime, policy: PayoutPolicy) -> bool:
        """Whether the provider, which has never heard of it, needs another key for the next try: an answer has used up
        the last one, or it has forgotten it.
        """
        forgotten = self.sent_at is not None and now - self.sent_at >= timedelta(seconds=policy.key_seconds)
        return self.answered or forgotten

    def next_key(self, now: datetime) -> None:
        """The last try is known to have come to nothing: the next has another key."""
        self.generation += 1
        self.answered, self.sent_at = False, now

    def wait(self, now: datetime) -> None:
        """There is nobody to ask now."""
        self.due_at = now + ASK_AFTER

    def await_word(self, reference: str, now: datetime) -> None:
        """The provider has taken it; its outcome comes later, or is asked for."""
        self.reference, self.due_at, self.probes = reference, now + ASK_AFTER, 0

    def lose_sight(self, now: datetime, policy: PayoutPolicy, *, answered: bool) -> None:
        """Nobody knows what became of it: ask before anything else is sent."""
        self.probes += 1
        self.answered = self.answered or answered
        self.due_at = now + timedelta(seconds=retry_delay(self.probes, self.key, policy))

    def put_off(self, failure: Failed, now: datetime, policy: PayoutPolicy) -> bool:
        """It was definitely not done this time; whether it is tried again. The next try has another key."""
        self.tries += 1
        if failure.failure in (Failure.PERMANENT, Failure.FAULT) or self.tries >= policy.max_attempts:
            return False
        pause = retry_delay(self.tries, self.id, policy)
        if failure.failure in (Failure.FUNDS, Failure.BLOCKED):
            pause = max(pause, policy.funds_seconds)
        self.due_at = now + timedelta(seconds=pause)
        self.state = REFUNDS.move(self.state, RefundState.APPROVED)
        self.next_key(now)
        self.reference, self.error = None, f"{failure.code}: {failure.reason}"[:500]
        return True

    # ---- its end

    def succeed(self, reference: str, taken: tuple[Taken, ...], now: datetime) -> None:
        """The money is back with the buyer."""
        self.state = REFUNDS.move(self.state, RefundState.SUCCEEDED)
        self.reference, self.taken, self.error = reference, taken, None
        self.due_at, self.resolved_at = None, now
        self.record(RefundSucceeded(self.id, self.order, self.minor, self.currency))

    def fail(self, error: str, now: datetime) -> None:
        """It will never be done."""
        self.state = REFUNDS.move(self.state, RefundState.FAILED)
        self.error, self.due_at, self.resolved_at = error[:500], None, now
        self.record(RefundFailed(self.id, self.order, error[:500]))

    def revert(self, error: str, now: datetime) -> None:
        """It failed after all."""
        self.state = REFUNDS.move(self.state, RefundState.REVERTED)
        self.error, self.taken, self.resolved_at = error[:500], (), now
        self.record(RefundReverted(self.id, self.order, self.minor, self.currency))

    def took(self) -> Mapping[int, Parts]:
        """What it took of each part of each line."""
        return {taken.line: taken.parts for taken in self.taken}
