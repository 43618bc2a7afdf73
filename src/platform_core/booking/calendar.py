"""When a provider is taken. Every live booking of theirs is in one aggregate, so that no two ever overlap.

Whoever books reads the calendar at a version and saves it. Of two that meet one is stale and looks again, in memory and
in every database alike: no constraint of any of them is needed (invariant 44).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from attrs import define, field

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Conflict
from platform_core.kernel.work import Work

MOST = 500
"""How many live bookings a provider may have."""


class SlotUnavailable(Conflict):
    """That time cannot be booked: it is taken, withdrawn, or too close."""

    code = "SLOT_UNAVAILABLE"


def calendar_id(provider: str) -> str:
    """The id of a provider's calendar."""
    return f"cal_{provider}"


@define(eq=False, kw_only=True)
class Calendar(Aggregate):
    """The live bookings of one provider, as half-open intervals: one may begin when another ends.

    Args:
        taken: Booking to the seconds of unix time at which it begins and ends.
    """

    kind: ClassVar[str] = "calendar"

    taken: dict[str, list[int]] = field(factory=dict)

    def overlapping(self, starts_at: datetime, ends_at: datetime) -> list[str]:
        """The bookings that share some time with this interval."""
        start, end = _seconds(starts_at), _seconds(ends_at)
        return [booking for booking, (begins, ends) in self.taken.items() if begins < end and start < ends]

    def reserve(self, booking: str, starts_at: datetime, ends_at: datetime) -> None:
        """Take an interval.

        Raises:
            SlotUnavailable: Some of it is taken.
            Conflict: The provider has as many bookings as one may have.
        """
        if self.overlapping(starts_at, ends_at):
            raise SlotUnavailable("that time is taken")
        if len(self.taken) >= MOST:
            raise Conflict("this provider has too many bookings just now")
        self.taken = {**self.taken, booking: [_seconds(starts_at), _seconds(ends_at)]}

    def free(self, booking: str) -> None:
        """Give a booking's interval back."""
        self.taken = {id: interval for id, interval in self.taken.items() if id != booking}

    def free_from(self, starts_at: datetime, ends_at: datetime) -> datetime:
        """Until when it is free from `starts_at` on, `ends_at` at most; `starts_at` when somebody is there then."""
        start, end = _seconds(starts_at), _seconds(ends_at)
        for begins, ends in self.taken.values():
            if begins < end and start < ends:
                end = max(start, begins)
        return starts_at + timedelta(seconds=end - start)


async def calendar_of(work: Work, provider: str) -> Calendar:
    """The calendar of a provider; an empty one, not stored yet, of somebody never booked."""
    id = calendar_id(provider)
    return await work.get(Calendar, id) or Calendar(id=id)


def keep(work: Work, calendar: Calendar) -> None:
    """Write a calendar, which may be new."""
    work.save(calendar) if calendar.version else work.add(calendar)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
