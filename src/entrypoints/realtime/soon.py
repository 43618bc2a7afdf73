"""Doing something soon and once, however often it is asked for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from platform_core.kernel.errors import PlatformError

logger = logging.getLogger("platform_core.realtime")


class Soon:
    """A piece of work that many ask for, by a key: done at once, and then again after a while if asked for meanwhile.

    Args:
        work: What is done for a key.
        every: Seconds at least between two times for one key.
    """

    def __init__(self, work: Callable[[str], Awaitable[None]], every: float) -> None:
        self._work = work
        self._every = every
        self._asked: set[str] = set()
        self._running: dict[str, asyncio.Task[None]] = {}

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """What is under way."""
        return list(self._running.values())

    def ask(self, key: str) -> None:
        """Have it done."""
        self._asked.add(key)
        if key not in self._running:
            self._running[key] = asyncio.ensure_future(self._run(key))

    async def _run(self, key: str) -> None:
        try:
            while key in self._asked:
                self._asked.discard(key)
                try:
                    await self._work(key)
                except PlatformError as error:
                    logger.info("not told: %s", error.code)
                await asyncio.sleep(self._every)
        finally:
            del self._running[key]
