"""Providers: finding them, their pages, and what they offer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from entrypoints.http.kit.cursors import Seal
from entrypoints.http.kit.fields import Rule
from entrypoints.http.kit.rows import (
    Answer,
    Ask,
    Caller,
    Moment,
    PageAsk,
    Row,
    delete,
    get,
    listing,
    moment,
    nothing,
    patch,
    post,
)
from platform_core.booking.listing import (
    ChangeProvider,
    GetProvider,
    ListProviders,
    ProviderList,
    ProviderOrder,
    ProviderView,
    SetUpProvider,
)
from platform_core.booking.provider import MOST_RATE, check_category
from platform_core.booking.slots import OfferedSlot, OfferSlot, WithdrawSlot

ProviderId = Annotated[str, Meta(description="A provider's user id.", examples=["usr_prov1"])]
SlotId = Annotated[str, Meta(examples=["slot_2026041520"])]
Category = Annotated[str, Meta(description="2 to 40 of a-z, 0-9 and -.", examples=["fitness"])]
TokenRate = Annotated[int, Meta(ge=1, le=MOST_RATE, description="Tokens per minute.", examples=[50])]
Bio = Annotated[str, Meta(max_length=1000, examples=["Trainer since 2012."])]
Services = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=80)]], Meta(max_length=20, examples=[["Yoga", "Nutrition"]])
]
Rating = Annotated[float | None, Meta(description="1 to 5; null without reviews.", examples=[4.8])]
When = Annotated[
    datetime, Meta(tz=True, description="A whole minute, with its offset.", examples=["2026-04-15T20:00:00Z"])
]


USUAL = 20
"""How many providers a page has when nobody says."""


class ListProvidersAsk(PageAsk, frozen=True, kw_only=True):
    """Which providers."""

    names: ClassVar[Mapping[str, str]] = {"min_rating": "minRating", "order": "sort"}

    category: Annotated[str, Meta(max_length=40, examples=["fitness"])] | None = None
    minRating: Annotated[float, Meta(ge=0, le=5, description="At least this rating.", examples=[4])] | None = None
    sort: Annotated[
        Literal["popularity", "rating", "rate"],
        Meta(description="Most sessions, best rating, or lowest rate first."),
    ] = "popularity"
    limit: Annotated[int, Meta(ge=1, description="At most so many; above 100 it is taken for 100.")] = USUAL

    def command(self, caller: Caller) -> ListProviders:
        """What the core is asked."""
        least = None if self.minRating is None else round(self.minRating * 100)
        return ListProviders(self.category, least, ProviderOrder(self.sort), self.limit, caller.position)


class ListedProvider(Struct, frozen=True):
    """A provider at a glance."""

    id: ProviderId
    username: Annotated[str, Meta(examples=["pro_jane"])]
    category: Category
    rating: Rating
    tokenRate: TokenRate


class Providers(Answer, frozen=True):
    """Some providers. `total` counts all that fit, not only these."""

    providers: list[ListedProvider]
    total: Annotated[int, Meta(examples=[142])]
    nextCursor: Annotated[str, Meta(description="Where the next page begins; not there on the last.")] | UnsetType = (
        UNSET
    )
    limit: Annotated[int, Meta(description=f"How many a page has at most; not told when {USUAL}.")] | UnsetType = UNSET


class ProviderAsk(Ask, frozen=True):
    """Which provider."""

    names: ClassVar[Mapping[str, str]] = {"provider": "id"}

    id: ProviderId

    def command(self, _: Caller) -> GetProvider:
        """What the core is asked."""
        return GetProvider(self.id)


class SetUpProviderAsk(Ask, frozen=True):
    """A new profile."""

    names: ClassVar[Mapping[str, str]] = {"rate": "tokenRate"}
    rules: ClassVar[Mapping[str, Rule]] = {"category": check_category}

    category: Category
    tokenRate: TokenRate
    bio: Bio = ""
    services: Services = field(default_factory=list)

    def command(self, _: Caller) -> SetUpProvider:
        """What the core is asked."""
        return SetUpProvider(self.category, self.tokenRate, self.bio, tuple(self.services))


class ChangeProviderAsk(Ask, frozen=True):
    """What to change of a profile; what is left out stays."""

    names: ClassVar[Mapping[str, str]] = {"provider": "id", "rate": "tokenRate"}
    rules: ClassVar[Mapping[str, Rule]] = {"category": check_category}

    id: ProviderId
    category: Category | UnsetType = UNSET
    tokenRate: TokenRate | UnsetType = UNSET
    bio: Bio | UnsetType = UNSET
    services: Services | UnsetType = UNSET

    def command(self, _: Caller) -> ChangeProvider:
        """What the core is asked."""
        return ChangeProvider(
            self.id,
            category=None if self.category is UNSET else self.category,
            rate=None if self.tokenRate is UNSET else self.tokenRate,
            bio=None if self.bio is UNSET else self.bio,
            services=None if self.services is UNSET else tuple(self.services),
        )


class AvailableSlot(Answer, frozen=True):
    """A time that can be booked, from its start on."""

    slotId: SlotId
    start: Moment
    end: Moment


class Reviewer(Struct, frozen=True):
    """Who wrote a review."""

    id: str
    username: str


class ShownReview(Answer, frozen=True):
    """What a customer said of a session."""

    reviewId: Annotated[str, Meta(examples=["rev_bkg_abc123"])]
    author: Reviewer
    rating: Annotated[int, Meta(examples=[5])]
    text: Annotated[str, Meta(examples=["Wonderful!"])]
    createdAt: Moment


class ProviderPage(Answer, frozen=True):
    """A provider's page."""

    id: ProviderId
    username: Annotated[str, Meta(examples=["pro_jane"])]
    category: Category
    bio: Bio
    services: Services
    availability: Annotated[list[AvailableSlot], Meta(description="What can be booked, the next first.")]
    reviews: Annotated[list[ShownReview], Meta(description="The latest.")]
    tokenRate: TokenRate
    rating: Rating
    reviewCount: int
    sessionCount: Annotated[int, Meta(description="Completed bookings.")]


class OfferSlotAsk(Ask, frozen=True):
    """A time to offer."""

    names: ClassVar[Mapping[str, str]] = {"provider": "id", "starts_at": "start", "ends_at": "end"}

    id: ProviderId
    start: When
    end: When

    def command(self, _: Caller) -> OfferSlot:
        """What the core is asked."""
        return OfferSlot(self.id, self.start, self.end)


class WithdrawSlotAsk(Ask, frozen=True):
    """A slot of a provider."""

    names: ClassVar[Mapping[str, str]] = {"provider": "id", "slot": "slotId"}

    id: ProviderId
    slotId: SlotId

    def command(self, _: Caller) -> WithdrawSlot:
        """What the core is asked."""
        return WithdrawSlot(self.id, self.slotId)


def _stars(hundredths: int | None) -> float | None:
    return None if hundredths is None else hundredths / 100


def show_providers(found: ProviderList, seal: Seal) -> Providers:
    """A page of providers; of the usual length and the only one it is exactly as the document has it."""
    listed = [
        ListedProvider(card.id, card.username, card.category, _stars(card.rating), card.rate)
        for card in found.providers
    ]
    return Providers(listed, found.total, seal(found.next) or UNSET, UNSET if found.limit == USUAL else found.limit)


def show_slot(slot: OfferedSlot) -> AvailableSlot:
    """A slot on offer."""
    return AvailableSlot(slot.id, moment(slot.starts_at), moment(slot.ends_at))


def show_provider(provider: ProviderView) -> ProviderPage:
    """A provider's page."""
    return ProviderPage(
        id=provider.id,
        username=provider.username,
        category=provider.category,
        bio=provider.bio,
        services=list(provider.services),
        availability=[show_slot(slot) for slot in provider.slots],
        reviews=[
            ShownReview(
                review.id,
                Reviewer(review.author.id, review.author.username),
                review.rating,
                review.words,
                moment(review.created_at),
            )
            for review in provider.latest
        ],
        tokenRate=provider.rate,
        rating=_stars(provider.rating),
        reviewCount=provider.reviews,
        sessionCount=provider.sessions,
    )


_SLOT = {"slotId": "slot_2026041520", "start": "2026-04-15T20:00:00Z", "end": "2026-04-15T21:00:00Z"}
_PAGE = {
    "id": "usr_prov1",
    "username": "pro_jane",
    "category": "fitness",
    "bio": "Trainer since 2012.",
    "services": ["Yoga", "Nutrition"],
    "availability": [_SLOT],
    "reviews": [
        {
            "reviewId": "rev_bkg_abc123",
            "author": {"id": "usr_abc123", "username": "john_doe"},
            "rating": 5,
            "text": "Wonderful!",
            "createdAt": "2026-04-15T20:40:00Z",
        }
    ],
    "tokenRate": 50,
    "rating": 4.8,
    "reviewCount": 5,
    "sessionCount": 17,
}

ROWS: tuple[Row, ...] = (
    listing(
        "/providers",
        ListProvidersAsk,
        show_providers,
        id="list_providers",
        summary="Find providers",
        tag="providers",
        answers={
            "providers": [
                {"id": "usr_prov1", "username": "pro_jane", "category": "fitness", "rating": 4.8, "tokenRate": 50}
            ],
            "total": 142,
        },
    ),
    post(
        "/providers",
        SetUpProviderAsk,
        show_provider,
        id="set_up_provider",
        summary="Set up one's own provider profile",
        tag="providers",
        status=201,
        example={
            "category": "fitness",
            "tokenRate": 50,
            "bio": "Trainer since 2012.",
            "services": ["Yoga", "Nutrition"],
        },
        answers={**_PAGE, "availability": [], "reviews": [], "rating": None, "reviewCount": 0, "sessionCount": 0},
    ),
    get(
        "/providers/{id}",
        ProviderAsk,
        show_provider,
        id="get_provider",
        summary="Read a provider's page",
        tag="providers",
        answers=_PAGE,
    ),
    patch(
        "/providers/{id}",
        ChangeProviderAsk,
        show_provider,
        id="change_provider",
        summary="Change one's own provider profile",
        tag="providers",
        example={"tokenRate": 60},
        answers={**_PAGE, "tokenRate": 60},
    ),
    post(
        "/providers/{id}/slots",
        OfferSlotAsk,
        show_slot,
        id="offer_slot",
        summary="Offer a time at which one can be booked",
        tag="providers",
        status=201,
        example={"start": "2026-04-15T20:00:00Z", "end": "2026-04-15T21:00:00Z"},
        answers=_SLOT,
    ),
    delete(
        "/providers/{id}/slots/{slotId}",
        WithdrawSlotAsk,
        nothing,
        id="withdraw_slot",
        summary="Offer a slot no longer; bookings in it stand",
        tag="providers",
        status=204,
    ),
)
