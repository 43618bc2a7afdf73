"""What a transfer and its reversal have in common: tries at the provider, each under a key, one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar

from attrs import define

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.machine import Machine
from platform_core.payouts.provider import Failed, Failure
from platform_core.payouts.retry import Follows, PayoutPolicy, pause, retry_delay


class TransferState(Enum):
    """Where a movement of money is."""

    BLOCKED = "blocked"
    """The seller's account takes nothing now."""
    SCHEDULED = "scheduled"
    IN_FLIGHT = "in_flight"
    """The provider is being asked, or has taken it and not yet told the outcome."""
    PROBING = "probing"
    """It was sent and nobody knows what became of it."""
    RETRY_WAIT = "retry_wait"
    COMPLETED = "completed"
    PARTIALLY_REVERSED = "partially_reversed"
    REVERSED = "reversed"
    FAILED_PERMANENT = "failed_permanent"
    """It waits for an admin."""
    CANCELLED = "cancelled"
    """Nothing of it was or is to be sent: a refund, a dispute or what the seller owed took it all."""


class AttemptState(Enum):
    """What became of one try."""

    OPEN = "open"
    """Nobody knows yet. It stays so when the same is sent again under its key: the later try tells of both."""
    DONE = "done"
    FAILED = "failed"
    NOTHING = "nothing"
    """The provider has never heard of it."""


@define(eq=False, kw_only=True)
class TransferAttempt(Aggregate):
    """One try at the provider, kept from before it is made.

    Args:
        movement: The transfer's or the reversal's id.
        number: 1 for its first.
        subject: What the provider keeps with it, to be asked by.
        key: The idempotency key it was made under.
        amount: Smallest units sent.
        sent_at: When.
        by: Who had it made.
        state: What became of it.
        answered_at: When that was known.
        reference: The provider's id of it.
        failure: The class of its failure.
        code: The provider's word for why it failed.
        reason: The same for people.
        asked_back: Of a transfer's try that was done: how much of it was, or is being, taken back.
        returned: How much of that has come back.
    """

    kind: ClassVar[str] = "transfer_attempt"

    movement: str
    number: int
    subject: str
    key: str
    amount: int
    sent_at: datetime
    by: str
    state: AttemptState = AttemptState.OPEN
    answered_at: datetime | None = None
    reference: str | None = None
    failure: Failure | None = None
    code: str | None = None
    reason: str | None = None
    asked_back: int = 0
    returned: int = 0


def attempt_id(movement: str, number: int) -> str:
    """The id of a movement's attempt."""
    return f"tra_{movement.partition('_')[2]}.{number}"


@define(eq=False, kw_only=True)
class Movement(Aggregate):
    """Money on its way through the provider.

    Args:
        seller: Whose money it is.
        currency: Of which currency.
        created_at: When it was planned.
        state: Where it is.
        due_at: When it is to be looked at: to send it, to try again, or because its lease is over. None if nothing but
            word from outside moves it on.
        provider: The payment provider it was sent through last.
        generation: The number in its idempotency key; grows only after a definite failure (invariant 31).
        attempts: How many tries were begun.
        retry_count: How many tries have failed; one that an admin begins counts when it begins.
        limit: How many failures it may have; an admin who tries again past it grants one more.
        probes: How often in a row asking what became of it brought no answer.
        uncertain: Whether the last try may have been done: until that is known, no more is sent than was.
        answered: Whether an answer came to it that says nothing.
        asked_for: Whether an admin began the last try.
        last_sent_at: When it was sent last.
        reason: Why it is blocked or has failed, in the provider's word or ours.
    """

    machine: ClassVar[Machine[TransferState]]
    verb: ClassVar[str]
    follows: ClassVar[Mapping[Failure, Follows]]

    seller: str
    currency: str
    created_at: datetime
    state: TransferState = TransferState.SCHEDULED
    due_at: datetime | None = None
    provider: str | None = None
    generation: int = 1
    attempts: int = 0
    retry_count: int = 0
    limit: int = 8
    probes: int = 0
    uncertain: bool = False
    answered: bool = False
    asked_for: bool = False
    last_sent_at: datetime | None = None
    reason: str | None = None

    # ---- what is told of it

    @property
    def key(self) -> str:
        """The idempotency key of the next try, or of the one under way."""
        return f"{self.verb}:{self.id}:{self.generation}"

    @property
    def subject(self) -> str:
        """What the provider keeps with it."""
        return self.id

    @property
    def next_retry_at(self) -> datetime | None:
        """When it is tried again by itself; None if it is not (invariant 30)."""
        return self.due_at if self.state is TransferState.RETRY_WAIT else None

    @property
    def attempt(self) -> str:
        """The id of the last attempt."""
        return attempt_id(self.id, self.attempts)

    def is_due(self, now: datetime) -> bool:
        """Whether there is something to do."""
        return self.due_at is not None and self.due_at <= now

    def is_forgotten(self, now: datetime, policy: PayoutPolicy) -> bool:
        """Whether the last try was so long ago that the provider may have forgotten its key: ask before another."""
        return self.last_sent_at is not None and now - self.last_sent_at >= timedelta(seconds=policy.key_seconds)

    # ---- trying

    def begin(self, now: datetime, *, amount: int, provider: str, by: str, policy: PayoutPolicy) -> TransferAttempt:
        """Another try, leased to whoever begins it; to be kept before it is made.

        Raises:
            InvalidTransition: Now is not the time.
        """
        self.state = self.machine.move(self.state, TransferState.IN_FLIGHT)
        self.attempts += 1
        self.uncertain, self.answered, self.probes = True, False, 0
        self.provider, self.last_sent_at = provider, now
        self.due_at = now + timedelta(seconds=policy.lease_seconds)
        return TransferAttempt(
            id=self.attempt,
            movement=self.id,
            number=self.attempts,
            subject=self.subject,
            key=self.key,
            amount=amount,
            sent_at=now,
            by=by,
        )

    def lose_sight(self, now: datetime, policy: PayoutPolicy, *, answered: bool = False) -> None:
        """Nobody knows what became of the try: ask, before anything else is done."""
        self.state = self.machine.move(self.state, TransferState.PROBING)
        self.answered = self.answered or answered
        self.probes = 0
        self.due_at = now + timedelta(seconds=retry_delay(1, self.key, policy))

    def ask_first(self, now: datetime, policy: PayoutPolicy) -> None:
        """The provider is going to be asked about the last try."""
        if self.state is not TransferState.PROBING:
            self.state = self.machine.move(self.state, TransferState.PROBING)
        self.due_at = now + timedelta(seconds=policy.lease_seconds)

    def ask_later(self, now: datetime, policy: PayoutPolicy) -> None:
        """The provider could not be asked: do it later, ever less often."""
        self.probes += 1
        self.due_at = now + timedelta(seconds=retry_delay(self.probes, self.key, policy))

    def await_word(self, now: datetime, policy: PayoutPolicy) -> None:
        """The provider has taken it; its word is awaited, and asked for if it does not come."""
        if self.state is not TransferState.IN_FLIGHT:
            self.state = self.machine.move(self.state, TransferState.IN_FLIGHT)
        self.due_at = now + timedelta(seconds=policy.word_seconds)

    def count(self) -> bool:
        """A try has failed; whether there may be another by itself."""
        if not self.asked_for:
            self.retry_count += 1
        self.asked_for = False
        return self.retry_count < self.limit

    def ask_for(self) -> None:
        """An admin has it tried: that counts now, and is granted whatever was used up before."""
        self.retry_count += 1
        self.limit = max(self.limit, self.retry_count)
        self.asked_for = True

    def next_key(self) -> None:
        """The last try is known to have come to nothing: the next has another key."""
        self.generation += 1
        self.uncertain = self.answered = False

    def found_nothing(self, now: datetime, policy: PayoutPolicy) -> None:
        """The provider has never heard of the last try: another one may follow.

        Its key stays, for the try may still be on its way, unless an answer has used the key up, or the provider has
        forgotten it by now, and with it any chance of the try still being carried out.
        """
        if self.uncertain and (self.answered or self.is_forgotten(now, policy)):
            self.next_key()

    def retry_later(self, now: datetime, policy: PayoutPolicy, follows: Follows = Follows.RETRY) -> None:
        """A try has come to nothing: another one after a pause, or an admin's when all are used up."""
        if self.count():
            self.state = self.machine.move(self.state, TransferState.RETRY_WAIT)
            self.due_at = now + pause(follows, self.retry_count, self.id, policy)
        else:
            self.give_up()

    def give_up(self) -> None:
        """No more tries by itself."""
        self.state = self.machine.move(self.state, TransferState.FAILED_PERMANENT)
        self.due_at, self.asked_for = None, False

    def fail(self, failed: Failed, now: datetime, policy: PayoutPolicy) -> Follows:
        """The try was definitely not done; what follows.

        Raises:
            InvalidTransition: No answer is waited for.
        """
        self.machine.move(self.state, TransferState.RETRY_WAIT)
        follows = self.follows[failed.failure]
        self.next_key()
        self.reason = failed.code
        if follows in (Follows.RETRY, Follows.RETRY_LATE):
            self.retry_later(now, policy, follows)
        elif follows is not Follows.WAIT:
            self.count()
            self.give_up()
        return follows
