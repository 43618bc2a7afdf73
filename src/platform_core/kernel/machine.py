"""A state machine as data: which state follows which. It moves only inside an aggregate's verbs."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Generic, TypeVar

from attrs import frozen

from platform_core.kernel.errors import InvalidTransition

S = TypeVar("S", bound=Enum)


@frozen
class Machine(Generic[S]):
    """The legal moves of a thing called `name`. A state with no successors is final."""

    name: str
    moves: Mapping[S, frozenset[S]]

    def move(self, old: S, new: S) -> S:
        """The new state.

        Raises:
            InvalidTransition: The table has no such move; the caller has changed nothing yet (invariant 45).
        """
        if new not in self.moves[old]:
            raise InvalidTransition(f"a {self.name} that is {old.value} cannot become {new.value}")
        return new

    def is_final(self, state: S) -> bool:
        """Whether nothing follows this state."""
        return not self.moves[state]
