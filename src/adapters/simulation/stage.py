"""Where acts play: coroutines driven one await at a time, without an event loop, and what goes wrong inside them.

Every port of the simulated platform tells the stage before it does something. Most of the time nothing comes of that;
where the step says so, the process dies there, stands still, or the port fails.
"""

from __future__ import annotations

import types
from collections.abc import Coroutine, Generator
from typing import Any

from attrs import define, field

from adapters.simulation.steps import AWAITS, CALLS, COMMITS, READS, Planned, Step, Trouble
from platform_core.kernel.errors import PlatformError

STALE_FOR = 3
"""How many commits in a row are refused by a plain `stale`."""


@types.coroutine
def _stand_still() -> Generator[None, None, None]:
    yield


@define
class Act:
    """A piece of work of some process, under way.

    Args:
        step: The step that began it.
        work: The coroutine.
        process: What it keeps busy, if it is a loop of a worker: nobody else runs that meanwhile.
        made: How many ids were drawn in it.
        outcome: What came of it, in a few words; None while it stands.
        answer: What it answered, if it did.
        refusal: What it was refused with, if it was.
    """

    step: Step
    work: Coroutine[Any, Any, Any]
    process: str = ""
    awaits: int = 0
    reads: int = 0
    commits: int = 0
    calls: int = 0
    made: int = 0
    struck: set[Planned] = field(factory=set)
    outcome: str | None = None
    answer: object = None
    refusal: PlatformError | None = None

    @property
    def number(self) -> int:
        """The number of its step."""
        return self.step.number

    def strikes(self, among: tuple[Trouble, ...], count: int) -> Trouble | None:
        """What goes wrong with the `count`th of a kind."""
        for planned in self.step.troubles:
            trouble, at = planned.trouble, planned.at
            if trouble not in among:
                continue
            until = {Trouble.STALE: at + STALE_FOR, Trouble.STORM: 1 << 30}.get(trouble, at + 1)
            if at <= count < until:
                self.struck.add(planned)
                return trouble
        return None


class Crash(Exception):
    """Something raised what is no refusal: a fault of the program."""


class Stage:
    """Drives acts. Without one, as when somebody only looks, ports pass it by."""

    def __init__(self) -> None:
        self.act: Act | None = None
        self.standing: dict[int, Act] = {}
        self.calm = False
        """Whether nothing goes wrong any more."""
        self.answer: object = None
        """What the last act answered, if it did."""

    # ---- driving

    def play(self, step: Step, work: Coroutine[Any, Any, Any], process: str = "") -> str:
        """Begin an act, and drive it as far as it goes; what came of it.

        Raises:
            Crash: It raised what is no refusal.
        """
        return self._drive(Act(step, work, process))

    def resume(self, number: int) -> str:
        """Let an act that stands go on.

        Raises:
            Crash: It raised what is no refusal.
        """
        return self._drive(self.standing.pop(number))

    def kill(self, number: int) -> str:
        """End the process of an act that stands."""
        act = self.standing.pop(number)
        act.work.close()
        act.outcome = "killed"
        return act.outcome

    def is_busy(self, process: str) -> bool:
        """Whether an act of this process stands."""
        return any(act.process == process for act in self.standing.values())

    def _drive(self, act: Act) -> str:
        self.act, self.answer = act, None
        try:
            act.work.send(None)
        except StopIteration as stop:
            act.answer = self.answer = stop.value
            act.outcome = "ok" if not isinstance(stop.value, str) else stop.value
        except PlatformError as refusal:
            act.refusal = refusal
            act.outcome = refusal.code
        except Exception as error:
            raise Crash(f"{type(error).__name__}: {error}") from error
        else:
            return self._stopped(act)
        finally:
            self.act = None
        return act.outcome

    def _stopped(self, act: Act) -> str:
        if act.strikes((Trouble.KILLED,), act.awaits):
            act.work.close()
            act.outcome = "killed"
            return act.outcome
        self.standing[act.number] = act
        return "stands"

    # ---- what ports ask

    async def reads(self) -> bool:
        """Before something is read: whether the store is away."""
        act = self.act
        if act is None:
            return False
        await self._awaits(act)
        act.reads += 1
        return not self.calm and act.strikes(READS, act.reads) is not None

    async def commits(self) -> Trouble | None:
        """Before something is committed: what goes wrong with it."""
        act = self.act
        if act is None:
            return None
        await self._awaits(act)
        act.commits += 1
        return None if self.calm else act.strikes(COMMITS, act.commits)

    async def committed(self) -> None:
        """After something was committed."""
        if self.act is not None:
            await self._awaits(self.act)

    async def calls(self) -> Trouble | None:
        """Before the provider is asked: what goes wrong with it."""
        act = self.act
        if act is None:
            return None
        await self._awaits(act)
        act.calls += 1
        return None if self.calm else act.strikes(CALLS, act.calls)

    async def called(self) -> None:
        """After the provider has done it."""
        if self.act is not None:
            await self._awaits(self.act)

    async def _awaits(self, act: Act) -> None:
        act.awaits += 1
        if not self.calm and act.strikes(AWAITS, act.awaits) is not None:
            await _stand_still()
            # Whoever goes on is the one whose turn it is.
            self.act = act
