"""What the marketplace tells the other contexts."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.kernel.events import Event


@frozen
class ProductPublished(Event):
    """Something is on sale."""

    name: ClassVar[str] = "marketplace.product_published"
    product: str
    seller: str


@frozen
class ProductRetired(Event):
    """Something is on sale no longer."""

    name: ClassVar[str] = "marketplace.product_retired"
    product: str
    seller: str


@frozen
class OrderPlaced(Event):
    """Somebody wants to buy; nothing is paid yet."""

    name: ClassVar[str] = "marketplace.order_placed"
    order: str
    buyer: str
    minor: int
    currency: str


@frozen
class OrderPaid(Event):
    """An order's money has come; each seller's share is theirs."""

    name: ClassVar[str] = "marketplace.order_paid"
    order: str
    buyer: str
    sellers: tuple[str, ...]
    minor: int
    currency: str


@frozen
class OrderFulfilled(Event):
    """All of an order is delivered."""

    name: ClassVar[str] = "marketplace.order_fulfilled"
    order: str
    buyer: str


@frozen
class OrderEnded(Event):
    """An order came to nothing before it was paid: `state` is expired, cancelled or needs_attention."""

    name: ClassVar[str] = "marketplace.order_ended"
    order: str
    buyer: str
    state: str


@frozen
class OrderDisputed(Event):
    """A buyer's bank takes an order's money back, until it is decided."""

    name: ClassVar[str] = "marketplace.order_disputed"
    order: str
    dispute: str
    minor: int
    currency: str


@frozen
class DisputeClosed(Event):
    """It is decided: `won` says whether the money stays."""

    name: ClassVar[str] = "marketplace.dispute_closed"
    order: str
    dispute: str
    won: bool


@frozen
class PaymentUnkept(Event):
    """Money came that buys nothing, and goes back: `why` is mismatch, extra or late."""

    name: ClassVar[str] = "marketplace.payment_unkept"
    order: str
    payment: str
    refund: str
    why: str
    minor: int
    currency: str


@frozen
class PaymentUnsettled(Event):
    """The provider was asked about a payment for long enough and never said what came of it; an operator decides."""

    name: ClassVar[str] = "marketplace.payment_unsettled"
    order: str
    payment: str


@frozen
class RefundRequested(Event):
    """Somebody wants an order's money back; `approved` says whether that is settled."""

    name: ClassVar[str] = "marketplace.refund_requested"
    refund: str
    order: str
    by: str
    minor: int
    currency: str
    approved: bool


@frozen
class RefundApproved(Event):
    """A refund that was asked for is granted."""

    name: ClassVar[str] = "marketplace.refund_approved"
    refund: str
    order: str


@frozen
class RefundRejected(Event):
    """A refund that was asked for is not granted."""

    name: ClassVar[str] = "marketplace.refund_rejected"
    refund: str
    order: str
    reason: str


@frozen
class RefundSucceeded(Event):
    """Money is back with the buyer."""

    name: ClassVar[str] = "marketplace.refund_succeeded"
    refund: str
    order: str
    minor: int
    currency: str


@frozen
class RefundFailed(Event):
    """The provider will not give the money back; an operator looks at it."""

    name: ClassVar[str] = "marketplace.refund_failed"
    refund: str
    order: str
    code: str


@frozen
class RefundReverted(Event):
    """A refund that had succeeded failed after all, and everything is as before it."""

    name: ClassVar[str] = "marketplace.refund_reverted"
    refund: str
    order: str
    minor: int
    currency: str


@frozen
class ProductReviewed(Event):
    """A buyer said what they think of a product."""

    name: ClassVar[str] = "marketplace.product_reviewed"
    product: str
    buyer: str
    rating: int


@frozen
class RefundUnmatched(Event):
    """The provider gave money back that by all we know it should not have: `state` is where the refund is here."""

    name: ClassVar[str] = "marketplace.refund_unmatched"
    refund: str
    order: str
    reference: str
    state: str


@frozen
class InvoiceIssued(Event):
    """An invoice or a credit note has been issued, and will stay as it is."""

    name: ClassVar[str] = "marketplace.invoice_issued"
    invoice: str
    number: str
    form: str
    order: str
    seller: str
    buyer: str
