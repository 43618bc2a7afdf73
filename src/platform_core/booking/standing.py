"""What becomes of a provider who is banned, or is no provider any more."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.booking.booking import Booking, BookingState, Side
from platform_core.booking.calendar import calendar_of, keep
from platform_core.booking.policy import BookingPolicy
from platform_core.booking.provider import Provider
from platform_core.booking.settling import give_back
from platform_core.identity.events import RoleChanged, UserBanned, UserUnbanned
from platform_core.identity.ports import Directory
from platform_core.kernel.actor import PLATFORM, Policy, Role
from platform_core.kernel.command import Command
from platform_core.kernel.work import Work


@frozen
class ReviewStanding(Command[None]):
    """Look at a user anew after a ban, its end, or another role. Only the platform does, on word of it."""

    policy: ClassVar[Policy] = PLATFORM

    user: str


async def review_standing(command: ReviewStanding, work: Work, people: Directory, rules: BookingPolicy) -> None:
    """Show or hide the provider; a ban also calls off what has not begun, so that nobody's tokens wait in vain."""
    provider = await work.get(Provider, command.user)
    if provider is None:
        return
    card = await people.card(command.user)
    banned = card is None or card.banned
    provider.show(not banned and card is not None and card.role is Role.PROVIDER)
    work.save(provider)
    if banned:
        await _call_off(work, provider.id, rules)


async def _call_off(work: Work, provider: str, rules: BookingPolicy) -> None:
    calendar = await calendar_of(work, provider)
    for id in list(calendar.taken):
        booking = await work.require(Booking, id)
        is_ahead = booking.state in (BookingState.PENDING, BookingState.CONFIRMED) and work.now < booking.starts_at
        if is_ahead and not booking.is_overdue(work.now):
            booking.cancel(work.now, Side.PLATFORM, rules, "the provider is not available any more")
            await give_back(work, booking)
            calendar.free(id)
    if calendar.version:
        keep(work, calendar)


def on_user(changed: UserBanned | UserUnbanned | RoleChanged) -> ReviewStanding:
    """What booking does when somebody may do more, or less, than before."""
    return ReviewStanding(changed.user)
