"""Tiers, and what somebody has paid for: subscriptions to a creator, and single items unlocked for good."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from hashlib import blake2b
from typing import ClassVar

from attrs import define

from platform_core.content.events import TiersSet
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Conflict, Invalid
from platform_core.kernel.money import LIMIT

PERIOD = timedelta(days=30)
"""How long a subscription lasts. It does not renew itself: nobody pays again without saying so."""


class Tier(Enum):
    """How close a viewer is to a creator. What is for one tier is for those above it too."""

    FREE = "free"
    FAN = "fan"
    SUPERFAN = "superfan"

    @property
    def rank(self) -> int:
        """Its place, from 0."""
        return list(Tier).index(self)


def pair_id(prefix: str, one: str, other: str) -> str:
    """The id of the one thing of its kind that two others share: two who make it at once make the same."""
    # Neither may hold a NUL, so no two pairs read the same.
    pair = f"{one}\0{other}".encode()
    return f"{prefix}_{blake2b(pair, digest_size=16).hexdigest()}"


def _price(value: int, name: str) -> int:
    if type(value) is not int or not 0 <= value <= LIMIT:
        raise Invalid.field(name, f"must be a whole number from 0 to {LIMIT}")
    return value


@define(eq=False, kw_only=True)
class TierPlan(Aggregate):
    """What a creator's tiers cost. Its id is the creator's.

    Args:
        fan: Tokens for 30 days; 0 where the tier is not offered.
        superfan: The same.
        changed_at: When the prices were last set.
    """

    kind: ClassVar[str] = "tier_plan"

    changed_at: datetime
    fan: int = 0
    superfan: int = 0

    def price(self, tier: Tier) -> int:
        """Tokens for 30 days of a tier; 0 where it is not offered."""
        return {Tier.FAN: self.fan, Tier.SUPERFAN: self.superfan}.get(tier, 0)

    def offer(self, *, fan: int, superfan: int, now: datetime) -> None:
        """Set the prices. Whoever has subscribed keeps what they paid for.

        Raises:
            Invalid: One is no price, or the higher tier costs less than the lower.
        """
        _price(fan, "fan")
        if _price(superfan, "superfan") and superfan < fan:
            raise Invalid.field("superfan", "must not cost less than fan")
        self.fan, self.superfan, self.changed_at = fan, superfan, now
        self.record(TiersSet(self.id, fan, superfan))


@define(eq=False, kw_only=True)
class Subscription(Aggregate):
    """Somebody's standing with a creator. There is one for each pair, renewed in place.

    Args:
        creator: Whose content.
        subscriber: Who pays.
        tier: What for.
        price: The tokens that its period cost; an upgrade's unused part is taken off the next.
        started_at: When the period began.
        until: When it ends.
        transaction: The journal entry that paid for it; None where nothing was left to pay.
    """

    kind: ClassVar[str] = "subscription"

    creator: str
    subscriber: str
    tier: Tier
    price: int
    started_at: datetime
    until: datetime
    transaction: str | None

    def is_active(self, now: datetime) -> bool:
        """Whether it still runs."""
        return now < self.until

    def covers(self, tier: Tier, now: datetime) -> bool:
        """Whether it gives this tier now."""
        return self.is_active(now) and self.tier.rank >= tier.rank

    def unused(self, now: datetime) -> int:
        """The tokens' worth of what is left of its period, rounded down."""
        if not self.is_active(now):
            return 0
        return self.price * ((self.until - now) // timedelta(seconds=1)) // (PERIOD // timedelta(seconds=1))

    def renew(self, tier: Tier, *, price: int, now: datetime, transaction: str | None) -> None:
        """A new period, from now on.

        Raises:
            Conflict: The one that runs gives as much already.
        """
        if self.covers(tier, now):
            raise Conflict(f"you are a {self.tier.value} already")
        self.tier, self.price, self.transaction = tier, price, transaction
        self.started_at, self.until = now, now + PERIOD


@define(eq=False, kw_only=True)
class Unlock(Aggregate):
    """One item that somebody has paid to see, for as long as it is there.

    Args:
        item: Which.
        user: Who.
        paid: Tokens.
        transaction: The journal entry that moved them.
        unlocked_at: When.
    """

    kind: ClassVar[str] = "unlock"

    item: str
    user: str
    paid: int
    transaction: str
    unlocked_at: datetime
