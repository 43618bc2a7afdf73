"""What must hold after every step, and what must besides hold once everything has come to rest.

Each is a function of the world that answers what is wrong, or None. The numbers are those of the page of rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from attrs import define, field, frozen

from adapters.simulation.dealings import Call
from adapters.simulation.parts import Written
from entrypoints.simulation.world import World
from platform_core.kernel.changes import KeyId
from platform_core.kernel.events import Envelope
from platform_core.kernel.journal import JournalEntry

_PARTICULAR = re.compile(r"\b[a-z]{3}_[0-9a-z_.]+|\d+")
Check = Callable[["Scene"], "str | None"]


@frozen
class Invariant:
    """Something that must hold.

    Args:
        name: How it is called when it does not.
        numbers: The invariants it checks.
        check: What is wrong, or None.
        at_rest: Whether it holds only once everything has come to rest.
    """

    name: str
    numbers: tuple[int, ...]
    check: Check
    at_rest: bool = False


@define
class Scene:
    """The world, and what its checks remember from one step to the next.

    Args:
        world: What is looked at.
        fresh: The commits since the last look.
        sums: Account to the sum of everything ever posted to it.
        issued: Tokens that operators gave.
        ends: Hold to how often tokens of it were captured or given back.
        paid: Payment to how often tokens were credited for it.
        final: Kind and id to the final state it was seen in.
        places: Subject to the place of the last event heard of it.
        delivered: The places of all events heard.
        keys: The idempotency keys that had an effect.
        nonces: What tips were given for.
        taken: Refund to what it took from each account; a seller's two are one.
        called: What the provider was asked to move last, by verb and subject.
        calls: How many of its calls were looked at.
        sendings: How many sendings were looked at.
        unheard: The events heard since the last look.
        answered: The steps whose requests were answered since then.
    """

    world: World
    fresh: list[Written] = field(factory=list)
    sums: dict[str, int] = field(factory=dict)
    issued: int = 0
    ends: dict[str, int] = field(factory=dict)
    paid: dict[str, int] = field(factory=dict)
    final: dict[tuple[str, str], object] = field(factory=dict)
    places: dict[str, int] = field(factory=dict)
    delivered: set[int] = field(factory=set)
    keys: set[KeyId] = field(factory=set)
    nonces: set[str] = field(factory=set)
    taken: dict[str, dict[str, int]] = field(factory=dict)
    called: dict[tuple[str, str], Call] = field(factory=dict)
    calls: int = 0
    sendings: int = 0
    unheard: list[Envelope] = field(factory=list)
    answered: list[int] = field(factory=list)
    _seen: int = field(default=0, init=False)
    _heard: int = field(default=0, init=False)
    _replies: int = field(default=0, init=False)
    _asked_for: int = field(default=0, init=False)

    def look(self) -> bool:
        """See what is new; whether anything is."""
        world = self.world
        written, heard, answered = world.store.written, world.heard, world.answered
        before = (self._seen, self._heard, self._replies, self._asked_for)
        self.fresh, self._seen = written[self._seen :], len(written)
        self.unheard, self._heard = heard[self._heard :], len(heard)
        self.answered, self._replies = answered[self._replies :], len(answered)
        self._asked_for = len(world.provider.calls)
        for entry in self.entries():
            for posting in entry.postings:
                self.sums[posting.account] = self.sums.get(posting.account, 0) + posting.amount
        return before != (self._seen, self._heard, self._replies, self._asked_for)

    def entries(self, *kinds: str) -> Iterator[JournalEntry]:
        """The entries that are new, of these kinds or of all."""
        for written in self.fresh:
            for entry in written.entries:
                if not kinds or entry.kind in kinds:
                    yield entry


@frozen
class Broken:
    """An invariant that does not hold.

    Args:
        invariant: Its name.
        numbers: Its numbers.
        detail: What is wrong.
        step: After which step; None when it was found at rest.
    """

    invariant: str
    numbers: tuple[int, ...]
    detail: str
    step: int | None

    @property
    def sort(self) -> str:
        """What it has in common with the same fault in another run: no ids and no amounts."""
        return f"{self.invariant}: {_PARTICULAR.sub('', self.detail)}"

    def __str__(self) -> str:
        where = "at rest" if self.step is None else f"after step {self.step}"
        which = f" (invariant {', '.join(map(str, self.numbers))})" if self.numbers else ""
        return f"{self.invariant}{which} {where}: {self.detail}"


def first(problems: Iterator[str]) -> str | None:
    """The first of them, or None."""
    return next(problems, None)
