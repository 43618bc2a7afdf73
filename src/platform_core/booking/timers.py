"""What happens to bookings when time has passed: the worker asks what is due and moves each of them on."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.booking.booking import Booking, BookingState, Side
from platform_core.booking.settling import is_held, settle
from platform_core.kernel.actor import PLATFORM, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Conflict
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.ledger.ports import FeePolicy


@frozen
class DueBookings(Query[list[str]]):
    """The bookings whose time has run out, the longest overdue first, for the sweep."""

    policy: ClassVar[Policy] = PLATFORM

    limit: int = 100


async def due_bookings(query: DueBookings, work: Work) -> list[str]:
    """Their ids."""
    due = Select(Booking, where=(Where("due_at", "<=", work.now),), order=("due_at",), limit=query.limit)
    return [booking.id for booking in await work.find(due)]


@frozen
class AdvanceBooking(Command[BookingState]):
    """Do to a booking what its time having run out does: a request expires, a session completes, a dispute lapses."""

    policy: ClassVar[Policy] = PLATFORM

    booking: str


async def advance_booking(command: AdvanceBooking, work: Work, fees: FeePolicy) -> BookingState:
    """Move it on; the state it is in then.

    A session whose tokens an operator has given back meanwhile is called off instead: there is nothing to pay with, and
    the sweep must come to an end with it.

    Raises:
        NotFound: There is no such booking.
        Conflict: It has ended already, or there is still time.
    """
    booking = await work.require(Booking, command.booking)
    if not booking.is_overdue(work.now):
        raise Conflict("nothing is due")
    if booking.state is BookingState.PENDING:
        booking.expire(work.now)
    elif booking.state is BookingState.DISPUTED:
        booking.lapse(work.now)
    elif await is_held(work, booking):
        booking.complete(work.now, Side.PLATFORM)
    else:
        booking.forgo(work.now)
    await settle(work, booking, fees)
    return booking.state
