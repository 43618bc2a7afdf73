"""The database's clock, so that several machines agree on what is over (invariant 42)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

#: Seconds after which the database is asked again.
FRESH = 60.0


class DatabaseClock:
    """The database's time, carried on by this machine's steady clock, which no step of its wall clock moves.

    Args:
        ask: Asks the database for its time.
    """

    def __init__(self, ask: Callable[[], Awaitable[datetime]]) -> None:
        self._ask = ask
        self._at = datetime.now(UTC)
        self._steady = time.monotonic()
        self._asking: asyncio.Task[None] | None = None
        self._not_before = 0.0

    def now(self) -> datetime:
        """The present moment."""
        passed = time.monotonic() - self._steady
        if passed > FRESH and self._asking is None and time.monotonic() > self._not_before:
            self._asking = asyncio.get_running_loop().create_task(self._ask_again())
        return self._at + timedelta(seconds=passed)

    async def set(self) -> None:
        """Ask the database. The answer is taken to be half the waiting old."""
        began = time.monotonic()
        told = await self._ask()
        self._steady = (began + time.monotonic()) / 2
        self._at = told

    async def _ask_again(self) -> None:
        try:
            with suppress(Exception):
                # While the database does not answer, the steady clock goes on.
                await self.set()
        finally:
            self._not_before = time.monotonic() + FRESH / 10
            self._asking = None
