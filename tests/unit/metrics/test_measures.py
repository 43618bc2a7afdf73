"""Counting in memory that processes share."""

from __future__ import annotations

import multiprocessing
import os

import pytest

from entrypoints.http.server import OUTSIDE, operations
from entrypoints.http.teezu.dialect import TEEZU
from entrypoints.metrics.measures import OTHER, SECONDS, STATUSES, UNITS, Measures

TIP, LOGIN = ("teezu", "send_tip"), ("teezu", "login")


@pytest.fixture
def measures() -> Measures:
    return Measures([TIP, LOGIN], processes=3)


def test_answers_are_told_apart_by_operation_and_status(measures: Measures) -> None:
    counter = measures.counter()
    for status in (200, 200, 404, 418):
        counter.answered(*TIP, status, 0.001)
    counter.answered("teezu", "not known here", 200, 0.001)

    assert dict(measures.answers(TIP)) == {200: 2, 404: 1, 0: 1}
    assert dict(measures.answers(LOGIN)) == {}
    assert dict(measures.answers(OTHER)) == {200: 1}


@pytest.mark.parametrize(("seconds", "place"), [(0.0, 0), (0.001, 0), (0.0011, 1), (10.0, 12), (10.1, 13), (1e9, 13)])
def test_a_latency_is_in_the_first_class_that_is_not_below_it(measures: Measures, seconds: float, place: int) -> None:
    measures.counter().answered(*TIP, 200, seconds)

    spread = measures.latencies(TIP)
    assert [number for number, count in enumerate(spread.counts) if count] == [place]
    assert len(spread.counts) == len(SECONDS) + 1
    assert spread.total == seconds


def test_batches_are_spread_by_size(measures: Measures) -> None:
    counter = measures.counter()
    for units in (1, 1, 2, 3, 256, 300):
        counter.committed(units)

    spread = measures.batches()
    told = dict(zip([*UNITS, None], spread.counts, strict=True))
    assert {bound: count for bound, count in told.items() if count} == {1: 2, 2: 1, 4: 1, 256: 1, None: 1}
    assert spread.total == 563


def test_what_processes_count_adds_up_and_outlives_them(measures: Measures) -> None:
    def count(number: int) -> None:
        counter = measures.counter(number)
        counter.begin()
        for _ in range(100 * (number + 1)):
            counter.answered(*TIP, 200, 0.5)
        counter.tell(waiting=number, in_use=number + 1, most=6)

    context = multiprocessing.get_context("fork")
    # The last one takes the place of one that is gone: it goes on where that ended.
    for number in (0, 1, 2, 1):
        process = context.Process(target=count, args=(number,))
        process.start()
        process.join(30)
        assert process.exitcode == 0

    assert dict(measures.answers(TIP)) == {200: 800}
    assert measures.latencies(TIP).total == 400
    states = measures.states()
    assert [(state.waiting, state.in_use, state.most) for state in states] == [(0, 1, 6), (1, 2, 6), (2, 3, 6)]
    assert len({state.process for state in states} - {os.getpid(), 0}) == 3


def test_every_operation_and_every_status_of_the_server_has_a_place() -> None:
    known = set(Measures(operations()).operations)

    assert {("teezu", row.id) for row in TEEZU.rows} | {("", name) for name in OUTSIDE} | {("veza", "")} <= known
    assert {row.status for row in TEEZU.rows} <= set(STATUSES)
