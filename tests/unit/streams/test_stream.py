"""A stream by itself: its tables over all pairs of states, and the times that move it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from adapters.testing import START
from platform_core.kernel.errors import Conflict, Invalid, InvalidTransition
from platform_core.kernel.machine import Machine
from platform_core.kernel.money import LIMIT
from platform_core.streams.stream import (
    FIRST_BEAT,
    GRACE,
    HOST_MOVES,
    IDLE_LIFETIME,
    LAPSE,
    LEASE,
    LONGEST_PAUSE,
    LONGEST_STREAM,
    LONGEST_TITLE,
    PLATFORM_MOVES,
    LeaseHeld,
    Reason,
    Stream,
    StreamNotLive,
    StreamState,
)

IDLE, LIVE, FROZEN, ENDED = StreamState
MACHINES: Mapping[str, Machine[StreamState]] = {"host": HOST_MOVES, "platform": PLATFORM_MOVES}
LEGAL = {
    "host": {(IDLE, LIVE), (LIVE, FROZEN), (LIVE, ENDED), (FROZEN, LIVE)},
    "platform": {(IDLE, ENDED), (LIVE, FROZEN), (LIVE, ENDED), (FROZEN, ENDED)},
}
SECOND = timedelta(seconds=1)
MINE, OTHER = "ses_mine", "ses_other"


def a_stream(**fields: Any) -> Stream:
    given: dict[str, Any] = {"title": "Evening show", "is_premium": False, "token_price": 0}
    return Stream.create(id="str_1", host="usr_1", now=START, **{**given, **fields})


def a_stream_in(state: StreamState) -> Stream:
    """A stream that came to a state by its host's moves."""
    stream = a_stream()
    for step in {IDLE: (), LIVE: (LIVE,), FROZEN: (LIVE, FROZEN), ENDED: (LIVE, ENDED)}[state]:
        stream.move(step, MINE, START)
    stream.take_events()
    return stream


def names(stream: Stream) -> list[str]:
    return [event.name for event in stream.take_events()]


def due(stream: Stream) -> datetime:
    assert stream.due_at is not None
    return stream.due_at


@pytest.mark.parametrize(("who", "old", "new"), [*product(MACHINES, StreamState, StreamState)])
def test_a_table_has_these_moves_and_no_other(who: str, old: StreamState, new: StreamState) -> None:
    assert (new in MACHINES[who].moves[old]) == ((old, new) in LEGAL[who])


@pytest.mark.parametrize(("old", "new"), [*product(StreamState, repeat=2)])
def test_a_host_moves_it_as_the_document_says_and_no_other_way(old: StreamState, new: StreamState) -> None:
    stream = a_stream_in(old)
    if (old, new) in LEGAL["host"]:
        stream.move(new, MINE, START)
        assert stream.state is new
    else:
        with pytest.raises(InvalidTransition, match=f"a stream that is {old.value} cannot become {new.value}"):
            stream.move(new, MINE, START)
        assert stream.state is old
        assert stream.take_events() == []


def test_nothing_follows_the_end() -> None:
    for machine in MACHINES.values():
        assert [state for state in StreamState if machine.is_final(state)] == [ENDED]


def test_it_starts_once_and_each_move_is_told() -> None:
    stream = a_stream()
    assert names(stream) == ["streams.created"]

    stream.move(LIVE, MINE, START + SECOND)
    stream.move(FROZEN, MINE, START + 2 * SECOND)
    stream.move(LIVE, MINE, START + 3 * SECOND)
    stream.move(ENDED, MINE, START + 4 * SECOND)

    assert names(stream) == ["streams.started", "streams.frozen", "streams.resumed", "streams.ended"]
    assert (stream.started_at, stream.ended_at) == (START + SECOND, START + 4 * SECOND)
    assert (stream.reason, stream.due_at) == (Reason.HOST, None)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"title": ""}, "title"),
        ({"title": " \t"}, "title"),
        ({"title": "x" * (LONGEST_TITLE + 1)}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"is_premium": True}, "token_price"),
        ({"is_premium": True, "token_price": LIMIT + 1}, "token_price"),
        ({"is_premium": True, "token_price": -1}, "token_price"),
        ({"is_premium": True, "token_price": True}, "token_price"),
        ({"is_premium": True, "token_price": 1.0}, "token_price"),
        ({"token_price": 1}, "token_price"),
        ({"token_price": False}, "token_price"),
    ],
)
def test_what_breaks_a_rule_is_named(fields: dict[str, Any], wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        a_stream(**fields)

    assert [detail.field for detail in refused.value.details] == [wrong]


@pytest.mark.parametrize(
    "fields",
    [{"title": "x"}, {"title": "x" * LONGEST_TITLE}, *({"is_premium": True, "token_price": n} for n in (1, LIMIT))],
)
def test_the_edges_are_allowed(fields: dict[str, Any]) -> None:
    assert a_stream(**fields).state is IDLE


# ---- times


@pytest.mark.parametrize("state", StreamState)
def test_nothing_lapses_before_its_time(state: StreamState) -> None:
    stream = a_stream_in(state)
    before = START if stream.due_at is None else stream.due_at - timedelta(microseconds=1)

    with pytest.raises(Conflict):
        stream.lapse(before)
    assert stream.state is state


def test_an_idle_one_expires() -> None:
    stream = a_stream()
    stream.lapse(START + IDLE_LIFETIME)

    assert (stream.state, stream.reason, stream.started_at) == (ENDED, Reason.EXPIRED, None)


def test_a_host_who_is_never_heard_of_is_lost_after_a_minute_and_waited_for() -> None:
    stream = a_stream_in(LIVE)
    assert due(stream) == START + FIRST_BEAT

    stream.lapse(due(stream))
    assert (stream.state, stream.reason, stream.due_at) == (FROZEN, Reason.HOST_LOST, START + GRACE)

    stream.lapse(due(stream))
    assert (stream.state, stream.reason) == (ENDED, Reason.HOST_LOST)
    assert names(stream) == ["streams.frozen", "streams.ended"]


def test_heartbeats_keep_it_live_and_silence_freezes_it() -> None:
    stream = a_stream_in(LIVE)
    for beat in range(1, 100):
        stream.beat(MINE, START + beat * 5 * SECOND)
    heard = START + 99 * 5 * SECOND
    assert due(stream) == heard + LAPSE

    stream.lapse(heard + LAPSE)

    assert (stream.state, stream.due_at) == (FROZEN, heard + GRACE)


def test_a_host_who_comes_back_goes_on_with_the_same_stream() -> None:
    stream = a_stream_in(LIVE)
    stream.lapse(START + FIRST_BEAT)

    stream.beat(MINE, START + GRACE - SECOND)

    assert (stream.state, stream.reason, stream.started_at) == (LIVE, None, START)
    assert names(stream) == ["streams.frozen", "streams.resumed"]
    assert due(stream) == START + GRACE - SECOND + LAPSE


def test_a_heartbeat_does_not_end_a_pause() -> None:
    stream = a_stream_in(FROZEN)
    stream.beat(MINE, START + SECOND)
    assert (stream.state, stream.reason, stream.due_at) == (FROZEN, Reason.HOST, START + LONGEST_PAUSE)

    stream.lapse(START + LONGEST_PAUSE)
    assert (stream.state, stream.reason) == (ENDED, Reason.PAUSE_TIMEOUT)


@pytest.mark.parametrize("state", [IDLE, ENDED])
def test_there_is_no_heartbeat_without_a_stream(state: StreamState) -> None:
    with pytest.raises(StreamNotLive):
        a_stream_in(state).beat(MINE, START)


@pytest.mark.parametrize("state", [LIVE, FROZEN])
def test_it_ends_after_twelve_hours_whatever_happens(state: StreamState) -> None:
    stream = a_stream_in(LIVE)
    late = START + LONGEST_STREAM - SECOND
    stream.beat(MINE, late)
    if state is FROZEN:
        stream.move(FROZEN, MINE, late)
    assert due(stream) == START + LONGEST_STREAM

    stream.lapse(due(stream))

    assert (stream.state, stream.reason) == (ENDED, Reason.DURATION)


def test_after_an_outage_of_ours_it_never_goes_from_live_straight_to_its_end() -> None:
    stream = a_stream_in(LIVE)
    back = START + timedelta(hours=1)
    stream.lapse(back)

    assert (stream.state, stream.due_at) == (FROZEN, back + LAPSE)
    stream.beat(MINE, back + LAPSE - SECOND)
    assert (stream.state, stream.started_at) == (LIVE, START)


@pytest.mark.parametrize("state", [IDLE, LIVE, FROZEN])
def test_an_operator_ends_it_from_anywhere(state: StreamState) -> None:
    stream = a_stream_in(state)
    stream.stop(Reason.OPERATOR, START)

    assert (stream.state, stream.reason, stream.due_at) == (ENDED, Reason.OPERATOR, None)
    with pytest.raises(InvalidTransition):
        stream.stop(Reason.OPERATOR, START)


# ---- one sender


def test_another_session_of_the_host_does_not_send_it_while_the_first_one_does() -> None:
    stream = a_stream_in(LIVE)
    for beat in range(1, 4):
        now = START + beat * 5 * SECOND
        stream.beat(MINE, now)
        with pytest.raises(LeaseHeld):
            stream.beat(OTHER, now + SECOND)
    assert (stream.sender, stream.heard_at) == (MINE, now)
    assert due(stream) == now + LAPSE


def test_another_session_takes_it_over_when_the_first_is_silent_and_then_keeps_it() -> None:
    stream = a_stream_in(LIVE)
    with pytest.raises(LeaseHeld):
        stream.beat(OTHER, START + LEASE - timedelta(microseconds=1))
    stream.beat(OTHER, START + LEASE)

    assert stream.sender == OTHER
    assert stream.take_events() == []
    with pytest.raises(LeaseHeld):
        stream.beat(MINE, START + LEASE + SECOND)


def test_whichever_session_comes_back_first_sends_what_was_frozen() -> None:
    stream = a_stream_in(LIVE)
    stream.lapse(START + FIRST_BEAT)
    stream.beat(OTHER, START + FIRST_BEAT)
    assert (stream.state, stream.sender) == (LIVE, OTHER)

    stream.move(FROZEN, MINE, START + FIRST_BEAT)
    stream.beat(MINE, START + FIRST_BEAT)
    assert stream.sender == OTHER, "nothing is sent while it pauses"
    stream.move(LIVE, MINE, START + FIRST_BEAT)
    assert stream.sender == MINE


def test_the_lease_is_over_before_the_host_is_lost() -> None:
    assert LEASE < LAPSE < FIRST_BEAT < GRACE
