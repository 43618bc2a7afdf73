"""Bookings from request to end, and where the tokens go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from platform_core.booking.booking import BookingState
from platform_core.booking.provider import Provider
from platform_core.booking.verbs import (
    CancelBooking,
    CompleteBooking,
    ConfirmBooking,
    DeclineBooking,
    DisputeBooking,
    ResolveDispute,
    WithdrawDispute,
)
from platform_core.kernel.errors import Forbidden, InvalidTransition
from platform_core.ledger.ports import Hold, HoldState
from platform_core.wallet.balance import ReleaseHold
from support.sessions import Scene, scene
from support.world import OPERATOR, memory_world


async def played() -> Scene:
    return await scene(memory_world())


async def test_the_server_makes_the_price_and_holds_it() -> None:
    """MON-07, and the figures of the seed."""
    play = await played()
    made = await play.booked(hours=20)

    assert (made.price, made.held, made.state) == (1500, 1500, BookingState.PENDING)
    assert made.confirm_by == made.starts_at - timedelta(hours=2)
    assert made.ends_at == made.starts_at + timedelta(minutes=30)
    assert await play.tokens() == (3500, 1500, 0)


async def test_a_completed_session_is_paid_in_full_once() -> None:
    """MON-08."""
    play = await played()
    made = await play.confirmed()
    play.world.clock.advance(hours=48)
    done = await play.world.execute(CompleteBooking(made.id), by=play.anna.actor)

    assert (done.state, done.paid, done.held) == (BookingState.COMPLETED, 1500, 0)
    assert await play.tokens() == (3500, 0, 1500)
    for again in (CompleteBooking(made.id), CancelBooking(made.id)):
        with pytest.raises(InvalidTransition):
            await play.world.execute(again, by=play.anna.actor)
    assert await play.tokens() == (3500, 0, 1500)


@pytest.mark.parametrize("ending", ["decline", "cancel", "expire"])
async def test_a_request_that_comes_to_nothing_gives_all_back_and_frees_the_time(ending: str) -> None:
    play = await played()
    made = await play.booked()
    if ending == "expire":
        play.world.clock.advance(hours=46)
        assert await play.sweep() == [made.id]
        assert await play.sweep() == []
    else:
        command = DeclineBooking(made.id) if ending == "decline" else CancelBooking(made.id)
        await play.world.execute(command, by=(play.jane if ending == "decline" else play.anna).actor)
        await play.book(made.slot)
        play.world.clock.advance(hours=46)
        await play.sweep()

    assert await play.tokens() == (5000, 0, 0)


async def test_a_confirmed_session_nobody_complains_of_completes_by_itself() -> None:
    play = await played()
    made = await play.confirmed()
    play.world.clock.advance(hours=48 + 48, minutes=30)
    assert await play.sweep() == [made.id]
    assert await play.tokens() == (3500, 0, 1500)


async def test_a_late_cancellation_pays_the_tier_and_gives_the_rest_back() -> None:
    play = await played()
    made = await play.confirmed()
    play.world.clock.advance(hours=30)
    await play.world.execute(CancelBooking(made.id), by=play.anna.actor)

    assert await play.tokens() == (4250, 0, 750)


async def test_a_provider_who_calls_off_costs_the_customer_nothing_and_is_counted() -> None:
    play = await played()
    made = await play.confirmed()
    play.world.clock.advance(hours=47)
    await play.world.execute(CancelBooking(made.id), by=play.jane.actor)

    provider = await play.world.store.get(Provider, play.jane.id)
    assert provider is not None
    assert (provider.cancellations, provider.sessions) == (1, 0)
    assert await play.tokens() == (5000, 0, 0)


async def disputed() -> tuple[Scene, str]:
    play = await played()
    made = await play.confirmed()
    play.world.clock.advance(hours=48, minutes=10)
    await play.world.execute(DisputeBooking(made.id, "nobody came"), by=play.anna.actor)
    return play, made.id


@pytest.mark.parametrize(
    ("percent", "state", "tokens"),
    [
        (0, BookingState.CANCELLED, (5000, 0, 0)),
        (33, BookingState.COMPLETED, (4505, 0, 495)),
        (100, BookingState.COMPLETED, (3500, 0, 1500)),
    ],
)
async def test_an_operator_divides_what_is_disputed(
    percent: int, state: BookingState, tokens: tuple[int, int, int]
) -> None:
    play, id = await disputed()
    for person in (play.anna, play.jane):
        with pytest.raises(Forbidden):
            await play.world.execute(ResolveDispute(id, percent), by=person.actor)
    assert (await play.world.execute(ResolveDispute(id, percent), by=OPERATOR)).state is state

    assert await play.tokens() == tokens


async def test_a_dispute_stops_the_completion_and_lapses_after_sixty_days() -> None:
    play, id = await disputed()
    play.world.clock.advance(days=59)
    assert await play.sweep() == []
    assert await play.tokens() == (3500, 1500, 0)
    play.world.clock.advance(days=1)
    assert await play.sweep() == [id]

    assert (await play.read(id)).state is BookingState.CANCELLED
    assert await play.tokens() == (5000, 0, 0)


async def test_a_dispute_taken_back_ends_in_payment() -> None:
    play, id = await disputed()
    with pytest.raises(Forbidden):
        await play.world.execute(WithdrawDispute(id), by=play.jane.actor)
    await play.world.execute(WithdrawDispute(id), by=play.anna.actor)
    play.world.clock.advance(hours=48, minutes=20)
    assert await play.sweep() == [id]

    assert await play.tokens() == (3500, 0, 1500)


async def test_a_session_whose_hold_an_operator_gave_back_is_called_off_at_last() -> None:
    play = await played()
    made = await play.confirmed()
    await play.world.execute(ReleaseHold(made.hold), by=OPERATOR)
    play.world.clock.advance(hours=48)
    with pytest.raises(InvalidTransition):
        await play.world.execute(CompleteBooking(made.id), by=play.anna.actor)
    play.world.clock.advance(hours=49)
    assert await play.sweep() == [made.id]
    assert await play.sweep() == []

    assert (await play.read(made.id)).state is BookingState.CANCELLED
    assert await play.tokens() == (5000, 0, 0)


async def test_a_worker_that_stood_still_beyond_the_margin_gives_back_once() -> None:
    play = await played()
    request = await play.booked(hours=10)
    session = await play.confirmed(hours=20)
    play.world.clock.advance(days=40)
    assert sorted(await play.sweep()) == sorted([request.id, session.id])

    assert (await play.read(request.id)).state is BookingState.EXPIRED
    assert (await play.read(session.id)).state is BookingState.CANCELLED
    assert await play.tokens() == (5000, 0, 0)


async def test_the_hold_outlasts_every_deadline_of_its_booking() -> None:
    play, id = await disputed()
    booking = await play.read(id)
    hold = await play.world.store.get(Hold, booking.hold)

    assert hold is not None
    assert booking.due_at is not None
    assert (hold.state, hold.purpose) == (HoldState.ACTIVE, id)
    assert hold.deadline > booking.due_at


async def test_confirming_twice_is_refused_and_under_a_key_answered_again() -> None:
    play = await played()
    made = await play.booked()
    first = await play.world.perform(ConfirmBooking(made.id), by=play.jane.actor, key="yes")
    again = await play.world.perform(ConfirmBooking(made.id), by=play.jane.actor, key="yes")

    assert (again.value, again.replayed) == (first.value, True)
    with pytest.raises(InvalidTransition):
        await play.world.execute(ConfirmBooking(made.id), by=play.jane.actor)
