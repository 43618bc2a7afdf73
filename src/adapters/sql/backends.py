"""How work reaches a database: transactions for batches, reads, and snapshots, on PostgreSQL and on SQLite."""

from __future__ import annotations

from asyncio import LifoQueue
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, Protocol, TypeVar

from adapters.sql import postgres, sqlite
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

    async def write(self, work: Work[T]) -> T:
        """Run work in a transaction that commits at the end."""

    async def side(self, work: Work[T]) -> T:
        """The same, beside the batches: for what is not a unit of work."""

    async def read(self, work: Work[T]) -> T:
        """Run work that only reads, each of its statements by itself."""

    def snapshot(self) -> AbstractAsyncContextManager[Run]:
        """Reads that all see the same moment."""

    async def close(self) -> None:
        """Let go of everything."""


@contextmanager
def _told_as_unavailable() -> Iterator[None]:
    """Outside of the batches nobody tries again: what could be done later is refused for now."""
    try:
        yield
    except (Busy, Interrupted) as error:
        raise Unavailable("the database cannot do this just now", retry_after=1) from error


class PostgresBackend:
    """PostgreSQL, with a connection kept for each lane.

    Args:
        url: `postgresql://user@host/name`.
        readers: How many reads may be under way at once.
    """

    #: Milliseconds a batch waits for rows that others have locked, before it goes on without the units that need them.
    IMPATIENCE = 100

    def __init__(self, url: str, *, readers: int = 3) -> None:
        self._engine = postgres.make_engine(url)
        self._writer = postgres.Lane(self._engine, lock_timeout=self.IMPATIENCE)
        self._side = postgres.Lane(self._engine)
        self._readers = Turns([postgres.Lane(self._engine) for _ in range(readers)])
        self._side_turns = Turns([self._side])

    async def write(self, work: Work[T]) -> T:
        """Run work in a transaction that commits at the end."""
        async with self._writer.transaction() as connection:
            return await work(connection)

    async def side(self, work: Work[T]) -> T:
        """The same, beside the batches."""
        with _told_as_unavailable():
            async with self._side_turns.take() as lane, lane.transaction() as connection:
                return await work(connection)

    async def read(self, work: Work[T]) -> T:
        """Run work that only reads."""
        async with self._readers.take() as lane, lane.reading() as connection:
            return await work(connection)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Run]:
        """Reads that all see the same moment."""
        lane = postgres.Lane(self._engine)
        try:
            async with lane.transaction(isolation="REPEATABLE READ READ ONLY") as connection:

                async def run(work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
                    return await work(connection)

                yield run
        finally:
            await lane.close()

    async def close(self) -> None:
        """Let go of every connection."""
        for lane in (self._writer, self._side, *self._readers.all):
            await lane.close()
        await self._engine.dispose()


class Turns:
    """Lanes taken in turns: each has one user at a time, the last one used is the next one taken."""

    def __init__(self, lanes: list[postgres.Lane]) -> None:
        self.all = list(lanes)
        self._free: LifoQueue[postgres.Lane] = LifoQueue()
        for lane in lanes:
            self._free.put_nowait(lane)

    @asynccontextmanager
    async def take(self) -> AsyncIterator[postgres.Lane]:
        """A lane for one's own, when one is free."""
        lane = await self._free.get()
        try:
            yield lane
        finally:
            self._free.put_nowait(lane)


class SqliteBackend:
    """SQLite, with one thread that writes and one that reads.

    Args:
        url: `sqlite:///folder/file.db`.
    """

    def __init__(self, url: str) -> None:
        self._engine = sqlite.make_engine(url)
        self._writer = sqlite.SqliteThread(self._engine, writes=True)
        self._reader = sqlite.SqliteThread(self._engine, writes=False)

    async def write(self, work: Work[T]) -> T:
        """Run work in a transaction that commits at the end."""
        return await self._writer.run(work)

    async def side(self, work: Work[T]) -> T:
        """The same; there is one writer anyway."""
        with _told_as_unavailable():
            return await self._writer.run(work)

    async def read(self, work: Work[T]) -> T:
        """Run work that only reads."""
        with _told_as_unavailable():
            return await self._reader.run(work)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Run]:
        """Reads that all see the same moment."""
        thread = sqlite.SqliteThread(self._engine, writes=False)
        try:
            yield thread.step
        finally:
            await thread.close()

    async def close(self) -> None:
        """Let go of threads and connections."""
        await self._writer.close()
        await self._reader.close()
        self._engine.dispose()
