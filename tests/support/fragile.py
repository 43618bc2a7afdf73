"""A process that can be killed at any step: at each read, commit and call of the provider, before it or after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from adapters.payments.fake_merchant import FakeMerchant

STEPS = frozenset({"get", "peek", "find", "count", "balances", "commit"})
CALLS = frozenset({"transfer", "find_transfer", "reverse", "find_reversal", "refund", "find_refund", "account"})


class Killed(BaseException):
    """The process is gone."""


class Fuse:
    """Kills whoever comes to the step it is set to.

    Args:
        burnt: Whether it has.
    """

    def __init__(self) -> None:
        self._left: int | None = None
        self.burnt = False

    @contextmanager
    def lit(self, steps: int) -> Iterator[None]:
        """Kill at the step after so many, if the block comes that far; the block ends there."""
        self._left, self.burnt = steps, False
        try:
            yield
        except Killed:
            pass
        finally:
            self._left = None

    def step(self) -> None:
        """Come to a step."""
        if self._left is None:
            return
        if self._left == 0:
            self._left, self.burnt = None, True
            raise Killed
        self._left -= 1


def guarded(act: Callable[..., Awaitable[Any]], fuse: Fuse) -> Callable[..., Awaitable[Any]]:
    """The same act, before and after which one can be killed."""

    async def stepping(*args: Any, **named: Any) -> Any:
        fuse.step()
        done = await act(*args, **named)
        fuse.step()
        return done

    return stepping


class FragileStore:
    """A store, each use of which is a step.

    Args:
        store: The store.
        fuse: What kills.
    """

    def __init__(self, store: Any, fuse: Fuse) -> None:
        self._store = store
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return guarded(found, self._fuse) if name in STEPS else found


def make_fragile(merchant: FakeMerchant, fuse: Fuse) -> None:
    """Make each call of the provider a step."""
    for name in CALLS:
        setattr(merchant, name, guarded(getattr(merchant, name), fuse))
