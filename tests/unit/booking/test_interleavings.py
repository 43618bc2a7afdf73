"""Bookings that meet, in many orders: every token and every minute is somebody's, once."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from platform_core.booking.booking import LIVE, Booking, BookingState
from platform_core.booking.timers import AdvanceBooking
from platform_core.booking.verbs import CancelBooking, CompleteBooking, ConfirmBooking, DeclineBooking, DisputeBooking
from platform_core.identity.staff import BanUser
from platform_core.kernel.select import Select, Where
from platform_core.ledger.ports import Hold, HoldState
from platform_core.wallet.balance import ExpireHold, ReleaseHold
from support.builders import codes, counted
from support.interleaving import InterleavedStore, at_once
from support.sessions import Scene, scene
from support.world import OPERATOR, World

pytestmark = pytest.mark.parametrize("seed", range(25))


async def played(seed: int) -> Scene:
    """A scene where every step lets others go first."""
    return await scene(World(InterleavedStore(seed)))


async def test_overlapping_wishes_never_both_come_true(seed: int) -> None:
    play = await played(seed)
    ben = await play.world.person("benn", 5000)
    slots = [await play.slot(hours=hours, minutes=60) for hours in (48, 48.5, 49)]
    await at_once(*(play.book(slot, 60, by=person) for slot in slots for person in (play.anna, ben)))

    live = await play.world.store.find(Select(Booking, where=(Where("state", "in", LIVE),), order=("starts_at",)))
    assert 1 <= len(live) <= 2
    assert all(one.ends_at <= other.starts_at for one, other in pairwise(live))
    held = sum([(await play.world.wallet(person.id)).held for person in (play.anna, ben)])
    assert held == sum(booking.price for booking in live)
    await play.world.verified()


async def test_a_confirmation_that_meets_its_deadline_is_in_time_or_not(seed: int) -> None:
    """Scenario 7."""
    play = await played(seed)
    made = await play.booked(hours=10)
    play.world.clock.advance(hours=7, minutes=59, seconds=59.999999)

    async def sweep() -> object:
        for _ in range(seed % 7):
            await asyncio.sleep(0)
        play.world.clock.advance(seconds=0.000001)
        return await play.world.execute(AdvanceBooking(made.id), by=OPERATOR)

    results = await at_once(play.world.execute(ConfirmBooking(made.id), by=play.jane.actor), sweep())

    booking = await play.read(made.id)
    hold = await play.world.store.get(Hold, booking.hold)
    assert hold is not None
    assert codes(results).count("ok") == 1
    assert (booking.state, hold.state) in {
        (BookingState.CONFIRMED, HoldState.ACTIVE),
        (BookingState.EXPIRED, HoldState.RELEASED),
    }
    await play.world.verified()


async def test_a_session_ends_once(seed: int) -> None:
    play = await played(seed)
    made = await play.confirmed()
    play.world.clock.advance(hours=48)
    results = await at_once(
        play.world.execute(CompleteBooking(made.id), by=play.anna.actor),
        play.world.execute(CancelBooking(made.id), by=play.jane.actor),
        play.world.execute(DisputeBooking(made.id, "x"), by=play.anna.actor),
        play.world.execute(ReleaseHold(made.hold), by=OPERATOR),
        play.world.execute(ExpireHold(made.hold), by=OPERATOR),
    )

    # An operator may give the hold back by hand: then nothing can be paid from it.
    assert codes(results[:3]).count("ok") <= 1
    assert set(codes(results)) <= {"ok", "INVALID_TRANSITION", "CONFLICT", "ALREADY_RELEASED", "ALREADY_CAPTURED"}
    available, held, earned = await play.tokens()
    assert available + held + earned == 5000
    booking = await play.read(made.id)
    assert earned == booking.paid


async def test_a_request_has_one_answer(seed: int) -> None:
    play = await played(seed)
    made = await play.booked()
    results = await at_once(
        play.world.execute(DeclineBooking(made.id), by=play.jane.actor),
        play.world.execute(ConfirmBooking(made.id), by=play.jane.actor),
        play.world.execute(DeclineBooking(made.id), by=play.jane.actor),
    )

    assert counted(results) == {"INVALID_TRANSITION": 2, "ok": 1}
    await play.world.verified()


async def test_a_ban_that_meets_a_booking_leaves_no_tokens_waiting(seed: int) -> None:
    """Scenario 20."""
    play = await played(seed)
    slot = await play.slot()
    results = await at_once(play.book(slot), play.world.execute(BanUser(play.jane.id), by=OPERATOR), play.book(slot))
    assert set(codes(results)) <= {"ok", "NOT_FOUND", "SLOT_UNAVAILABLE"}
    await play.world.relay.drain()

    assert await play.tokens() == (5000, 0, 0)
