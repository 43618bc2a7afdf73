"""What a verb of a simulation is: how a step with it is drawn, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from random import Random
from typing import Any, TypeVar

from attrs import frozen

from adapters.simulation.steps import Step
from entrypoints.simulation.world import Person, World
from platform_core.kernel.aggregate import Aggregate

A = TypeVar("A", bound=Aggregate)
T = TypeVar("T")

Doing = Coroutine[Any, Any, Any] | str
"""What comes of a step: an act to be driven, or, where nobody asks the platform for anything, what happened."""


class Skip(Exception):
    """What the step speaks of is not there: nothing happens."""


@frozen
class Verb:
    """One sort of step.

    Args:
        name: How it is written.
        weight: How often it is drawn, among the others.
        draw: Its arguments, from a source of chance and from how things stand; None where it makes no sense now.
        do: Does it. It raises `Skip` where it speaks of something that is not there.
    """

    name: str
    weight: int
    draw: Callable[[Random, World], Sequence[str] | None]
    do: Callable[[World, Step], Doing]


def some(rng: Random, among: Iterable[T]) -> T | None:
    """One of them, or None if there is none."""
    choices = list(among)
    return rng.choice(choices) if choices else None


def anybody(rng: Random, world: World) -> str:
    """Somebody's name."""
    return rng.choice(list(world.people))


def name_of(world: World, id: str) -> str:
    """A person's name by their id."""
    return world.by_id[id]


def person(world: World, name: str) -> Person:
    """A person by name."""
    found = world.people.get(name)
    if found is None:
        raise Skip
    return found


def thing(world: World, kind: type[A], name: str) -> A:
    """A thing by name."""
    found = world.find(kind, name)
    if found is None:
        raise Skip
    return found


def number(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise Skip from None


def arguments(step: Step, count: int) -> tuple[str, ...]:
    """The arguments of a step that must have so many."""
    if len(step.args) != count:
        raise Skip
    return step.args
