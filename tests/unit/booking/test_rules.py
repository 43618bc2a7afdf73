"""The rules of a booking: every pair of state and verb, and every edge of time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.testing import START
from platform_core.booking.booking import BOOKINGS, LIVE, VERBS, Booking, BookingState, Side
from platform_core.booking.calendar import Calendar, SlotUnavailable
from platform_core.booking.policy import BookingPolicy, share
from platform_core.kernel.errors import Forbidden, Invalid, InvalidTransition, PlatformError
from support.steady import STEADY

RULES = BookingPolicy()
MICROSECOND = timedelta(microseconds=1)
STARTS = START + timedelta(hours=48)


def a_booking(state: BookingState = BookingState.PENDING, **fields: Any) -> Booking:
    """A booking in a state, as its verbs leave it."""
    ends = STARTS + timedelta(minutes=30)
    due = {
        BookingState.PENDING: STARTS - RULES.lead,
        BookingState.CONFIRMED: ends + RULES.completes_after,
        BookingState.DISPUTED: STARTS + RULES.dispute_lasts,
    }
    given: dict[str, Any] = {
        "id": "bkg_1",
        "provider": "usr_jane",
        "customer": "usr_anna",
        "slot": "slot_1",
        "starts_at": STARTS,
        "ends_at": ends,
        "minutes": 30,
        "rate": 50,
        "price": 1500,
        "state": state,
        "hold": "hld_1",
        "created_at": START,
        "confirm_by": STARTS - RULES.lead,
        "complete_at": due[BookingState.CONFIRMED],
        "resolve_by": due[BookingState.DISPUTED],
        "due_at": due.get(state),
        "disputed_by": "customer" if state is BookingState.DISPUTED else None,
    }
    return Booking(**{**given, **fields})


def verbs(booking: Booking) -> dict[str, Callable[[], None]]:
    """Every verb, at a moment when the state is all that can be against it."""
    before, within = STARTS - timedelta(hours=30), STARTS + timedelta(minutes=1)
    late = booking.due_at or within
    return {
        "confirm": lambda: booking.confirm(before, RULES),
        "decline": lambda: booking.decline(before),
        "expire": lambda: booking.expire(late),
        "cancel": lambda: booking.cancel(before, Side.CUSTOMER, RULES),
        "complete": lambda: booking.complete(within, Side.CUSTOMER),
        "forgo": lambda: booking.forgo(late),
        "dispute": lambda: booking.dispute(within, Side.CUSTOMER, RULES, "nobody came"),
        "resolve": lambda: booking.resolve(within, 40),
        "withdraw": lambda: booking.withdraw(within, Side.CUSTOMER, RULES),
        "lapse": lambda: booking.lapse(late),
    }


def test_every_verb_is_tried() -> None:
    assert verbs(a_booking()).keys() == VERBS.keys()


@pytest.mark.parametrize("state", BookingState)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_for_its_states_and_refused_in_all_others_changing_nothing(state: BookingState, verb: str) -> None:
    """Invariant 45, over every pair."""
    booking, same = a_booking(state), a_booking(state)
    call = verbs(booking)[verb]

    if state in VERBS[verb]:
        call()
        assert booking.state in BOOKINGS.moves[state]
        assert len(booking.take_events()) == 1
        assert (booking.due_at is not None) == booking.is_live
        assert (booking.ended_at is None) == booking.is_live
    else:
        with pytest.raises(InvalidTransition):
            call()
        assert {name: getattr(booking, name) for name in Booking.__slots__ if name != "_recorded"} == {
            name: getattr(same, name) for name in Booking.__slots__ if name != "_recorded"
        }
        assert booking.take_events() == []


def test_what_is_live_is_what_can_still_move() -> None:
    assert {state for state in BookingState if not BOOKINGS.is_final(state)} == set(LIVE)


@pytest.mark.parametrize(
    ("state", "verb", "code"),
    [
        (BookingState.PENDING, "confirm", "BOOKING_EXPIRED"),
        (BookingState.PENDING, "decline", "BOOKING_EXPIRED"),
        (BookingState.PENDING, "cancel", "BOOKING_EXPIRED"),
        (BookingState.CONFIRMED, "dispute", "BOOKING_EXPIRED"),
        (BookingState.DISPUTED, "resolve", "BOOKING_EXPIRED"),
        (BookingState.DISPUTED, "withdraw", "BOOKING_EXPIRED"),
    ],
)
def test_from_its_deadline_on_a_booking_counts_as_ended(state: BookingState, verb: str, code: str) -> None:
    """Invariant 15: a microsecond before it can be done, at the moment itself it cannot."""
    calls: dict[str, Callable[[Booking, Any], None]] = {
        "confirm": lambda booking, at: booking.confirm(at, RULES),
        "decline": lambda booking, at: booking.decline(at),
        "cancel": lambda booking, at: booking.cancel(at, Side.CUSTOMER, RULES),
        "dispute": lambda booking, at: booking.dispute(at, Side.PROVIDER, RULES, "x"),
        "resolve": lambda booking, at: booking.resolve(at, 0),
        "withdraw": lambda booking, at: booking.withdraw(at, Side.CUSTOMER, RULES),
    }
    booking = a_booking(state)
    assert booking.due_at is not None
    with pytest.raises(PlatformError) as refused:
        calls[verb](booking, booking.due_at)
    assert refused.value.code == code
    assert booking.state is state

    calls[verb](booking, booking.due_at - MICROSECOND)
    assert booking.state is not state


@pytest.mark.parametrize(
    ("verb", "state"),
    [
        ("expire", BookingState.PENDING),
        ("forgo", BookingState.CONFIRMED),
        ("lapse", BookingState.DISPUTED),
        ("complete", BookingState.CONFIRMED),
    ],
)
def test_a_timer_acts_at_its_moment_and_not_before(verb: str, state: BookingState) -> None:
    booking = a_booking(state)
    assert booking.due_at is not None
    due = booking.due_at
    args = (Side.PLATFORM,) if verb == "complete" else ()
    with pytest.raises(PlatformError) as refused:
        getattr(booking, verb)(due - MICROSECOND, *args)
    assert refused.value.code == "TOO_EARLY"

    getattr(booking, verb)(due, *args)
    assert not booking.is_live


@pytest.mark.parametrize(
    ("notice", "lost"),
    [
        (timedelta(hours=24), 0),
        (timedelta(hours=24) - MICROSECOND, 750),
        (timedelta(hours=2), 750),
        (timedelta(hours=2) - MICROSECOND, 1500),
        (MICROSECOND, 1500),
    ],
)
def test_what_a_late_cancellation_costs(notice: timedelta, lost: int) -> None:
    booking = a_booking(BookingState.CONFIRMED)
    booking.cancel(STARTS - notice, Side.CUSTOMER, RULES)

    assert (booking.state, booking.paid) == (BookingState.CANCELLED, lost)


def test_once_begun_a_customer_cancels_no_more_but_the_provider_may() -> None:
    booking = a_booking(BookingState.CONFIRMED)
    with pytest.raises(PlatformError) as refused:
        booking.cancel(STARTS, Side.CUSTOMER, RULES)
    assert refused.value.code == "TOO_LATE"

    booking.cancel(STARTS, Side.PROVIDER, RULES)
    assert (booking.state, booking.paid, booking.ended_by) == (BookingState.CANCELLED, 0, "provider")


def test_a_provider_declines_what_is_pending() -> None:
    with pytest.raises(InvalidTransition):
        a_booking().cancel(START, Side.PROVIDER, RULES)


@pytest.mark.parametrize("percent", [-1, 101, True, 0.5, "50"])
def test_a_share_is_a_percentage(percent: Any) -> None:
    with pytest.raises(Invalid):
        a_booking(BookingState.DISPUTED).resolve(STARTS, percent)


@STEADY
@given(st.integers(1, 10**15), st.integers(0, 100))
def test_a_share_never_loses_or_makes_a_token(price: int, percent: int) -> None:
    provider, customer = share(price, percent), price - share(price, percent)

    assert 0 <= provider <= price
    assert abs(provider * (100 - percent) - customer * percent) <= 100


def test_only_who_opened_a_dispute_takes_it_back_and_has_a_day_left() -> None:
    booking = a_booking(BookingState.DISPUTED, complete_at=STARTS + timedelta(hours=1))
    now = STARTS + timedelta(minutes=50)
    with pytest.raises(Forbidden):
        booking.withdraw(now, Side.PROVIDER, RULES)
    booking.withdraw(now, Side.CUSTOMER, RULES)

    assert booking.complete_at == booking.due_at == now + timedelta(hours=24)
    assert (booking.state, booking.disputed_by, booking.resolve_by) == (BookingState.CONFIRMED, None, None)


@STEADY
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=12))
def test_a_calendar_never_holds_two_at_once(wishes: list[tuple[int, int]]) -> None:
    """Invariant 44, with half-open intervals: back to back is legal."""
    calendar = Calendar(id="cal_1")
    kept: list[tuple[int, int]] = []
    for number, (begin, length) in enumerate(wishes):
        end = begin + length
        starts, ends = START + timedelta(minutes=begin), START + timedelta(minutes=end)
        free = all(end <= other[0] or other[1] <= begin for other in kept)
        minutes = (calendar.free_from(starts, ends) - starts).seconds // 60
        assert (minutes == length) == free
        assert not minutes or all(begin + minutes <= other[0] or other[1] <= begin for other in kept)
        if free:
            calendar.reserve(f"bkg_{number}", starts, ends)
            kept.append((begin, end))
        else:
            with pytest.raises(SlotUnavailable):
                calendar.reserve(f"bkg_{number}", starts, ends)
    for number in range(len(wishes)):
        calendar.free(f"bkg_{number}")
    assert calendar.taken == {}
