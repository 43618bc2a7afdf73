"""What a seller has, and where the payment provider asks who they are."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from entrypoints.http.kit.rows import Answer, Moment, Row, get, moment, post
from entrypoints.http.veza.products import Currency
from platform_core.payouts.balances import CurrencyBalance, GetSellerBalance, SellerBalance
from platform_core.payouts.onboarding import Onboarding, StartOnboarding

AccountState = Literal["onboarding", "ready", "restricted", "closed"]


class Balance(Struct, frozen=True):
    """What a seller has in one currency, in minor units."""

    currency: Currency
    available: Annotated[int, Meta(description="Sent, or to be sent, now.", examples=[12500])]
    pending: Annotated[int, Meta(description="Not to be sent yet.", examples=[3200])]
    owed: Annotated[int, Meta(description="Owed for money that went back to buyers after it was sent.")]
    next_release_at: Moment | None


class SellerBalances(Answer, frozen=True):
    """What a seller has. `available`, `pending` and `currency` are those of the first of `balances`."""

    connected: Annotated[bool, Meta(description="Whether money can be sent to the seller's account.")]
    account_status: AccountState | None
    available: Annotated[int, Meta(examples=[12500])]
    pending: Annotated[int, Meta(examples=[3200])]
    currency: Currency
    balances: Annotated[list[Balance], Meta(description="One for each currency; amounts of two are never summed.")]


class Link(Answer, frozen=True):
    """Where the seller goes on, at the payment provider."""

    onboarding_url: Annotated[str, Meta(examples=["https://connect.stripe.com/setup/e/acct_1"])]
    expires_at: Moment
    account_status: AccountState


#: Of somebody who has sold nothing.
_NOTHING = CurrencyBalance("EUR", 0, 0, 0, None)


def show_balance(balance: SellerBalance) -> SellerBalances:
    """A seller's balance; the largest currency first."""
    ordered = sorted(balance.currencies, key=lambda one: (-(one.available + one.pending), one.currency))
    first = ordered[0] if ordered else _NOTHING
    return SellerBalances(
        connected=balance.connected,
        account_status=None if balance.state is None else balance.state.value,
        available=first.available,
        pending=first.pending,
        currency=first.currency,
        balances=[
            Balance(
                one.currency,
                one.available,
                one.pending,
                one.owed,
                None if one.next_release_at is None else moment(one.next_release_at),
            )
            for one in ordered
        ],
    )


def show_link(onboarding: Onboarding) -> Link:
    """The answer to a wish to be paid."""
    return Link(onboarding.url, moment(onboarding.expires_at), onboarding.state.value)


ROWS: tuple[Row, ...] = (
    get(
        "/sell/balance",
        GetSellerBalance,
        show_balance,
        id="seller_balance",
        summary="Get what one has as a seller",
        tag="seller",
        answers={
            "connected": True,
            "account_status": "ready",
            "available": 12500,
            "pending": 3200,
            "currency": "EUR",
            "balances": [
                {"currency": "EUR", "available": 12500, "pending": 3200, "owed": 0, "next_release_at": None},
            ],
        },
    ),
    post(
        "/sell/connect/onboard",
        StartOnboarding,
        show_link,
        id="seller_onboard",
        summary="Get a link at which the payment provider asks who one is",
        tag="seller",
        limit="money",
        answers={
            "onboarding_url": "https://connect.stripe.com/setup/e/acct_1",
            "expires_at": "2026-02-23T12:05:00Z",
            "account_status": "onboarding",
        },
    ),
)
