"""Slots: times at which a provider can be booked, offered and withdrawn by them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from attrs import define, frozen

from platform_core.booking.events import SlotOffered, SlotWithdrawn
from platform_core.booking.provider import Provider
from platform_core.kernel.actor import USERS, Policy
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.command import Command
from platform_core.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=24)
FURTHEST = timedelta(days=365)
MOST = 500
"""How many slots ahead a provider may offer."""


@define(eq=False, kw_only=True)
class Slot(Aggregate):
    """A time at which a provider can be booked: bookings begin with it and last as long as the customer says.

    Slots of one provider may overlap, as choices; the calendar sees to it that bookings do not.

    Args:
        provider: Whose.
        starts_at: When it begins, a whole minute.
        ends_at: When it ends, a whole minute.
        withdrawn_at: Since when it is no longer offered, if so.
    """

    kind: ClassVar[str] = "slot"

    provider: str
    starts_at: datetime
    ends_at: datetime
    withdrawn_at: datetime | None = None

    @property
    def minutes(self) -> int:
        """How long it is."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    @classmethod
    def offer(cls, *, id: str, provider: str, starts_at: datetime, ends_at: datetime, now: datetime) -> Slot:
        """A new slot.

        Raises:
            Invalid: It is not in the future, too far in it, too short or too long, or not of whole minutes.
        """
        for name, at in (("starts_at", starts_at), ("ends_at", ends_at)):
            if at.tzinfo is None:
                raise Invalid.field(name, "must have a time zone")
            if not now < at <= now + FURTHEST:
                raise Invalid.field(name, f"must be in the next {FURTHEST.days} days")
            if at.second or at.microsecond:
                raise Invalid.field(name, "must be a whole minute")
        if not SHORTEST <= ends_at - starts_at <= LONGEST:
            raise Invalid.field("ends_at", "must be 5 minutes to 24 hours after the start")
        # Only now, that it is near the present, can any offset be taken off without leaving the calendar's years.
        starts_at, ends_at = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
        slot = cls(id=id, provider=provider, starts_at=starts_at, ends_at=ends_at)
        slot.record(SlotOffered(id, provider, starts_at, ends_at))
        return slot

    def withdraw(self, now: datetime) -> None:
        """Offer it no longer.

        Raises:
            Conflict: It is withdrawn already.
        """
        if self.withdrawn_at is not None:
            raise Conflict("this slot is withdrawn already")
        self.withdrawn_at = now
        self.record(SlotWithdrawn(self.id, self.provider))


async def own_provider(work: Work, provider: str) -> Provider:
    """A provider, if it is the actor's own.

    Raises:
        NotFound: There is no such provider.
        Forbidden: It is somebody else, or the actor is no provider any more.
    """
    found = await work.require(Provider, provider)
    if work.actor.id != provider:
        raise Forbidden("this is somebody else's profile")
    if not found.shown:
        raise Forbidden("you are not a provider just now")
    return found


def offered_from(provider: str, now: datetime, limit: int) -> Select[Slot]:
    """The slots that a provider offers after a moment, the next first."""
    where = (Where("provider", "=", provider), Where("withdrawn_at", "=", None), Where("starts_at", ">", now))
    return Select(Slot, where=where, order=("starts_at",), limit=limit)


@frozen
class OfferedSlot:
    """A slot as it is offered: one may book from its start on, until its end at most."""

    id: str
    starts_at: datetime
    ends_at: datetime


@frozen
class OfferSlot(Command[OfferedSlot]):
    """Offer a time at which one can be booked. A provider may, for themself.

    Args:
        provider: Whose.
        starts_at: When it begins: a whole minute within the next 365 days.
        ends_at: When it ends: 5 minutes to 24 hours later.
    """

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("provider",)

    provider: str
    starts_at: datetime
    ends_at: datetime

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Providers are public: a missing one is not found, another's slots are forbidden."""
        await own_provider(work, target["provider"])


async def offer_slot(command: OfferSlot, work: Work) -> OfferedSlot:
    """Offer it.

    Raises:
        Invalid: The times break a rule.
        Conflict: The same is offered already, or as many as one may offer.
    """
    slot = Slot.offer(
        id=work.new_id("slot"),
        provider=command.provider,
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        now=work.now,
    )
    offered = await work.find(offered_from(command.provider, work.now, MOST))
    if len(offered) >= MOST:
        raise Conflict(f"a provider may offer {MOST} slots ahead")
    if any((other.starts_at, other.ends_at) == (slot.starts_at, slot.ends_at) for other in offered):
        raise Conflict("this slot is offered already")
    work.add(slot)
    return OfferedSlot(slot.id, slot.starts_at, slot.ends_at)


@frozen
class WithdrawSlot(Command[None]):
    """Offer a slot no longer; what is booked in it stays booked. A provider may, for their own.

    Args:
        provider: Whose.
        slot: Which.
    """

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("provider", "slot")

    provider: str
    slot: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """The slot must be there and the provider's (AUTHZ-09)."""
        await work.require(Provider, target["provider"])
        slot = await work.get(Slot, target["slot"])
        if slot is None or slot.provider != target["provider"]:
            raise NotFound("there is no such slot")
        await own_provider(work, target["provider"])


async def withdraw_slot(command: WithdrawSlot, work: Work) -> None:
    """Withdraw it.

    Raises:
        Conflict: It is withdrawn already.
    """
    slot = await work.require(Slot, command.slot)
    slot.withdraw(work.now)
    work.save(slot)
