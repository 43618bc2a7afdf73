"""`platform-core sim`: random business with injected faults, and what must hold after every step of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import rich_click as click
from attrs import define, field

from adapters.simulation.steps import read_steps, write_steps
from entrypoints.cli import exits
from entrypoints.cli.operation import Operation, operation
from entrypoints.simulation.run import STEPS, Run, replay, run
from entrypoints.simulation.shrinking import MOST_RUNS, shrink

SHOWN = 10
"""How many failing seeds are shrunk and shown."""


@define
class _Tally:
    """What came of all runs."""

    seeds: int = 0
    steps: int = 0
    failed: list[Run] = field(factory=list)
    digests: list[tuple[int, str]] = field(factory=list)


@click.command()
@operation(
    "sim --seeds 20",
    "sim --seed 7 --trace",
    "sim --seed 7 --replay '12 buy ana pkg_100; 15 pay p12 paid; 20 webhook m15'",
    database=False,
)
@click.option("--seeds", type=click.IntRange(1), default=1, show_default=True, help="How many runs, one for each seed.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The first seed.")
@click.option("--steps", type=click.IntRange(1), default=STEPS, show_default=True, help="How many steps a run has.")
@click.option("--replay", "steps_given", metavar="STEPS", help="Play these steps, or those in this file, instead.")
@click.option("--trace", is_flag=True, help="Tell of every step and what came of it.")
@click.option(
    "--shrink",
    "most",
    type=click.IntRange(0),
    default=MOST_RUNS,
    show_default=True,
    help="How many shorter runs to try when one fails.",
)
def sim(
    operation: Operation, *, seeds: int, seed: int, steps: int, steps_given: str | None, trace: bool, most: int
) -> None:
    """Simulate the money side: random people, a payment provider, workers, and faults at every turn.

    Everything is in memory and follows from the seed: the same seed gives the same trace. When something does not hold,
    the run is shortened and told as steps that --replay plays again; the exit code is 6.
    """
    began, tally = time.monotonic(), _Tally()
    for ran in _runs(seed, seeds, steps, steps_given):
        tally.seeds += 1
        tally.steps += len(ran.steps)
        tally.digests.append((ran.seed, ran.digest))
        if trace and not operation.output.as_json:
            sys.stdout.write("".join(f"{line}\n" for line in ran.trace))
        if ran.broken is not None:
            tally.failed.append(shrink(ran, most=most) if len(tally.failed) < SHOWN and most else ran)
    _tell(operation, tally, time.monotonic() - began)
    if tally.failed:
        sys.exit(exits.FINDINGS)


def _runs(seed: int, seeds: int, steps: int, given: str | None) -> Iterator[Run]:
    if given is not None:
        yield replay(seed, read_steps(_text(given)))
        return
    for number in range(seed, seed + seeds):
        yield run(number, steps)


def _text(given: str) -> str:
    """The steps themselves, or what is in the file of that name."""
    return given if " " in given else Path(given).read_text(encoding="utf-8")


def _tell(operation: Operation, tally: _Tally, seconds: float) -> None:
    failures = [
        {
            "seed": ran.seed,
            "broken": str(ran.broken),
            "invariants": list(ran.broken.numbers) if ran.broken else [],
            "steps": [str(step) for step in ran.steps],
            "replay": f"platform-core sim --seed {ran.seed} --replay '{write_steps(ran.steps)}'",
        }
        for ran in tally.failed
    ]
    output = operation.output
    if output.as_json:
        digests = [{"seed": seed, "digest": digest} for seed, digest in tally.digests]
        output.item({"seeds": tally.seeds, "steps": tally.steps, "failures": failures, "runs": digests})
        return
    for failure in failures:
        output.note(f"seed {failure['seed']}: {failure['broken']}")
        output.note(str(failure["replay"]))
    output.item(
        {
            "seeds": tally.seeds,
            "steps": tally.steps,
            "failed": len(tally.failed),
            "digest": tally.digests[-1][1],
        }
    )
    output.note(f"{tally.steps / max(seconds, 0.001):,.0f} steps a second")
