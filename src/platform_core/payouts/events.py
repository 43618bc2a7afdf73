"""What happens to sellers' accounts and to their money."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.kernel.events import Event


@frozen
class SellerAccountChanged(Event):
    """A seller's account at the provider can do something else than before.

    Args:
        account: The account's id here.
        seller: Whose it is.
        state: What it can do now.
    """

    name: ClassVar[str] = "seller.account_changed"

    account: str
    seller: str
    state: str


@frozen
class TransferScheduled(Event):
    """A seller is owed money of an order, which will be sent; `state` tells whether it can be."""

    name: ClassVar[str] = "transfer.scheduled"

    transfer: str
    order: str
    seller: str
    amount: int
    currency: str
    state: str
    available_at: datetime


@frozen
class TransferCompleted(Event):
    """Money has reached a seller's account."""

    name: ClassVar[str] = "transfer.completed"

    transfer: str
    order: str
    seller: str
    amount: int
    currency: str


@frozen
class TransferFailed(Event):
    """A try came to nothing.

    Args:
        code: The provider's word for why.
        retry_at: When it is tried again; None if an admin, or word of the seller's account, is awaited.
        is_our_fault: Whether we asked wrongly, so that somebody should look at it now.
    """

    name: ClassVar[str] = "transfer.failed"

    transfer: str
    order: str
    seller: str
    code: str
    retry_at: datetime | None
    is_our_fault: bool


@frozen
class TransferLowered(Event):
    """Less of an order is to be sent to its seller than before.

    Args:
        amount: By how much.
        reason: `refund`, or `netted` for what the seller owed.
        left: How much is still to be sent.
    """

    name: ClassVar[str] = "transfer.lowered"

    transfer: str
    order: str
    seller: str
    amount: int
    currency: str
    reason: str
    left: int


@frozen
class TransferRestored(Event):
    """What was taken back of an order is the seller's again, and will be sent."""

    name: ClassVar[str] = "transfer.restored"

    transfer: str
    order: str
    seller: str
    amount: int
    currency: str


@frozen
class TransferReversed(Event):
    """Money of a transfer has come back from its seller."""

    name: ClassVar[str] = "transfer.reversed"

    transfer: str
    reversal: str
    order: str
    seller: str
    amount: int
    currency: str


@frozen
class TransferReversalRefused(Event):
    """Money of a transfer could not be had back: the seller owes it, and it is taken from what they earn."""

    name: ClassVar[str] = "transfer.reversal_refused"

    transfer: str
    reversal: str
    order: str
    seller: str
    amount: int
    currency: str
    code: str


@frozen
class TransferUnmatched(Event):
    """The provider says of a transfer what does not fit with what is known here; an operator has to look."""

    name: ClassVar[str] = "transfer.unmatched"

    transfer: str
    said: str
    reference: str
