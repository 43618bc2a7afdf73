"""The worker and bookings: what is due is done, once, and what cannot be done holds nothing up."""

from __future__ import annotations

from entrypoints.worker import Worker
from platform_core.booking.booking import BookingState
from platform_core.booking.verbs import DisputeBooking
from platform_core.wallet.balance import ReleaseHold
from support.sessions import scene
from support.world import OPERATOR, memory_world


async def test_it_moves_bookings_on_when_their_time_has_run_out_and_not_before() -> None:
    play = await scene(memory_world(), 10_000)
    request, session, dispute = await play.booked(hours=30), await play.confirmed(), await play.confirmed(hours=49)
    worker = Worker(play.world)

    async def states() -> list[BookingState]:
        await worker.once()
        return [(await play.read(booking.id)).state for booking in (request, session, dispute)]

    play.world.clock.advance(hours=27, minutes=59)
    assert await states() == [BookingState.PENDING, BookingState.CONFIRMED, BookingState.CONFIRMED]
    play.world.clock.advance(minutes=1)
    assert await states() == [BookingState.EXPIRED, BookingState.CONFIRMED, BookingState.CONFIRMED]
    play.world.clock.advance(hours=21, minutes=10)
    await play.world.execute(DisputeBooking(dispute.id, "nobody came"), by=play.anna.actor)
    play.world.clock.advance(hours=48)
    assert await states() == [BookingState.EXPIRED, BookingState.COMPLETED, BookingState.DISPUTED]
    play.world.clock.advance(days=58)
    assert await states() == [BookingState.EXPIRED, BookingState.COMPLETED, BookingState.CANCELLED]
    assert await play.tokens() == (8500, 0, 1500)


async def test_a_hold_given_back_by_hand_holds_up_nobody() -> None:
    play = await scene(memory_world(), 10_000)
    broken, other = await play.confirmed(), await play.confirmed(hours=49)
    await play.world.execute(ReleaseHold(broken.hold), by=OPERATOR)
    play.world.clock.advance(days=5)
    await Worker(play.world).once()

    assert (await play.read(broken.id)).state is BookingState.CANCELLED
    assert (await play.read(other.id)).state is BookingState.COMPLETED
    assert await play.tokens() == (8500, 0, 1500)
