"""The simulation itself: runs that hold, that repeat, that stand still, that can be written down and shortened."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from adapters.simulation.steps import CALLS, Planned, Step, Trouble, read_steps, write_steps
from entrypoints.simulation.run import ALWAYS, AT_REST, UNTROUBLED, VERBS, replay, run
from entrypoints.simulation.shrinking import shrink
from entrypoints.simulation.world import World
from entrypoints.worker.worker import Worker
from platform_core.kernel.errors import Invalid
from support.planted import PLANTED

SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_holds_in_the_platform_as_it_is(seed: int) -> None:
    ran = run(seed)

    assert ran.broken is None, f"{ran.broken}\n{write_steps(ran.steps)}"
    assert len(ran.trace) == len(ran.steps) + 1


def test_the_same_seed_gives_the_same_trace_in_every_process() -> None:
    program = "from entrypoints.simulation.run import run; print('\\n'.join(run(3, 120).trace))"
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "4711")
    }

    assert told == {("\n".join(run(3, 120).trace) + "\n").encode()}


def test_other_seeds_give_other_traces() -> None:
    assert len({run(seed, 40).digest for seed in range(5)}) == 5


def test_steps_that_are_written_down_play_again() -> None:
    ran = run(5, 120)

    again = replay(5, read_steps(write_steps(ran.steps)))

    assert again == ran


def test_a_run_from_which_steps_are_dropped_still_speaks_of_the_same_things() -> None:
    steps = read_steps("1 tip ana ben 5; 2 order ana g0:1; 3 pay y2 paid; 4 webhook m3; 5 worker send-transfers a")

    whole, part = replay(1, steps), replay(1, steps[1:])

    assert [line.split(" [")[0] for line in whole.trace[1:]] == [line.split(" [")[0] for line in part.trace]
    assert part.trace[-2].startswith("5 worker send-transfers a -> ok")


def test_what_speaks_of_things_that_are_not_there_does_nothing() -> None:
    nonsense = (
        "1 pay y9 paid; 2 webhook m1; 3 capture h1 ana all; 4 resume 7; 5 kill 7; 6 again 1; 7 tip ana; 8 clock x"
    )

    assert [line.split(" -> ")[1].split()[0] for line in replay(0, read_steps(nonsense)).trace[:-1]] == ["-"] * 8


def test_every_verb_is_drawn_and_does_something() -> None:
    done: set[str] = set()
    for seed in range(60):
        if done != VERBS.keys():
            done |= {line.split()[1] for line in run(seed).trace[:-1] if " -> - " not in line}

    assert done == VERBS.keys()
    assert VERBS.keys() > UNTROUBLED


def test_every_round_of_the_worker_is_played() -> None:
    world = World(0)

    assert world.rounds == tuple(Worker(world.platform).rounds)


# ---- troubles

SALE = "1 order ana g0:1; 2 pay y1 paid; 3 webhook m2; "


@pytest.mark.parametrize("trouble", list(Trouble))
@pytest.mark.parametrize("at", [1, 2, 4])
def test_money_is_sent_right_whatever_goes_wrong(trouble: Trouble, at: int) -> None:
    ran = replay(1, [*read_steps(SALE), Step(4, "worker", ("send-transfers", "a"), (Planned(trouble, at),))])

    assert ran.broken is None, str(ran.broken)


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        ("commit-fails@1", "UNAVAILABLE"),
        ("answer-lost@1", "OUTCOME_UNKNOWN"),
        ("stale@1", "ok"),
        ("storm@1", "UNAVAILABLE"),
        ("read-fails@1", "UNAVAILABLE"),
        ("killed@1", "killed"),
        ("stands@1", "stands"),
        ("killed@99", "ok"),
    ],
)
def test_troubles_strike_where_they_are_planned(trouble: str, outcome: str) -> None:
    [line, _] = replay(0, read_steps(f"1 tip ana ben 5 !{trouble}")).trace

    assert line.split(" -> ")[1].startswith(outcome)


@pytest.mark.parametrize("trouble", CALLS)
def test_the_provider_fails_as_it_is_told(trouble: Trouble) -> None:
    steps = [*read_steps(SALE), Step(4, "worker", ("send-transfers", "a"), (Planned(trouble, 1),))]
    without = replay(1, [*read_steps(SALE), Step(4, "worker", ("send-transfers", "a"))])

    assert replay(1, steps).trace[-2].split("[")[1] != without.trace[-2].split("[")[1]


def test_who_stands_still_goes_on_where_they_stood() -> None:
    steps = read_steps("1 tip ana ben 5 !stands@3; 2 tip ben ana 7; 3 resume 1; 4 tip ana ben 1 !stands@1; 5 kill 4")

    assert [line.split(" -> ")[1].split()[0] for line in replay(0, steps).trace[:-1]] == [
        "stands",
        "ok",
        "ok",
        "stands",
        "killed",
    ]


def test_after_a_long_time_nobody_stands_still_any_more() -> None:
    steps = read_steps("1 tip ana ben 5 !stands@1; 2 clock 3600; 3 resume 1")

    assert replay(0, steps).trace[1].split(" [")[0].endswith("01-01 01:00:00, 1 ends")


# ---- writing down, and shortening


@pytest.mark.parametrize(
    "text",
    [
        "tip ana ben 5",
        "1",
        "1 tip ana !late@1",
        "1 tip ana !stale",
        "1 tip ana !stale@0",
        "1 tip a; 1 tip b",
        "1 tip ä",
    ],
)
def test_what_is_no_step_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_steps(text)


def test_a_verb_that_is_none_is_refused() -> None:
    with pytest.raises(Invalid, match="no verb"):
        replay(0, read_steps("1 dance ana"))


def test_comments_and_empty_lines_are_passed_over() -> None:
    assert read_steps("# a tip\n\n1 tip ana ben 5 # now\n2 clock 5;") == [
        Step(1, "tip", ("ana", "ben", "5")),
        Step(2, "clock", ("5",)),
    ]


def test_a_failing_run_is_shortened_to_what_matters() -> None:
    doubles = PLANTED["one may tip oneself"].doubles
    ran = next(ran for seed in range(40) if (ran := run(seed, doubles=doubles)).broken is not None)

    short = shrink(ran, doubles)

    assert short.broken is not None
    assert [step.verb for step in short.steps] == ["tip"]
    assert short.broken.sort == ran.broken.sort if ran.broken else False
    assert replay(ran.seed, read_steps(write_steps(short.steps)), doubles) == short


def test_a_run_that_holds_cannot_be_shortened() -> None:
    with pytest.raises(ValueError, match="nothing is broken"):
        shrink(run(0, 5))


def test_invariants_have_names_of_their_own_and_numbers() -> None:
    names = [invariant.name for invariant in (*ALWAYS, *AT_REST)]

    assert len(names) == len(set(names))
    covered = {number for invariant in (*ALWAYS, *AT_REST) for number in invariant.numbers}
    wanted = {1, 2, 3, 4, 6, 11, 12, 13, 15, 16, 18, *range(21, 27), *range(29, 36), 38, 40, 44}
    assert wanted <= covered
