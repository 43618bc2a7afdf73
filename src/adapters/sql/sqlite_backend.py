"""The ways to an SQLite file: one thread that writes and one that reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from adapters.sql import sqlite
from adapters.sql.backends import Run, Work, told_as_unavailable

T = TypeVar("T")


class SqliteBackend:
    """SQLite, with one thread that writes and one that reads.

    Args:
        url: `sqlite:///folder/file.db`.
    """

    def __init__(self, url: str) -> None:
        self._engine = sqlite.make_engine(url)
        self._writer = sqlite.SqliteThread(self._engine, writes=True)
        self._reader = sqlite.SqliteThread(self._engine, writes=False)

    async def write(self, work: Work[T], *, committing: Callable[[], object]) -> T:
        """Run work in a transaction that commits at the end."""
        return await self._writer.run(work)

    async def side(self, work: Work[T]) -> T:
        """The same; there is one writer anyway."""
        with told_as_unavailable():
            return await self._writer.run(work)

    async def probe(self, account: str) -> bool:
        """Nobody locks a single account here."""
        return True

    async def read(self, work: Work[T]) -> T:
        """Run work that only reads."""
        with told_as_unavailable():
            return await self._reader.run(work)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Run]:
        """Reads that all see the same moment."""
        thread = sqlite.SqliteThread(self._engine, writes=False)
        try:
            yield thread.step
        finally:
            await thread.close()

    def connections(self) -> tuple[int, int]:
        """How many connections of this process are at work, and how many it may have at work."""
        return self._writer.at_work + self._reader.at_work, 2

    async def close(self) -> None:
        """Let go of threads and connections."""
        await self._writer.close()
        await self._reader.close()
        self._engine.dispose()
