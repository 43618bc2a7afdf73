"""A run as data: steps that can be written down, read back and dropped one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum

from attrs import frozen

from platform_core.kernel.errors import Invalid


class Trouble(Enum):
    """What can go wrong inside a step."""

    COMMIT_FAILS = "commit-fails"
    """The store is away: nothing is written, and the caller is told so."""
    ANSWER_LOST = "answer-lost"
    """The store writes, and is lost before it says so."""
    STALE = "stale"
    """Somebody else was quicker: this commit and the two after it are refused."""
    STORM = "storm"
    """Somebody else is always quicker: this commit and all after it are refused."""
    READ_FAILS = "read-fails"
    """The store is away where something is read."""
    LOST = "lost"
    """What is asked of the provider never arrives, and no answer comes."""
    UNHEARD = "unheard"
    """The provider does it, and its answer is lost."""
    BROKEN = "broken"
    """The provider breaks down before it does it, and says so to this key for ever."""
    BROKEN_AFTER = "broken-after"
    """The same, after it has done it."""
    BUSY = "busy"
    """The provider refuses for now, and keeps that under the key."""
    LOW = "low"
    """The platform's balance at the provider is too low."""
    SLOW = "slow"
    """The provider takes it, and tells the outcome later."""
    REFUSED = "refused"
    """The provider refuses for good."""
    KILLED = "killed"
    """The process dies at this await."""
    STANDS = "stands"
    """The process stands still at this await, until a later step lets it go on."""


COMMITS = (Trouble.COMMIT_FAILS, Trouble.ANSWER_LOST, Trouble.STALE, Trouble.STORM)
READS = (Trouble.READ_FAILS,)
CALLS = (
    Trouble.LOST,
    Trouble.UNHEARD,
    Trouble.BROKEN,
    Trouble.BROKEN_AFTER,
    Trouble.BUSY,
    Trouble.LOW,
    Trouble.SLOW,
    Trouble.REFUSED,
)
AWAITS = (Trouble.KILLED, Trouble.STANDS)


@frozen
class Planned:
    """A trouble and where it strikes.

    Args:
        trouble: What goes wrong.
        at: With which commit, read, call of the provider or await of the step; 1 for the first.
    """

    trouble: Trouble
    at: int

    def __str__(self) -> str:
        return f"!{self.trouble.value}@{self.at}"


@frozen
class Step:
    """One thing that somebody does.

    Args:
        number: Its place in the run it was made for; what it makes is named after it, so that a run from which other
            steps were dropped still speaks of the same things.
        verb: What is done.
        args: With what: names of people and things, amounts, seconds.
        troubles: What goes wrong meanwhile.
    """

    number: int
    verb: str
    args: tuple[str, ...] = ()
    troubles: tuple[Planned, ...] = ()

    def __str__(self) -> str:
        return " ".join((str(self.number), self.verb, *self.args, *map(str, self.troubles)))


_WORD = re.compile(r"[0-9A-Za-z_.:+-]+")


def read_step(line: str) -> Step:
    """The step that a line says.

    Raises:
        Invalid: It says none.
    """
    number, *words = line.split()
    if not number.isdecimal() or not words:
        raise Invalid.field("replay", f"{line!r} is no step: it says a number, a verb and what belongs to it")
    args = tuple(word for word in words[1:] if not word.startswith("!"))
    for word in (words[0], *args):
        if not _WORD.fullmatch(word):
            raise Invalid.field("replay", f"{word!r} is no word of a step")
    return Step(int(number), words[0], args, tuple(_planned(word) for word in words[1:] if word.startswith("!")))


def _planned(word: str) -> Planned:
    name, _, at = word[1:].partition("@")
    try:
        trouble = Trouble(name)
    except ValueError as error:
        known = ", ".join(trouble.value for trouble in Trouble)
        raise Invalid.field("replay", f"{name!r} is no trouble; there are {known}") from error
    if not at.isdecimal() or int(at) < 1:
        raise Invalid.field("replay", f"{word!r} does not say where: !{name}@1")
    return Planned(trouble, int(at))


def read_steps(text: str) -> list[Step]:
    """The steps in a text, one a line or parted by semicolons; empty lines and `#` comments are passed over.

    Raises:
        Invalid: A line says no step, or two have one number.
    """
    lines = (part.strip() for line in text.splitlines() for part in line.partition("#")[0].split(";"))
    steps = [read_step(line) for line in lines if line]
    numbers = [step.number for step in steps]
    if len(numbers) != len(set(numbers)):
        raise Invalid.field("replay", "two steps have the same number")
    return steps


def write_steps(steps: Iterable[Step]) -> str:
    """The steps as a text that `read_steps` reads."""
    return "; ".join(map(str, steps))
