"""Taking money of a sent transfer back from the seller's account at the provider."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from attrs import define

from platform_core.kernel.machine import Machine
from platform_core.payouts.movement import Movement, TransferState
from platform_core.payouts.provider import Failure
from platform_core.payouts.retry import REVERSAL_FOLLOWS, Follows

S = TransferState

REVERSALS: Machine[TransferState] = Machine(
    "transfer reversal",
    {
        S.SCHEDULED: frozenset({S.IN_FLIGHT, S.CANCELLED}),
        S.IN_FLIGHT: frozenset({S.COMPLETED, S.PROBING, S.RETRY_WAIT, S.FAILED_PERMANENT}),
        S.PROBING: frozenset({S.COMPLETED, S.IN_FLIGHT, S.RETRY_WAIT, S.FAILED_PERMANENT}),
        S.RETRY_WAIT: frozenset({S.IN_FLIGHT, S.PROBING, S.COMPLETED, S.CANCELLED, S.FAILED_PERMANENT}),
        # Refused is refused: the seller owes it.
        S.FAILED_PERMANENT: frozenset(),
        S.COMPLETED: frozenset(),
        S.CANCELLED: frozenset(),
        S.BLOCKED: frozenset(),
        S.PARTIALLY_REVERSED: frozenset(),
        S.REVERSED: frozenset(),
    },
)


@define(eq=False, kw_only=True)
class TransferReversal(Movement):
    """One amount to have back of one sent transfer.

    Args:
        transfer: The transfer.
        sending: The attempt that sent it.
        reference: The provider's id of the transfer.
        order: The order.
        amount: How much; it shrinks, before it is asked for, to what the seller still owes.
        completed_at: When it had come back.
    """

    kind: ClassVar[str] = "transfer_reversal"
    machine: ClassVar[Machine[TransferState]] = REVERSALS
    verb: ClassVar[str] = "reversal"
    follows: ClassVar[Mapping[Failure, Follows]] = REVERSAL_FOLLOWS

    transfer: str
    sending: str
    reference: str
    order: str
    amount: int
    completed_at: datetime | None = None

    def lower(self, amount: int) -> None:
        """Less is to come back; at nothing it is cancelled.

        Raises:
            InvalidTransition: It has been asked for already.
        """
        cancelled = REVERSALS.move(self.state, S.CANCELLED)
        self.amount -= amount
        if self.amount == 0:
            self.state, self.due_at = cancelled, None

    def complete(self, now: datetime) -> None:
        """It has come back."""
        self.state = REVERSALS.move(self.state, S.COMPLETED)
        self.uncertain = self.answered = self.asked_for = False
        self.completed_at, self.due_at, self.reason = now, None, None
