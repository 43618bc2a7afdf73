"""A transfer: what one seller is owed of one order, and its way to them (invariant 29)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import ClassVar

from attrs import define

from platform_core.kernel.errors import InvalidTransition
from platform_core.kernel.machine import Machine
from platform_core.payouts.events import TransferCompleted, TransferFailed, TransferLowered, TransferRestored
from platform_core.payouts.movement import Movement, TransferState
from platform_core.payouts.provider import Failed, Failure
from platform_core.payouts.retry import FOLLOWS, Follows, PayoutPolicy

S = TransferState

#: What a transfer is once nothing is left to send.
ENDED = frozenset({S.COMPLETED, S.PARTIALLY_REVERSED, S.REVERSED, S.CANCELLED})

# Ended ones begin anew only when money that was taken back is given back to the seller. One that began anew, and of
# which nothing is to be sent after all, ends as what was sent before says, wherever it is.
TRANSFERS: Machine[TransferState] = Machine(
    "transfer",
    {
        S.BLOCKED: frozenset({S.SCHEDULED, S.FAILED_PERMANENT}) | ENDED,
        # One that was blocked may have been tried before, with nobody knowing what became of that: it is asked first.
        S.SCHEDULED: frozenset({S.IN_FLIGHT, S.PROBING, S.BLOCKED, S.FAILED_PERMANENT}) | ENDED,
        S.IN_FLIGHT: frozenset({S.RETRY_WAIT, S.PROBING, S.BLOCKED, S.FAILED_PERMANENT}) | ENDED,
        S.PROBING: frozenset({S.RETRY_WAIT, S.IN_FLIGHT, S.BLOCKED, S.FAILED_PERMANENT}) | ENDED,
        # A try nobody knew about may turn out to have been done, however late.
        S.RETRY_WAIT: frozenset({S.IN_FLIGHT, S.PROBING, S.BLOCKED, S.FAILED_PERMANENT}) | ENDED,
        S.FAILED_PERMANENT: frozenset({S.IN_FLIGHT, S.PROBING}) | ENDED,
        S.COMPLETED: frozenset({S.PARTIALLY_REVERSED, S.REVERSED, S.SCHEDULED}),
        S.PARTIALLY_REVERSED: frozenset({S.REVERSED, S.SCHEDULED}),
        S.REVERSED: frozenset({S.SCHEDULED}),
        S.CANCELLED: frozenset({S.SCHEDULED}),
    },
)

UNSENT = frozenset({S.BLOCKED, S.SCHEDULED, S.RETRY_WAIT, S.FAILED_PERMANENT, S.CANCELLED})
"""Where the money is still here, unless a try nobody knows about has taken it."""
OPEN = frozenset(TransferState) - ENDED
"""Where there is money to send."""

STATUSES: Mapping[TransferState, str] = {
    S.BLOCKED: "blocked",
    S.SCHEDULED: "pending",
    S.IN_FLIGHT: "processing",
    S.PROBING: "unknown",
    S.RETRY_WAIT: "failed",
    S.COMPLETED: "completed",
    S.PARTIALLY_REVERSED: "partially_reversed",
    S.REVERSED: "reversed",
    S.FAILED_PERMANENT: "failed",
    S.CANCELLED: "cancelled",
}
"""How a state is told outside; a `failed` one that is tried again by itself has a time for that."""

NOT_RECEIVED = "not_received"


def transfer_id(order: str, seller: str) -> str:
    """The id of the one transfer of an order to a seller."""
    return "trf_" + blake2b(f"{order}\n{seller}".encode(), digest_size=16).hexdigest()


@define(eq=False, kw_only=True)
class Transfer(Movement):
    """One seller's share of one order.

    Money in it is in one of these places: `unsent`, `sent`, or `restored`. The seller's payable account holds the
    first and the last of all their transfers.

    Args:
        order: The order.
        gross: What the buyer paid for the seller's lines, without tax.
        fee: The platform's share of that.
        net: The seller's share when the order was paid.
        available_at: Not to be sent before.
        unsent: What is to be sent now, or is being sent.
        sent: What was sent in all.
        reversed: What has come back of that.
        restored: What was given back while it could not be joined to what is being sent: the next thing to send.
        to_return: What was taken back while nobody could say whether it was sent.
        netted: What of it went to pay the seller's debts.
        rounds: How often it was sent, counting the present time; more than once only after money was given back.
        held: Whether a dispute keeps it here.
        completed_at: When it was sent last.
    """

    kind: ClassVar[str] = "transfer"
    machine: ClassVar[Machine[TransferState]] = TRANSFERS
    verb: ClassVar[str] = "transfer"
    follows: ClassVar[Mapping[Failure, Follows]] = FOLLOWS

    order: str
    gross: int
    fee: int
    net: int
    available_at: datetime
    unsent: int
    sent: int = 0
    reversed: int = 0
    restored: int = 0
    to_return: int = 0
    netted: int = 0
    rounds: int = 1
    held: bool = False
    completed_at: datetime | None = None

    @property
    def amount(self) -> int:
        """What goes, or went, to the seller: what was sent and what is still to be."""
        return self.unsent + self.sent + self.restored

    @property
    def status(self) -> str:
        """Where it is, for those outside."""
        return STATUSES[self.state]

    @property
    def subject(self) -> str:
        """What the provider keeps with it: another word each time that it is sent anew."""
        return self.id if self.rounds == 1 else f"{self.id}.{self.rounds}"

    @property
    def is_here(self) -> bool:
        """Whether what is unsent is surely here, and can be lowered."""
        return self.state in UNSENT and not self.uncertain

    def is_pending(self, now: datetime) -> bool:
        """Whether what is unsent is not to be sent yet: its time has not come, or a dispute keeps it."""
        return self.state not in (S.IN_FLIGHT, S.PROBING) and (self.held or now < self.available_at)

    # ---- before it is sent

    def lower(self, amount: int, reason: str) -> None:
        """Less is to be sent. At nothing it ends: cancelled if nothing ever was sent.

        Raises:
            InvalidTransition: It is not surely here.
        """
        TRANSFERS.move(self.state, S.CANCELLED)
        if self.uncertain:
            raise InvalidTransition("a transfer that may have been sent cannot be lowered")
        self.unsent -= amount
        if reason == "netted":
            self.netted += amount
        self.record(TransferLowered(self.id, self.order, self.seller, amount, self.currency, reason, self.unsent))
        if self.unsent == 0:
            self.state = TRANSFERS.move(self.state, self._end)
            self.due_at, self.reason = None, reason if self.state is S.CANCELLED else None

    @property
    def _end(self) -> TransferState:
        """What it is with nothing left to send: told by what was sent, and by how much of that has come back."""
        if self.sent == 0:
            return S.CANCELLED
        if self.reversed == 0:
            return S.COMPLETED
        return S.REVERSED if self.reversed == self.sent else S.PARTIALLY_REVERSED

    def block(self, reason: str, now: datetime, policy: PayoutPolicy) -> None:
        """The seller's account takes nothing: wait for word of it."""
        if self.state is not S.BLOCKED:
            self.state = TRANSFERS.move(self.state, S.BLOCKED)
            self._tell(reason)
        self.reason = reason
        self.due_at = None if self.held else now + timedelta(seconds=policy.recheck_seconds)

    def unblock(self) -> None:
        """The seller's account takes money again.

        Raises:
            InvalidTransition: It is not blocked.
        """
        if self.state is not S.BLOCKED:
            raise InvalidTransition(f"a transfer that is {self.state.value} cannot be unblocked")
        self.state = TRANSFERS.move(self.state, S.SCHEDULED)
        self.reason = None
        self._wake(self.available_at)

    def hold(self) -> None:
        """A dispute keeps what is not on its way here."""
        self.held = True
        if self.state in UNSENT and not self.uncertain:
            self.due_at = None

    def free(self, now: datetime) -> None:
        """The dispute is over."""
        self.held = False
        if self.due_at is not None:
            return
        if self.state is S.SCHEDULED:
            self.due_at = self.available_at
        elif self.state in (S.RETRY_WAIT, S.BLOCKED):
            self.due_at = now

    def _wake(self, at: datetime) -> None:
        self.due_at = None if self.held else at

    # ---- what became of it

    def complete(self, now: datetime) -> int:
        """It was sent; how much.

        Raises:
            InvalidTransition: It was never tried.
        """
        if self.state in (S.BLOCKED, S.SCHEDULED):
            raise InvalidTransition(f"a transfer that is {self.state.value} has not been tried")
        self.state = TRANSFERS.move(self.state, S.PARTIALLY_REVERSED if self.reversed else S.COMPLETED)
        amount = self.unsent
        self.unsent, self.sent = 0, self.sent + amount
        self.uncertain = self.answered = self.asked_for = False
        self.completed_at, self.due_at, self.reason = now, None, None
        self.record(TransferCompleted(self.id, self.order, self.seller, amount, self.currency))
        self._go_on(now)
        return amount

    def fail(self, failed: Failed, now: datetime, policy: PayoutPolicy) -> Follows:
        """The try was definitely not done; what follows."""
        follows = super().fail(failed, now, policy)
        if follows is Follows.WAIT:
            self.asked_for = False
            self.block(failed.code, now, policy)
        else:
            self._tell(failed.code, is_our_fault=follows is Follows.GIVE_UP_LOUD)
        self._join()
        return follows

    def retry_later(self, now: datetime, policy: PayoutPolicy, follows: Follows = Follows.RETRY) -> None:
        """A try has come to nothing: another one after a pause, or an admin's when all are used up."""
        super().retry_later(now, policy, follows)
        if self.held and not self.uncertain:
            self.due_at = None

    def not_received(self, now: datetime, policy: PayoutPolicy) -> None:
        """The provider has never heard of the last try: it counts as failed."""
        self.reason = NOT_RECEIVED
        self.retry_later(now, policy)
        self._tell(NOT_RECEIVED)

    def _tell(self, code: str, *, is_our_fault: bool = False) -> None:
        event = TransferFailed(self.id, self.order, self.seller, code, self.next_retry_at, is_our_fault=is_our_fault)
        self.record(event)

    def found_nothing(self, now: datetime, policy: PayoutPolicy) -> None:
        """The provider has never heard of the last try."""
        super().found_nothing(now, policy)
        if not self.uncertain:
            self._join()

    def found_failed(self) -> None:
        """The provider says that the last try, of which nobody knew, was definitely not done: another one follows."""
        self.next_key()
        self._join()

    def come_back(self, amount: int) -> None:
        """Some of what was sent has come back."""
        self.reversed += amount
        if self.state in (S.COMPLETED, S.PARTIALLY_REVERSED) and self.state is not self._end:
            self.state = TRANSFERS.move(self.state, self._end)

    # ---- what is given back

    def restore(self, amount: int, now: datetime) -> None:
        """This much is the seller's again, and lies on their payable account: send it."""
        self.restored += amount
        self.record(TransferRestored(self.id, self.order, self.seller, amount, self.currency))
        if self.is_here:
            self._join()
        self._go_on(now)

    def _join(self) -> None:
        """What was given back is sent together with what is still here."""
        self.unsent, self.restored = self.unsent + self.restored, 0

    def _go_on(self, now: datetime) -> None:
        """Begin anew if this had ended, and money was given back since."""
        if self.state not in ENDED or not (self.restored or self.unsent):
            return
        self._join()
        if self.sent:
            self.rounds += 1
            self.generation += self.attempts > 0
        self.state = TRANSFERS.move(self.state, S.SCHEDULED)
        self.retry_count, self.reason, self.last_sent_at = 0, None, None
        self._wake(max(now, self.available_at))
