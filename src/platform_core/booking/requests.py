"""Booking: availability, funds, hold and booking, all in one unit of work (seed 000)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

from attrs import frozen

from platform_core.booking.booking import LIVE, Booking, BookingState
from platform_core.booking.calendar import Calendar, SlotUnavailable, calendar_of, keep
from platform_core.booking.events import BookingRequested
from platform_core.booking.policy import BookingPolicy
from platform_core.booking.provider import Provider
from platform_core.booking.settling import give_back
from platform_core.booking.slots import Slot
from platform_core.booking.views import BookingView, view
from platform_core.identity.ports import Directory
from platform_core.kernel.actor import USERS, Policy, Role
from platform_core.kernel.command import Command
from platform_core.kernel.errors import Conflict, Invalid, NotFound
from platform_core.kernel.select import Select, Where
from platform_core.kernel.text import text
from platform_core.kernel.work import Work
from platform_core.ledger.ports import Hold

MOST_OPEN = 50
"""How many live bookings a customer may have (MON-17)."""


async def bookable(work: Work, provider: str) -> Provider:
    """A provider who can be booked.

    Raises:
        NotFound: There is none such.
    """
    found = await work.get(Provider, provider)
    if found is None or not found.shown:
        raise NotFound("there is no such provider")
    return found


@frozen
class BookProvider(Command[BookingView]):
    """Book a provider, from the beginning of a slot on. The price is theirs: rate times minutes (MON-07).

    Args:
        provider: Who is booked.
        slot: One of their slots.
        minutes: How long; no longer than the slot.
        note: Something for the provider, at most 500 characters.
    """

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("provider",)

    provider: str
    slot: str
    minutes: int
    note: str = ""

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """There must be such a provider."""
        await bookable(work, target["provider"])


async def book_provider(command: BookProvider, work: Work, people: Directory, rules: BookingPolicy) -> BookingView:
    """Reserve the time, hold the tokens, and make the booking.

    The balance is not read here: the floor of the wallet is checked where the hold's entry is applied, in the commit
    that also takes the time, so that a booking is never without its tokens nor tokens held without their booking.

    Raises:
        Invalid: It is oneself, the note is too long, or the minutes do not fit the slot.
        NotFound: There is no such provider, or no such slot of theirs.
        SlotUnavailable: The time is taken, withdrawn, or too close to be confirmed.
        InsufficientFunds: Less is available.
    """
    customer, provider = work.actor.id, await bookable(work, command.provider)
    if customer == provider.id:
        raise Invalid.field("provider", "must be somebody else")
    note = text(command.note, "note", most=500)
    card = await people.card(provider.id)
    if card is None or card.banned or card.role is not Role.PROVIDER:
        raise NotFound("there is no such provider")
    slot = await _open_slot(command, work, rules)
    if await work.count(_open_bookings(customer)) >= MOST_OPEN:
        raise Conflict(f"you may have {MOST_OPEN} bookings open at once")
    ends_at = slot.starts_at + timedelta(minutes=command.minutes)
    id, price = work.new_id("bkg"), provider.rate * command.minutes
    confirm_by = rules.confirm_by(slot.starts_at)
    calendar = await calendar_of(work, provider.id)
    for other in calendar.overlapping(slot.starts_at, ends_at):
        # A request nobody confirmed in time is in nobody's way, whether or not a sweep has come by (invariant 15).
        await _expire(work, calendar, other)
    calendar.reserve(id, slot.starts_at, ends_at)
    hold = Hold.place(work, payer=customer, amount=price, purpose=id, deadline=confirm_by + rules.margin)
    booking = Booking(
        id=id,
        provider=provider.id,
        customer=customer,
        slot=slot.id,
        starts_at=slot.starts_at,
        ends_at=ends_at,
        minutes=command.minutes,
        rate=provider.rate,
        price=price,
        note=note,
        hold=hold.id,
        created_at=work.now,
        confirm_by=confirm_by,
        due_at=confirm_by,
    )
    booking.record(BookingRequested(id, provider.id, customer, price, confirm_by))
    work.add(booking)
    keep(work, calendar)
    # A slot withdrawn and a rate changed meanwhile are found out at the commit.
    work.guard(slot)
    work.guard(provider)
    return await view(booking, people)


async def _open_slot(command: BookProvider, work: Work, rules: BookingPolicy) -> Slot:
    slot = await work.get(Slot, command.slot)
    if slot is None or slot.provider != command.provider:
        raise NotFound("there is no such slot")
    if type(command.minutes) is not int or not 1 <= command.minutes <= slot.minutes:
        raise Invalid.field("minutes", f"must be a whole number from 1 to {slot.minutes}")
    if slot.withdrawn_at is not None:
        raise SlotUnavailable("this slot is offered no longer")
    if work.now >= rules.confirm_by(slot.starts_at):
        raise SlotUnavailable("it begins too soon to be confirmed")
    return slot


def _open_bookings(customer: str) -> Select[Booking]:
    return Select(Booking, where=(Where("customer", "=", customer), Where("state", "in", LIVE)))


async def _expire(work: Work, calendar: Calendar, id: str) -> None:
    other = await work.get(Booking, id)
    if other is not None and other.state is BookingState.PENDING and other.is_overdue(work.now):
        other.expire(work.now)
        await give_back(work, other)
        calendar.free(id)
