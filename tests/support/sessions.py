"""A world in which a provider can be booked: shorthands for tests of bookings."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from platform_core.booking.booking import Booking
from platform_core.booking.listing import SetUpProvider
from platform_core.booking.requests import BookProvider
from platform_core.booking.slots import OfferSlot
from platform_core.booking.timers import AdvanceBooking, DueBookings
from platform_core.booking.verbs import CompleteBooking, ConfirmBooking
from platform_core.booking.views import BookingView
from platform_core.kernel.actor import Actor, Role
from support.world import Person, World

RATE = 50
HOUR = timedelta(hours=1)


@frozen
class Scene:
    """A provider at 50 tokens a minute and a customer with tokens."""

    world: World
    jane: Person
    anna: Person

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.world.clock.now()

    async def slot(self, *, hours: float = 48, minutes: int = 60) -> str:
        """A slot of Jane's, so many hours ahead; its id."""
        start = self.now + hours * HOUR
        offered = await self.world.execute(
            OfferSlot(self.jane.id, start, start + timedelta(minutes=minutes)), by=self.jane.actor
        )
        return offered.id

    async def book(self, slot: str, minutes: int = 30, *, by: Person | None = None) -> BookingView:
        """A booking by Anna, or somebody else."""
        return await self.world.execute(BookProvider(self.jane.id, slot, minutes), by=(by or self.anna).actor)

    async def booked(self, *, hours: float = 48) -> BookingView:
        """A request of Anna's for half an hour, so many hours ahead."""
        return await self.book(await self.slot(hours=hours))

    async def confirmed(self, *, hours: float = 48) -> BookingView:
        """A booking that Jane has confirmed."""
        made = await self.booked(hours=hours)
        return await self.world.execute(ConfirmBooking(made.id), by=self.jane.actor)

    async def completed(self) -> str:
        """The id of a booking that has just been completed."""
        made = await self.confirmed()
        self.world.clock.advance(hours=48)
        await self.world.execute(CompleteBooking(made.id), by=self.anna.actor)
        return made.id

    async def read(self, booking: str) -> Booking:
        """A booking as it is stored."""
        found = await self.world.store.get(Booking, booking)
        assert found is not None
        return found

    async def sweep(self) -> list[str]:
        """Move on whatever is due, as the worker does; the bookings moved."""
        system = Actor.system("worker")
        due = await self.world.execute(DueBookings(), by=system)
        for booking in due:
            await self.world.execute(AdvanceBooking(booking), by=system)
        return due

    async def tokens(self) -> tuple[int, int, int]:
        """Anna's available and held tokens, and Jane's balance; the books are in order."""
        await self.world.verified()
        anna, jane = await self.world.wallet(self.anna.id), await self.world.wallet(self.jane.id)
        return anna.available, anna.held, jane.balance


async def scene(world: World, tokens: int = 5000) -> Scene:
    """A scene in a world."""
    jane = await world.person("pro_jane", role=Role.PROVIDER)
    anna = await world.person("anna", tokens)
    await world.execute(SetUpProvider("fitness", RATE), by=jane.actor)
    return Scene(world, jane, anna)
