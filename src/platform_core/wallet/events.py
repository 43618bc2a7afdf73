"""What the wallet tells the other contexts."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.kernel.events import Event


@frozen
class TipSent(Event):
    """A tip went from one user to another."""

    name: ClassVar[str] = "wallet.tip_sent"
    transaction: str
    payer: str
    payee: str
    amount: int
    fee: int
    context: str
    context_id: str | None


@frozen
class TokensCredited(Event):
    """Tokens were issued to a user."""

    name: ClassVar[str] = "wallet.tokens_credited"
    transaction: str
    user: str
    tokens: int


@frozen
class PurchaseSettled(Event):
    """A token purchase was paid, and its tokens credited."""

    name: ClassVar[str] = "wallet.purchase_settled"
    purchase: str
    user: str
    tokens: int


@frozen
class PurchaseFailed(Event):
    """A token purchase came to nothing."""

    name: ClassVar[str] = "wallet.purchase_failed"
    purchase: str
    user: str
    reason: str


@frozen
class PaymentUnmatched(Event):
    """Money came that buys nothing: the wrong sum, or a second payment of one purchase."""

    name: ClassVar[str] = "wallet.payment_unmatched"
    purchase: str
    user: str
    payment: str
    minor: int
    currency: str


@frozen
class PurchaseUnsettled(Event):
    """The provider was asked about a purchase for long enough and never said what came of it; an operator decides."""

    name: ClassVar[str] = "wallet.purchase_unsettled"
    purchase: str
    user: str
