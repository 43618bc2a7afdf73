"""The wallet: its balance, tips, and buying tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from entrypoints.http.kit.rows import Answer, Ask, Caller, Moment, Row, get, moment, post
from platform_core.kernel.money import LIMIT
from platform_core.wallet.balance import GetWallet
from platform_core.wallet.purchases import CheckoutOffer, PurchaseTokens
from platform_core.wallet.tips import SendTip, TipContext, TipReceipt
from platform_core.wallet.wallet import Wallet


class Balance(Answer, frozen=True):
    """A wallet, in whole tokens."""

    balance: Annotated[int, Meta(description="All tokens, held ones included.", examples=[4250])]
    held: Annotated[int, Meta(description="Tokens set aside for pending bookings.", examples=[200])]
    available: Annotated[int, Meta(description="What can be spent: balance less held.", examples=[4050])]
    currency: Annotated[str, Meta(examples=["TZT"])]


def show_wallet(wallet: Wallet) -> Balance:
    """A wallet."""
    return Balance(wallet.balance, wallet.held, wallet.available, wallet.currency)


class TipAsk(Ask, frozen=True):
    """A tip."""

    names: ClassVar[Mapping[str, str]] = {"payee": "recipientId", "context_id": "contextId"}

    recipientId: Annotated[str, Meta(min_length=1, max_length=64, examples=["usr_creator42"])]
    amount: Annotated[int, Meta(ge=1, le=LIMIT, description="Whole tokens.", examples=[100])]
    context: Annotated[Literal["stream", "chat", "content"], Meta(description="Where it is given.")]
    contextId: Annotated[str, Meta(max_length=64, description="The stream, conversation or item.")] | None = None

    def command(self, _: Caller) -> SendTip:
        """What the core is asked."""
        return SendTip(self.recipientId, self.amount, TipContext(self.context), self.contextId)


class Recipient(Struct, frozen=True):
    """Who got a tip."""

    id: Annotated[str, Meta(examples=["usr_creator42"])]
    username: Annotated[str, Meta(examples=["creator42"])]


class Tipped(Answer, frozen=True):
    """A tip as it was booked."""

    transactionId: Annotated[str, Meta(examples=["txn_tip_001"])]
    newBalance: Annotated[int, Meta(description="The sender's balance right after it.", examples=[4150])]
    recipient: Recipient


def show_receipt(receipt: TipReceipt) -> Tipped:
    """A tip's receipt."""
    return Tipped(receipt.transaction, receipt.balance, Recipient(receipt.payee, receipt.payee_name))


class PurchaseAsk(Ask, frozen=True):
    """Which tokens, and how they are paid."""

    names: ClassVar[Mapping[str, str]] = {"package": "packageId", "method": "paymentMethod"}

    packageId: Annotated[str, Meta(description="A package on sale.", examples=["pkg_500"])]
    paymentMethod: Literal["card", "crypto", "ideal"]

    def command(self, _: Caller) -> PurchaseTokens:
        """What the core is asked."""
        return PurchaseTokens(self.packageId, self.paymentMethod)


class CheckoutPage(Answer, frozen=True):
    """Where to pay. The tokens come once the provider says the money has."""

    checkoutUrl: Annotated[str, Meta(examples=["https://checkout.example/pay/sess_xyz"])]
    expiresAt: Moment


def show_checkout(offer: CheckoutOffer) -> CheckoutPage:
    """A payment page."""
    return CheckoutPage(offer.url, moment(offer.expires_at))


ROWS: tuple[Row, ...] = (
    get(
        "/wallet/balance",
        GetWallet,
        show_wallet,
        id="get_wallet",
        summary="Read one's own token balance",
        tag="wallet",
        answers={"balance": 4250, "held": 200, "available": 4050, "currency": "TZT"},
    ),
    post(
        "/wallet/tip",
        TipAsk,
        show_receipt,
        id="send_tip",
        summary="Send tokens to a creator",
        tag="wallet",
        limit="money",
        example={"recipientId": "usr_creator42", "amount": 100, "context": "stream", "contextId": "str_abc123"},
        answers={
            "transactionId": "txn_tip_001",
            "newBalance": 4150,
            "recipient": {"id": "usr_creator42", "username": "creator42"},
        },
    ),
    post(
        "/wallet/purchase",
        PurchaseAsk,
        show_checkout,
        id="purchase_tokens",
        summary="Begin to buy a package of tokens",
        tag="wallet",
        limit="money",
        example={"packageId": "pkg_500", "paymentMethod": "card"},
        answers={"checkoutUrl": "https://checkout.example/pay/sess_xyz", "expiresAt": "2026-04-15T10:00:00Z"},
    ),
)
