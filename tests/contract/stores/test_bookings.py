"""Bookings that meet, on every store: one time is one booking's, and its tokens are where it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from itertools import pairwise
from typing import Any

from platform_core.booking.booking import LIVE, Booking, BookingState
from platform_core.booking.calendar import Calendar, calendar_id
from platform_core.booking.listing import GetProvider, ListProviders, ProviderOrder, SetUpProvider
from platform_core.booking.provider import Provider
from platform_core.booking.requests import BookProvider
from platform_core.booking.reviews import ReviewBooking
from platform_core.booking.slots import WithdrawSlot
from platform_core.booking.timers import AdvanceBooking
from platform_core.booking.verbs import CancelBooking, CompleteBooking, ConfirmBooking, DeclineBooking, DisputeBooking
from platform_core.kernel.actor import ANONYMOUS, Actor, Role
from platform_core.kernel.select import Select, Where
from platform_core.ledger.ports import Hold, HoldState
from support.builders import codes, counted
from support.sessions import Scene, scene
from support.world import OPERATOR, World

WORKER = Actor.system("worker")


async def at_once(*acts: Awaitable[Any]) -> list[Any]:
    """What comes of acts begun together."""
    results: list[Any] = await asyncio.gather(*acts, return_exceptions=True)
    return results


async def in_order(play: Scene) -> None:
    """No two live bookings overlap, each live one has its hold and its place in the calendar, and the books are right
    (invariants 12 and 44).
    """
    live = await play.world.store.find(Select(Booking, where=(Where("state", "in", LIVE),), order=("starts_at",)))
    for one, next_one in pairwise(live):
        assert one.ends_at <= next_one.starts_at
    calendar = await play.world.store.get(Calendar, calendar_id(play.jane.id))
    assert (set() if calendar is None else set(calendar.taken)) == {booking.id for booking in live}
    active = {hold.id async for hold in play.world.active_holds()}
    assert active == {booking.hold for booking in live}
    await play.world.verified()


async def test_mon_06_of_two_who_book_one_slot_at_once_one_gets_it_and_one_hold_is_placed(world: World) -> None:
    play = await scene(world)
    ben = await world.person("benn", 5000)
    slot = await play.slot()
    results = await at_once(play.book(slot), play.book(slot, by=ben))

    assert counted(results) == {"SLOT_UNAVAILABLE": 1, "ok": 1}
    assert len([hold async for hold in world.active_holds()]) == 1
    held = [(await world.wallet(person.id)).held for person in (play.anna, ben)]
    assert sorted(held) == [0, 1500]
    await in_order(play)


async def test_of_twenty_wishes_for_overlapping_times_none_overlap_and_nobody_loses_a_token(world: World) -> None:
    """Scenario 6."""
    play = await scene(world, 100_000)
    slots = [await play.slot(hours=48 + number / 4, minutes=60) for number in range(10)]
    people = [await world.person(f"user{number}", 10_000) for number in range(2)]
    results = await at_once(*(play.book(slot, 60, by=person) for slot in slots for person in people))

    assert counted(results).keys() <= {"ok", "SLOT_UNAVAILABLE"}
    assert 2 <= codes(results).count("ok") <= 3
    await in_order(play)


async def test_back_to_back_bookings_at_once_are_both_made(world: World) -> None:
    play = await scene(world)
    slots = [await play.slot(hours=48), await play.slot(hours=48.5), await play.slot(hours=47.5)]
    results = await at_once(*(play.book(slot, 30) for slot in slots))

    assert counted(results) == {"ok": 3}
    await in_order(play)


async def test_a_wallet_with_tokens_for_one_makes_one_booking_of_two(world: World) -> None:
    play = await scene(world, 2000)
    slots = [await play.slot(hours=48), await play.slot(hours=72)]
    results = await at_once(*(play.book(slot, 30) for slot in slots))

    assert counted(results) == {"INSUFFICIENT_FUNDS": 1, "ok": 1}
    await in_order(play)


async def test_equal_requests_under_one_key_are_one_booking(world: World) -> None:
    play = await scene(world)
    request = BookProvider(play.jane.id, await play.slot(), 30)
    results = await at_once(*(world.execute(request, by=play.anna.actor, key="click") for _ in range(10)))

    assert counted(results) == {"ok": 10}
    assert all(result == results[0] for result in results)
    await in_order(play)


async def test_a_slot_withdrawn_while_it_is_booked_is_one_or_the_other(world: World) -> None:
    play = await scene(world)
    slot = await play.slot()
    results = await at_once(
        play.book(slot), world.execute(WithdrawSlot(play.jane.id, slot), by=play.jane.actor), play.book(slot)
    )

    assert set(codes(results)) <= {"ok", "SLOT_UNAVAILABLE"}
    assert codes(results)[1] == "ok"
    await in_order(play)


async def test_confirmed_just_in_time_or_expired_and_never_both(world: World) -> None:
    """Scenario 7: a microsecond before `confirm_by` with the sweep running, and at the very moment."""
    play = await scene(world)
    early, late = await play.booked(hours=10), await play.booked(hours=11)
    world.clock.advance(hours=7, minutes=59, seconds=59.999999)
    results = await at_once(
        world.execute(AdvanceBooking(early.id), by=WORKER),
        world.execute(ConfirmBooking(early.id), by=play.jane.actor),
        world.execute(AdvanceBooking(early.id), by=WORKER),
    )
    assert codes(results) == ["CONFLICT", "ok", "CONFLICT"]
    world.clock.advance(hours=1, seconds=0.000001)
    results = await at_once(
        world.execute(ConfirmBooking(late.id), by=play.jane.actor),
        world.execute(AdvanceBooking(late.id), by=WORKER),
        world.execute(AdvanceBooking(late.id), by=WORKER),
    )
    assert set(codes(results[:1])) <= {"BOOKING_EXPIRED", "INVALID_TRANSITION"}
    assert sorted(codes(results[1:])) == ["CONFLICT", "ok"]

    assert (await play.read(early.id)).state is BookingState.CONFIRMED
    assert (await play.read(late.id)).state is BookingState.EXPIRED
    await in_order(play)


async def test_time_that_runs_out_while_a_confirmation_is_under_way_ends_it_one_way(world: World) -> None:
    play = await scene(world, 50_000)
    for attempt in range(5):
        made = await play.booked(hours=10 + attempt)
        world.clock.advance(hours=7 + attempt, minutes=59, seconds=59.999999)

        async def confirm(id: str = made.id) -> object:
            return await world.execute(ConfirmBooking(id), by=play.jane.actor)

        async def sweep(id: str = made.id, wait: int = attempt) -> object:
            for _ in range(wait):
                await asyncio.sleep(0)
            world.clock.advance(seconds=0.000001)
            return await world.execute(AdvanceBooking(id), by=WORKER)

        results = await at_once(confirm(), sweep())
        booking = await play.read(made.id)
        hold = await world.store.get(Hold, booking.hold)
        assert hold is not None
        assert codes(results).count("ok") == 1, attempt
        if codes(results)[0] == "ok":
            assert (booking.state, hold.state) == (BookingState.CONFIRMED, HoldState.ACTIVE)
        else:
            assert (booking.state, hold.state) == (BookingState.EXPIRED, HoldState.RELEASED)
        await in_order(play)
        await world.execute(CancelBooking(made.id), by=OPERATOR) if booking.is_live else None


async def test_a_booking_ends_once_whoever_ends_it(world: World) -> None:
    """Invariant 13 and MON-08."""
    play = await scene(world)
    made = await play.confirmed()
    world.clock.advance(hours=48, minutes=5)
    results = await at_once(
        world.execute(CompleteBooking(made.id), by=play.anna.actor),
        world.execute(CancelBooking(made.id), by=play.jane.actor),
        world.execute(DisputeBooking(made.id, "no"), by=play.jane.actor),
        world.execute(CompleteBooking(made.id), by=play.anna.actor),
        world.execute(CancelBooking(made.id), by=OPERATOR),
    )

    assert counted(results) == {"INVALID_TRANSITION": 4, "ok": 1}
    wallets = [await world.wallet(person.id) for person in (play.anna, play.jane)]
    assert sum(wallet.balance for wallet in wallets) == 5000
    await in_order(play)


async def test_a_request_answered_twice_is_answered_once(world: World) -> None:
    play = await scene(world)
    made = await play.booked()
    results = await at_once(
        world.execute(DeclineBooking(made.id), by=play.jane.actor),
        world.execute(ConfirmBooking(made.id), by=play.jane.actor),
        world.execute(CancelBooking(made.id), by=play.anna.actor),
    )

    assert codes(results).count("ok") in (1, 2)  # What is confirmed may still be cancelled.
    assert set(codes(results)) <= {"ok", "INVALID_TRANSITION"}
    await in_order(play)


async def test_one_review_is_kept_and_counted_however_many_come(world: World) -> None:
    play = await scene(world)
    made = await play.confirmed()
    world.clock.advance(hours=48)
    await world.execute(CompleteBooking(made.id), by=play.anna.actor)
    results = await at_once(*(world.execute(ReviewBooking(made.id, 1 + n), by=play.anna.actor) for n in range(5)))

    assert counted(results) == {"ALREADY_REVIEWED": 4, "ok": 1}
    provider = await world.store.get(Provider, play.jane.id)
    page = await world.execute(GetProvider(play.jane.id), by=ANONYMOUS)
    assert provider is not None
    assert (provider.reviews, provider.stars, provider.sessions) == (1, page.latest[0].rating, 1)
    assert len(page.latest) == 1


async def test_providers_are_found_sorted_and_counted(world: World) -> None:
    for name, category, rate in (("mary", "music", 30), ("nora", "fitness", 20), ("olga", "music", 10)):
        person = await world.person(name, role=Role.PROVIDER)
        await world.execute(SetUpProvider(category, rate), by=person.actor)
    cheapest = await world.execute(ListProviders(order=ProviderOrder.RATE, limit=2), by=ANONYMOUS)
    music = await world.execute(ListProviders("music", order=ProviderOrder.RATE), by=ANONYMOUS)

    assert ([card.username for card in cheapest.providers], cheapest.total) == (["olga", "nora"], 3)
    assert ([card.username for card in music.providers], music.total) == (["olga", "mary"], 2)
    assert (await world.execute(ListProviders(min_rating=1), by=ANONYMOUS)).total == 0
    assert (await world.execute(ListProviders("no\0thing"), by=ANONYMOUS)).total == 0
