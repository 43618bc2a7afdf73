"""What one server process counts and tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Protocol, runtime_checkable

from entrypoints.metrics.figures import FigureReader
from entrypoints.metrics.measures import Measures
from entrypoints.metrics.page import write_page
from platform_core.platform import Platform

#: Seconds between two times that a process tells the others what it is at.
TELL_EVERY = 1.0


class Load(Protocol):
    """How busy a store is."""

    @property
    def waiting(self) -> int:
        """Units of work queued behind a batch."""

    @property
    def in_use(self) -> int:
        """Connections at work."""

    @property
    def most(self) -> int:
        """How many there may be."""


@runtime_checkable
class Loaded(Protocol):
    """A store that commits in batches, over connections."""

    def load(self) -> Load:
        """How busy it is in this process."""

    def on_batch(self, told: Callable[[int], None]) -> None:
        """Have somebody told how many units each batch of commits has."""


class Metrics:
    """The figures of this process, and the page on which it tells those of all.

    Args:
        platform: What is served.
        measures: Where all processes of this server count.
        number: Which of them this is.
    """

    def __init__(self, platform: Platform, measures: Measures, number: int = 0) -> None:
        self.counter = measures.counter(number)
        self.counter.begin()
        self.is_one_of_many = measures.processes > 1
        self._measures = measures
        self._reader = FigureReader(platform)
        self._store = platform.store if isinstance(platform.store, Loaded) else None
        if self._store is not None:
            self._store.on_batch(self.counter.committed)

    async def page(self) -> bytes:
        """The page, for all processes."""
        self.tell()
        return write_page(self._measures, await self._reader.read())

    def tell(self) -> None:
        """Say what this process is at, for whichever process is asked."""
        if self._store is not None:
            load = self._store.load()
            self.counter.tell(waiting=load.waiting, in_use=load.in_use, most=load.most)

    async def telling(self, _: object) -> AsyncIterator[None]:
        """Say so again and again, for as long as an application runs."""

        async def keep_telling() -> None:
            while True:
                self.tell()
                await asyncio.sleep(TELL_EVERY)

        task = asyncio.create_task(keep_telling())
        yield
        task.cancel()
        await asyncio.wait({task})
