"""Making a failing run short: steps and troubles are dropped as long as the same thing still fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import evolve

from adapters.simulation.steps import Step
from entrypoints.simulation.run import Run, replay
from entrypoints.simulation.world import USUAL, Doubles

MOST_RUNS = 400
"""How many shorter runs are tried, at most."""


class Shrinker:
    """Shortens one failing run.

    Args:
        run: The run that failed.
        doubles: The parts it was played with.
        most: How many shorter ones to try.
    """

    def __init__(self, run: Run, doubles: Doubles = USUAL, *, most: int = MOST_RUNS) -> None:
        if run.broken is None:
            raise ValueError("nothing is broken in this run")
        self._best = run
        self._sort = run.broken.sort
        self._doubles = doubles
        self._left = most

    def shrink(self) -> Run:
        """The shortest run found that fails in the same way."""
        while self._left > 0:
            before = self._best.steps
            self._drop_steps()
            self._drop_troubles()
            if self._best.steps == before:
                break
        return self._best

    def _drop_steps(self) -> None:
        """Drop ever smaller pieces: halves, quarters … single steps."""
        size = max(1, len(self._best.steps) // 2)
        while True:
            start = 0
            while start < len(self._best.steps):
                steps = self._best.steps
                if not self._fails(steps[:start] + steps[start + size :]):
                    start += size
            if size == 1:
                return
            size = max(1, size // 2)

    def _drop_troubles(self) -> None:
        for index in range(len(self._best.steps)):
            if index >= len(self._best.steps):
                return  # A run without it fails earlier.
            self._try_without(index, lambda step: evolve(step, troubles=()))
            if index < len(self._best.steps) and len(self._best.steps[index].troubles) > 1:
                self._try_without(index, lambda step: evolve(step, troubles=step.troubles[:1]))
                self._try_without(index, lambda step: evolve(step, troubles=step.troubles[1:]))

    def _try_without(self, index: int, change: Callable[[Step], Step]) -> None:
        if index < len(self._best.steps):
            steps, step = self._best.steps, self._best.steps[index]
            if step.troubles:
                self._fails((*steps[:index], change(step), *steps[index + 1 :]))

    def _fails(self, steps: Sequence[Step]) -> bool:
        """Whether these steps fail in the same way; if so they are the best so far."""
        if self._left <= 0 or not steps:
            return False
        self._left -= 1
        again = replay(self._best.seed, steps, self._doubles)
        if again.broken is None or again.broken.sort != self._sort:
            return False
        # It may fail sooner than at its last step.
        self._best = again
        return True


def shrink(run: Run, doubles: Doubles = USUAL, *, most: int = MOST_RUNS) -> Run:
    """The shortest run found that fails as this one does.

    Raises:
        ValueError: This one does not fail.
    """
    return Shrinker(run, doubles, most=most).shrink()
