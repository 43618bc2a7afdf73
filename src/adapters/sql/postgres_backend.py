"""The ways to a PostgreSQL database: a connection kept for each lane."""

from __future__ import annotations

from asyncio import LifoQueue
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from adapters.sql import postgres
from adapters.sql.backends import Run, Work, told_as_unavailable
from adapters.sql.connection import Busy, Connection
from adapters.sql.tables import accounts

T = TypeVar("T")


class PostgresBackend:
    """PostgreSQL, with a connection kept for each lane.

    Args:
        url: `postgresql://user@host/name`.
        readers: How many reads may be under way at once.
    """

    #: Milliseconds a batch waits for rows that others have locked, before it goes on without the units that need them.
    IMPATIENCE = 100
    #: Milliseconds that a look at a locked account queues for its lock.
    PATIENCE = 500

    def __init__(self, url: str, *, readers: int = 3) -> None:
        self._engine = postgres.make_engine(url)
        self._writers = Turns([postgres.Lane(self._engine, lock_timeout=self.IMPATIENCE) for _ in range(2)])
        self._side = postgres.Lane(self._engine)
        self._readers = Turns([postgres.Lane(self._engine) for _ in range(readers)])
        self._side_turns = Turns([self._side])
        self._probes = Turns([postgres.Lane(self._engine, lock_timeout=self.PATIENCE)])

    async def write(self, work: Work[T], *, committing: Callable[[], object]) -> T:
        """Run work in a transaction that commits at the end."""
        async with self._writers.take() as lane, lane.transaction(committing=committing) as connection:
            return await work(connection)

    async def side(self, work: Work[T]) -> T:
        """The same, beside the batches."""
        with told_as_unavailable():
            async with self._side_turns.take() as lane, lane.transaction() as connection:
                return await work(connection)

    async def probe(self, account: str) -> bool:
        """Wait a little for an account's lock, and say whether it was to be had."""
        try:
            async with self._probes.take() as lane, lane.transaction() as connection:
                await connection.select(accounts, ("id",), "id", [account], lock="wait")
        except Busy:
            return False
        return True

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

    def connections(self) -> tuple[int, int]:
        """How many connections of this process are at work, and how many it may have at work."""
        every = (self._writers, self._side_turns, self._readers, self._probes)
        return sum(turns.taken for turns in every), sum(len(turns.all) for turns in every)

    async def close(self) -> None:
        """Let go of every connection."""
        for lane in (*self._writers.all, self._side, *self._probes.all, *self._readers.all):
            await lane.close()
        await self._engine.dispose()


class Turns:
    """Lanes taken in turns: each has one user at a time, the last one used is the next one taken."""

    def __init__(self, lanes: list[postgres.Lane]) -> None:
        self.all = list(lanes)
        self._free: LifoQueue[postgres.Lane] = LifoQueue()
        for lane in lanes:
            self._free.put_nowait(lane)

    @property
    def taken(self) -> int:
        """How many are in use."""
        return len(self.all) - self._free.qsize()

    @asynccontextmanager
    async def take(self) -> AsyncIterator[postgres.Lane]:
        """A lane for one's own, when one is free."""
        lane = await self._free.get()
        try:
            yield lane
        finally:
            self._free.put_nowait(lane)
