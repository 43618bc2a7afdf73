"""Demo data for bookings: a provider with a profile, and slots on the next evenings."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from platform_core.booking.listing import GetProvider, SetUpProvider
from platform_core.booking.slots import OfferSlot
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.kernel.errors import Conflict, Forbidden, NotFound
from platform_core.platform import Platform

EVENINGS = 3
RATE = 50


async def seed_bookings(platform: Platform, provider: str) -> None:
    """Make the profile and the slots that are not there yet.

    Args:
        platform: Where; its store is open.
        provider: The id of a user with the role of a provider.
    """
    actor = Actor(provider, Role.PROVIDER, Via.SESSION)
    # Whoever plays with the demo may have changed or banned the provider: then there is nothing to add.
    with suppress(Conflict, Forbidden, NotFound):
        await _profile(platform, actor)
        evening = platform.clock.now().replace(hour=18, minute=0, second=0, microsecond=0)
        for day in range(1, EVENINGS + 1):
            starts_at = evening + timedelta(days=day)
            with suppress(Conflict):
                await platform.execute(OfferSlot(provider, starts_at, starts_at + timedelta(hours=1)), by=actor)


async def _profile(platform: Platform, actor: Actor) -> None:
    try:
        await platform.execute(GetProvider(actor.id), by=actor)
    except NotFound:
        profile = SetUpProvider("fitness", RATE, "Yoga at sunset, for beginners too.", ("Yoga", "Breathing"))
        await platform.execute(profile, by=actor)
