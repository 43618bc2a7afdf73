"""Providers' profiles: set up, changed, found and read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import ClassVar

from attrs import frozen

from platform_core.booking.calendar import calendar_of
from platform_core.booking.policy import BookingPolicy
from platform_core.booking.provider import Provider
from platform_core.booking.requests import bookable
from platform_core.booking.reviews import ProviderReview, ReviewView, review_views
from platform_core.booking.slots import OfferedSlot, offered_from, own_provider
from platform_core.identity.ports import Card, Directory
from platform_core.kernel.actor import ANYONE, PROVIDERS, USERS, Policy, Role
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Conflict, Invalid, NotFound
from platform_core.kernel.page import Position, bounded
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work

SLOTS_SHOWN, REVIEWS_SHOWN = 50, 20


@frozen
class ProviderView:
    """A provider's page.

    Args:
        rating: The average of their ratings in hundredths; None without any.
        reviews: How many ratings.
        slots: What can be booked, the next first.
        latest: The latest reviews.
    """

    id: str
    username: str
    category: str
    bio: str
    services: tuple[str, ...]
    rate: int
    rating: int | None
    reviews: int
    sessions: int
    slots: list[OfferedSlot]
    latest: list[ReviewView]


@frozen
class SetUpProvider(Command[ProviderView]):
    """Begin to offer sessions. Users with the role of a provider may, once.

    Args:
        category: 2 to 40 of a-z, 0-9 and `-`.
        rate: Tokens per minute, 1 to 1,000,000.
        bio: At most 1000 characters.
        services: At most 20, of 1 to 80 characters each.
    """

    policy: ClassVar[Policy] = PROVIDERS

    category: str
    rate: int
    bio: str = ""
    services: tuple[str, ...] = ()


async def set_up_provider(command: SetUpProvider, work: Work, people: Directory, rules: BookingPolicy) -> ProviderView:
    """Make the profile.

    Raises:
        Invalid: A field breaks a rule.
        Conflict: There is one already.
    """
    provider = Provider.set_up(
        user=work.actor.id,
        category=command.category,
        rate=command.rate,
        bio=command.bio,
        services=command.services,
        now=work.now,
    )
    if await work.get(Provider, provider.id) is not None:
        raise Conflict("you have a provider profile already")
    work.add(provider)
    return await _page(provider, work, people, rules)


@frozen
class ChangeProvider(Command[ProviderView]):
    """Change one's own profile; what is None stays. Bookings made before keep their rate.

    Args:
        provider: Whose.
        category, rate, bio, services: As in `SetUpProvider`.
    """

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("provider",)

    provider: str
    category: str | None = None
    rate: int | None = None
    bio: str | None = None
    services: tuple[str, ...] | None = None

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Providers are public: a missing one is not found, another's is forbidden."""
        await own_provider(work, target["provider"])


async def change_provider(command: ChangeProvider, work: Work, people: Directory, rules: BookingPolicy) -> ProviderView:
    """Change it.

    Raises:
        Invalid: A field breaks a rule.
    """
    provider = await work.require(Provider, command.provider)
    provider.change(category=command.category, rate=command.rate, bio=command.bio, services=command.services)
    work.save(provider)
    return await _page(provider, work, people, rules)


@frozen
class GetProvider(Query[ProviderView]):
    """A provider's page. Anybody may."""

    policy: ClassVar[Policy] = ANYONE

    provider: str


async def get_provider(query: GetProvider, work: Work, people: Directory, rules: BookingPolicy) -> ProviderView:
    """The page.

    Raises:
        NotFound: There is no such provider.
    """
    provider = await bookable(work, query.provider)
    if _bookable(await people.card(provider.id)) is None:
        raise NotFound("there is no such provider")
    return await _page(provider, work, people, rules)


def _bookable(card: Card | None) -> Card | None:
    return None if card is None or card.banned or card.role is not Role.PROVIDER else card


async def _page(provider: Provider, work: Work, people: Directory, rules: BookingPolicy) -> ProviderView:
    card = await people.card(provider.id)
    where = (Where("provider", "=", provider.id),)
    latest = await work.find(Select(ProviderReview, where=where, order=("-created_at",), limit=REVIEWS_SHOWN))
    return ProviderView(
        provider.id,
        card.username if card else "",
        provider.category,
        provider.bio,
        provider.services,
        provider.rate,
        provider.rating if provider.reviews else None,
        provider.reviews,
        provider.sessions,
        await _bookable_slots(provider, work, rules),
        await review_views(latest, people),
    )


async def _bookable_slots(provider: Provider, work: Work, rules: BookingPolicy) -> list[OfferedSlot]:
    """The slots that can still be booked and confirmed, each as far as it is free."""
    calendar = await calendar_of(work, provider.id)
    found = []
    for slot in await work.find(offered_from(provider.id, work.now + rules.lead, SLOTS_SHOWN)):
        free = calendar.free_from(slot.starts_at, slot.ends_at)
        if free > slot.starts_at:
            found.append(OfferedSlot(slot.id, slot.starts_at, free))
    return found


class ProviderOrder(Enum):
    """How a list of providers is sorted."""

    POPULARITY = "popularity"
    RATING = "rating"
    RATE = "rate"


_ORDERS = {
    ProviderOrder.POPULARITY: ("-sessions", "-rating"),
    ProviderOrder.RATING: ("-rating", "-reviews"),
    ProviderOrder.RATE: ("rate",),
}


@frozen
class ProviderCard:
    """A provider at a glance; `rating` is in hundredths, None without any."""

    id: str
    username: str
    category: str
    rating: int | None
    rate: int


@frozen
class ProviderList:
    """Some providers, how many there are in all, and where the next page begins, if there is one."""

    providers: list[ProviderCard]
    total: int
    limit: int
    next: Position | None = None


@frozen
class ListProviders(Query[ProviderList]):
    """Providers who can be booked. Anybody may ask.

    Args:
        category: Only of this category.
        min_rating: Only with at least this average rating, in hundredths, 0 to 500.
        order: Most sessions, best rating, or lowest rate first.
        limit: At most this many, 1 to 100; more is taken for 100.
        after: Where the page begins, as the page before told.
    """

    policy: ClassVar[Policy] = ANYONE

    category: str | None = None
    min_rating: int | None = None
    order: ProviderOrder = ProviderOrder.POPULARITY
    limit: int = 20
    after: Position | None = None


async def list_providers(query: ListProviders, work: Work, people: Directory) -> ProviderList:
    """A page of them, and the number of all matches. One whose rating changes between two pages may come twice.

    Raises:
        Invalid: The limit or the rating is out of bounds.
    """
    if query.limit < 1:
        raise Invalid.field("limit", "must be at least 1")
    limit = bounded(query.limit)
    where = [Where("shown", "=", True)]
    if query.category is not None:
        where.append(Where("category", "=", query.category))
    if query.min_rating is not None:
        if not 0 <= query.min_rating <= 500:
            raise Invalid.field("min_rating", "must be from 0 to 5")
        where.append(Where("rating", ">=", query.min_rating))
    order = _ORDERS[query.order]
    select = Select(Provider, where=tuple(where), order=order, after=query.after, limit=limit + 1)
    found = await work.find(select)
    known = await people.cards([provider.id for provider in found[:limit]])
    cards = []
    for provider in found[:limit]:
        # Somebody banned a moment ago may still be shown: word of it is on its way.
        card = _bookable(known.get(provider.id))
        if card is not None:
            rating = provider.rating if provider.reviews else None
            cards.append(ProviderCard(provider.id, card.username, provider.category, rating, provider.rate))
    last = found[limit - 1] if len(found) > limit else None
    following = None if last is None else (*(getattr(last, name.removeprefix("-")) for name in order), last.id)
    return ProviderList(cards, await work.count(select), limit, following)
