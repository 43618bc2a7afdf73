"""Tiers: what creators ask for them, and who has subscribed to which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.kit.rows import Answer, Ask, Caller, Moment, Row, get, moment, post, put
from entrypoints.http.teezu.users import UserId
from platform_core.content.access import Tier
from platform_core.content.paying import (
    GetTiers,
    ListSubscriptions,
    SetTiers,
    Subscribe,
    SubscriptionReceipt,
    SubscriptionView,
    TierOffers,
)
from platform_core.kernel.money import LIMIT

PaidTier = Literal["fan", "superfan"]
Price = Annotated[int, Meta(ge=0, le=LIMIT, description="Tokens for 30 days; 0 to offer it no more.", examples=[100])]


class TiersAsk(Ask, frozen=True):
    """Whose tiers."""

    names: ClassVar[Mapping[str, str]] = {"creator": "id"}

    id: UserId

    def command(self, _: Caller) -> GetTiers:
        """What the core is asked."""
        return GetTiers(self.id)


class SetTiersAsk(Ask, frozen=True):
    """What one's own tiers cost."""

    fan: Price
    superfan: Price

    def command(self, _: Caller) -> SetTiers:
        """What the core is asked."""
        return SetTiers(self.fan, self.superfan)


class TierOffer(Struct, frozen=True):
    """A tier that is offered."""

    tier: PaidTier
    tokenPrice: Annotated[int, Meta(description="Tokens for 30 days.", examples=[100])]


class MyTier(Struct, frozen=True):
    """The caller's own subscription."""

    tier: PaidTier
    until: Moment


class Tiers(Answer, frozen=True):
    """A creator's tiers. `subscription` is the caller's own, while it runs."""

    creatorId: UserId
    tiers: list[TierOffer]
    subscription: MyTier | None


class SubscribeAsk(Ask, frozen=True):
    """Which tier of whom."""

    names: ClassVar[Mapping[str, str]] = {"creator": "id", "price": "tokenPrice"}

    id: UserId
    tier: PaidTier
    tokenPrice: (
        Annotated[int, Meta(ge=1, le=LIMIT, description="What the caller takes it to cost; refused when it does not.")]
        | UnsetType
    ) = UNSET

    def command(self, _: Caller) -> Subscribe:
        """What the core is asked."""
        return Subscribe(self.id, Tier(self.tier), None if self.tokenPrice is UNSET else self.tokenPrice)


class Subscribed(Answer, frozen=True):
    """A subscription that runs."""

    creatorId: UserId
    tier: PaidTier
    amount: Annotated[int, Meta(description="The tokens paid now; 0 for one that ran already.", examples=[100])]
    newBalance: Annotated[int, Meta(description="All tokens of the caller, held ones included.", examples=[900])]
    until: Moment


class SubscriptionItem(Struct, frozen=True):
    """A subscription as its subscriber sees it."""

    creatorId: UserId
    username: Annotated[str, Meta(examples=["john_doe"])]
    avatarUrl: str | None
    tier: PaidTier
    since: Moment
    until: Moment


class Subscriptions(Answer, frozen=True):
    """The caller's subscriptions that run, those that run longest first."""

    subscriptions: list[SubscriptionItem]


def show_tiers(offers: TierOffers) -> Tiers:
    """A creator's tiers."""
    mine = None
    if offers.mine is not None and offers.until is not None:
        mine = MyTier(offers.mine, moment(offers.until))  # type: ignore[arg-type]  # the enum's own value
    return Tiers(offers.creator, [TierOffer(tier, price) for tier, price in offers.prices.items()], mine)  # type: ignore[arg-type]  # the enum's own values


def show_subscribed(receipt: SubscriptionReceipt) -> Subscribed:
    """A subscription that runs."""
    return Subscribed(
        receipt.creator,
        receipt.tier,  # type: ignore[arg-type]  # the enum's own value
        receipt.paid,
        receipt.balance,
        moment(receipt.until),
    )


def show_subscriptions(views: list[SubscriptionView]) -> Subscriptions:
    """The caller's subscriptions."""
    return Subscriptions(
        [
            SubscriptionItem(
                view.creator,
                view.username,
                view.avatar_url,
                view.tier,  # type: ignore[arg-type]  # the enum's own value
                moment(view.since),
                moment(view.until),
            )
            for view in views
        ]
    )


_TIERS = {
    "creatorId": "usr_abc123",
    "tiers": [{"tier": "fan", "tokenPrice": 100}, {"tier": "superfan", "tokenPrice": 300}],
    "subscription": None,
}

ROWS: tuple[Row, ...] = (
    get(
        "/users/{id}/tiers",
        TiersAsk,
        show_tiers,
        id="get_tiers",
        summary="Read what a creator's tiers cost",
        tag="tiers",
        answers={**_TIERS, "subscription": {"tier": "fan", "until": "2026-05-31T12:00:00Z"}},
    ),
    put(
        "/tiers",
        SetTiersAsk,
        show_tiers,
        id="set_tiers",
        summary="Set what one's own tiers cost",
        tag="tiers",
        example={"fan": 100, "superfan": 300},
        answers=_TIERS,
    ),
    post(
        "/users/{id}/subscription",
        SubscribeAsk,
        show_subscribed,
        id="subscribe",
        summary="Pay for 30 days of a creator's tier; nobody pays twice",
        tag="tiers",
        limit="money",
        example={"tier": "fan", "tokenPrice": 100},
        answers={
            "creatorId": "usr_abc123",
            "tier": "fan",
            "amount": 100,
            "newBalance": 900,
            "until": "2026-05-31T12:00:00Z",
        },
    ),
    get(
        "/subscriptions",
        ListSubscriptions,
        show_subscriptions,
        id="list_subscriptions",
        summary="List one's own subscriptions that run",
        tag="tiers",
        answers={
            "subscriptions": [
                {
                    "creatorId": "usr_abc123",
                    "username": "john_doe",
                    "avatarUrl": None,
                    "tier": "fan",
                    "since": "2026-05-01T12:00:00Z",
                    "until": "2026-05-31T12:00:00Z",
                }
            ]
        },
    ),
)
