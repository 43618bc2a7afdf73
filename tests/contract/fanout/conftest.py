"""Every way to carry words between processes, under one suite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from adapters.fanout.memory import LocalFanout
from adapters.fanout.port import Fanout, Word
from adapters.fanout.redis import RedisFanout

PATIENCE = 60.0


class Ears:
    """What a process has heard.

    Args:
        fanout: Through what.
    """

    def __init__(self, fanout: Fanout) -> None:
        self.fanout = fanout
        self.words: list[Word] = []
        self._news = asyncio.Event()

    def hear(self, word: Word) -> None:
        """Remember it."""
        self.words.append(word)
        self._news.set()

    async def bodies(self, room: str, count: int) -> list[bytes]:
        """What was said in a room, once it is so much."""
        async with asyncio.timeout(PATIENCE):
            while len(found := [word.body for word in self.words if word.room == room]) < count:
                self._news.clear()
                await self._news.wait()
        return found


Make = Callable[[], Fanout]


@pytest.fixture(params=["in process", "redis"])
def make(request: pytest.FixtureRequest) -> Make:
    """Makes what a process uses. Several in one process stand for several processes where the adapter is for such."""
    if request.param == "in process":
        only = LocalFanout()
        return lambda: only
    url: str = request.getfixturevalue("redis_url")
    return lambda: RedisFanout(url)


@pytest.fixture
async def ears(make: Make) -> AsyncIterator[Ears]:
    """One process that listens."""
    listening = Ears(make())
    await listening.fanout.open(listening.hear)
    yield listening
    await listening.fanout.close()
