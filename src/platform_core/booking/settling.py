"""Where a booking's tokens and its time go when it moves: always in the unit of work that moves it."""

from __future__ import annotations

from platform_core.booking.booking import Booking, BookingState, Side
from platform_core.booking.calendar import calendar_of, keep
from platform_core.booking.policy import BookingPolicy
from platform_core.booking.provider import Provider
from platform_core.kernel.work import Work
from platform_core.ledger.ports import FeePolicy, Hold, HoldState


async def extend(work: Work, booking: Booking, policy: BookingPolicy) -> None:
    """Keep the tokens held until the booking must have ended, and the margin beyond.

    Raises:
        HoldResolved, HoldExpiredError: They are held no longer.
    """
    hold = await work.require(Hold, booking.hold)
    deadline = (booking.due_at or work.now) + policy.margin
    if deadline > hold.deadline:
        hold.extend(work, deadline)
    else:
        # As good as extended; but it must still be there when this commits.
        work.guard(hold)
    work.save(booking)


async def settle(work: Work, booking: Booking, fees: FeePolicy) -> None:
    """Pay the provider what they have earned, give the customer the rest, and free the time.

    Raises:
        HoldResolved, HoldExpiredError: There is something to pay, and it is held no longer.
    """
    if booking.paid:
        hold = await work.require(Hold, booking.hold)
        hold.capture(work, booking.paid, payee=booking.provider, basis_points=fees.rate("capture"))
        work.save(booking)
    else:
        await give_back(work, booking)
    calendar = await calendar_of(work, booking.provider)
    calendar.free(booking.id)
    keep(work, calendar)
    await _count(work, booking)


async def give_back(work: Work, booking: Booking) -> None:
    """Give the customer all of it back, if that has not been done already."""
    hold = await work.require(Hold, booking.hold)
    if hold.state is HoldState.ACTIVE:
        hold.expire(work) if work.now >= hold.deadline else hold.release(work, booking.state.value)
    work.save(booking)


async def is_held(work: Work, booking: Booking) -> bool:
    """Whether its tokens can still be paid. Operators may have given a hold back, or it has outlasted its margin."""
    hold = await work.require(Hold, booking.hold)
    return hold.state is HoldState.ACTIVE and work.now < hold.deadline


async def _count(work: Work, booking: Booking) -> None:
    """What the outcome says of the provider."""
    called_off = booking.state is BookingState.CANCELLED and booking.ended_by == Side.PROVIDER.value
    if booking.state is not BookingState.COMPLETED and not called_off:
        return
    provider = await work.require(Provider, booking.provider)
    if called_off:
        provider.cancellations += 1
    else:
        provider.sessions += 1
    work.save(provider)
