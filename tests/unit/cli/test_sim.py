"""`platform-core sim`: what it says, what it answers, how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from entrypoints.cli import sim as command
from entrypoints.simulation.run import Run as Ran
from entrypoints.simulation.run import run as play
from support.planted import PLANTED

Run = Callable[..., Result]
Ask = Callable[..., Any]


def test_seeds_are_run_and_told_in_one_object(ask: Ask) -> None:
    told = ask("sim", "--seeds", "2", "--seed", "10", "--steps", "20")

    assert (told["seeds"], told["steps"], told["failures"]) == (2, 40, [])
    assert [one["seed"] for one in told["runs"]] == [10, 11]
    assert told == ask("sim", "--seeds", "2", "--seed", "10", "--steps", "20")


def test_a_trace_tells_of_every_step(run: Run) -> None:
    result = run("sim", "--seed", "4", "--steps", "15", "--trace")

    assert result.exit_code == 0
    assert "\n".join(play(4, 15).trace) in result.stdout


def test_steps_are_played_again_from_the_line_and_from_a_file(run: Run, folder: Path) -> None:
    steps = "1 tip ana ben 5; 2 clock 60"
    (folder / "steps.txt").write_text("# two steps\n1 tip ana ben 5\n2 clock 60\n")

    line = run("sim", "--seed", "4", "--replay", steps, "--trace")
    file = run("sim", "--seed", "4", "--replay", "steps.txt", "--trace")

    assert line.exit_code == file.exit_code == 0
    assert line.stdout == file.stdout
    assert "1 tip ana ben 5 -> ok" in line.stdout


@pytest.mark.parametrize(
    ("given", "code"), [("1 dance ana", 2), ("one two", 2), ("nowhere.txt", 1), ("1 tip a !late@1", 2)]
)
def test_what_cannot_be_played_is_refused(given: str, code: int, run: Run) -> None:
    result = run("sim", "--replay", given)

    assert result.exit_code == code
    assert "Error" in result.stderr


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform in which one may tip oneself."""
    doubles = PLANTED["one may tip oneself"].doubles

    def run_broken(seed: int, count: int) -> Ran:
        return play(seed, count, doubles)

    monkeypatch.setattr(command, "run", run_broken)


@pytest.mark.usefixtures("broken")
def test_what_does_not_hold_is_told_with_the_steps_that_show_it(run: Run) -> None:
    result = run("sim", "--seeds", "3", "--shrink", "0", "--json")

    assert result.exit_code == 6
    first = json.loads(result.stdout)["failures"][0]
    assert "nobody pays themselves (invariant 16)" in first["broken"]
    assert first["invariants"] == [16]
    assert first["steps"][-1].split()[1] == "tip"
    assert first["replay"].startswith(f"platform-core sim --seed {first['seed']} --replay '")


@pytest.mark.usefixtures("broken")
def test_people_are_told_what_to_type_next(run: Run) -> None:
    result = run("sim", "--seeds", "3", "--shrink", "0")

    assert result.exit_code == 6
    assert "nobody pays themselves (invariant 16) after step" in result.stderr
    assert "platform-core sim --seed 0 --replay '" in result.stderr
