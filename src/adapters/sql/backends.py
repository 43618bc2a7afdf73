"""How work reaches a database: transactions for batches, reads, and snapshots, on PostgreSQL and on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Protocol, TypeVar

from adapters.sql.connection import Busy, Connection, Interrupted
from platform_core.kernel.errors import Unavailable

T = TypeVar("T")
Work = Callable[[Any], Coroutine[Any, Any, T]]


class Run(Protocol):
    """Runs work on a connection."""

    async def __call__(self, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
        """What the work gives."""


class Backend(Protocol):
    """A database, and the ways to it."""

    async def write(self, work: Work[T], *, committing: Callable[[], object]) -> T:
        """Run work in a transaction that commits at the end.

        Args:
            work: What to do in it.
            committing: Called once all that is left to do is to commit: another such call may begin.
        """

    async def side(self, work: Work[T]) -> T:
        """The same, beside the batches: for what is not a unit of work."""

    async def probe(self, account: str) -> bool:
        """Wait a little for an account's lock, and say whether it was to be had."""

    async def read(self, work: Work[T]) -> T:
        """Run work that only reads, each of its statements by itself."""

    def snapshot(self) -> AbstractAsyncContextManager[Run]:
        """Reads that all see the same moment."""

    def connections(self) -> tuple[int, int]:
        """How many connections of this process are at work, and how many it may have at work."""

    async def close(self) -> None:
        """Let go of everything."""


@contextmanager
def told_as_unavailable() -> Iterator[None]:
    """Outside of the batches nobody tries again: what could be done later is refused for now."""
    try:
        yield
    except (Busy, Interrupted) as error:
        raise Unavailable("the database cannot do this just now", retry_after=1) from error
