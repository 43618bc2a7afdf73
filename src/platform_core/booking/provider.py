"""A provider: what they offer, for how many tokens a minute, and how they are rated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from attrs import define

from platform_core.booking.events import ProviderChanged, ProviderSetUp, ProviderShown
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Invalid
from platform_core.kernel.text import text

MOST_RATE = 1_000_000
MOST_SERVICES = 20
_CATEGORY = re.compile(r"[a-z][a-z0-9-]{1,39}")


def check_category(category: str) -> None:
    """Refuse what is no category.

    Raises:
        Invalid: It is not 2 to 40 of a-z, 0-9 and `-`, beginning with a letter.
    """
    if _CATEGORY.fullmatch(category) is None:
        raise Invalid.field("category", "must be 2 to 40 of a-z, 0-9 and -, beginning with a letter")


def check_rate(rate: int) -> None:
    """Refuse what is no rate.

    Raises:
        Invalid: It is not a whole number of tokens from 1 to `MOST_RATE`.
    """
    if type(rate) is not int or not 1 <= rate <= MOST_RATE:
        raise Invalid.field("rate", f"must be a whole number from 1 to {MOST_RATE}")


def check_services(services: Sequence[str]) -> None:
    """Refuse too many services, or ones without a fit name.

    Raises:
        Invalid: They are more than `MOST_SERVICES`, or one is not 1 to 80 characters.
    """
    if len(services) > MOST_SERVICES:
        raise Invalid.field("services", f"must be at most {MOST_SERVICES}")
    for service in services:
        text(service, "services", least=1, most=80)


@define(eq=False, kw_only=True)
class Provider(Aggregate):
    """Somebody who can be booked; the id is the user's.

    Args:
        category: What they do, e.g. `fitness`.
        bio: What they say of themselves as a provider.
        services: What one can book them for.
        rate: Tokens per minute.
        created_at: When they began.
        shown: Whether they can be found and booked: not while they are banned or have another role.
        stars: The sum of all ratings.
        reviews: How many ratings.
        rating: Their average in hundredths, rounded half up; 0 without any.
        sessions: How many bookings were completed: their popularity.
        cancellations: How many confirmed bookings they have called off.
    """

    kind: ClassVar[str] = "provider"

    category: str
    bio: str
    services: tuple[str, ...]
    rate: int
    created_at: datetime
    shown: bool = True
    stars: int = 0
    reviews: int = 0
    rating: int = 0
    sessions: int = 0
    cancellations: int = 0

    @classmethod
    def set_up(
        cls, *, user: str, category: str, rate: int, bio: str, services: Sequence[str], now: datetime
    ) -> Provider:
        """A new provider.

        Raises:
            Invalid: A field breaks a rule.
        """
        provider = cls(id=user, category=category, bio=bio, services=tuple(services), rate=rate, created_at=now)
        _check(provider)
        provider.record(ProviderSetUp(user, category, rate))
        return provider

    def change(
        self,
        *,
        category: str | None = None,
        rate: int | None = None,
        bio: str | None = None,
        services: Sequence[str] | None = None,
    ) -> None:
        """Change the profile; what is None stays. Bookings made before keep their rate.

        Raises:
            Invalid: A field breaks a rule.
        """
        wanted = Provider(
            id=self.id,
            category=self.category if category is None else category,
            bio=self.bio if bio is None else bio,
            services=self.services if services is None else tuple(services),
            rate=self.rate if rate is None else rate,
            created_at=self.created_at,
        )
        _check(wanted)
        self.category, self.bio, self.services, self.rate = wanted.category, wanted.bio, wanted.services, wanted.rate
        self.record(ProviderChanged(self.id, self.category, self.rate))

    def show(self, shown: bool) -> None:
        """Let them be found and booked, or no longer."""
        if self.shown is not shown:
            self.shown = shown
            self.record(ProviderShown(self.id, shown))

    def rated(self, rating: int) -> None:
        """Count a rating of 1 to 5 stars."""
        self.stars += rating
        self.reviews += 1
        self.rating = (self.stars * 200 + self.reviews) // (2 * self.reviews)


def _check(provider: Provider) -> None:
    check_category(provider.category)
    check_rate(provider.rate)
    text(provider.bio, "bio", most=1000)
    check_services(provider.services)
