"""Figures of the data itself, the same for every process: asked of the store seldom, and never longer than briefly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

from attrs import frozen

from platform_core.kernel.events import Backlog
from platform_core.kernel.select import Select, Where
from platform_core.payments.webhook import Webhook, WebhookState
from platform_core.platform import Platform

logger = logging.getLogger("platform_core.metrics")

T = TypeVar("T")

#: Seconds for which what was read is told again.
SOON, LATER = 5.0, 60.0
#: Seconds that reading may take. A database that takes longer has other troubles, and they show elsewhere.
PATIENCE = 4.0


@frozen
class Figures:
    """What the data say. What could not be read is None.

    Args:
        outbox: What waits for delivery.
        oldest_seconds: For how long the oldest event has waited; 0 when none waits.
        totals: The sum of all balances in each currency.
        dead_webhooks: Payment messages that were given up on.
    """

    outbox: Backlog | None
    oldest_seconds: float
    totals: Mapping[str, int] | None
    dead_webhooks: int | None


class Kept(Generic[T]):
    """Something that is read at most every so often, by one at a time.

    Args:
        read: Reads it.
        seconds: For how long it is told again.
    """

    def __init__(self, read: Callable[[], Awaitable[T]], seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._reading: asyncio.Task[T | None] | None = None
        self._until = 0.0

    async def get(self) -> T | None:
        """What was read last, if that is not long ago; None when it cannot be read."""
        now = asyncio.get_running_loop().time()
        if self._reading is None or (self._reading.done() and now >= self._until):
            self._until = now + self._seconds
            self._reading = asyncio.ensure_future(self._bounded())
        # Whoever asked stops waiting with their connection; the others still want to know.
        return await asyncio.shield(self._reading)

    async def _bounded(self) -> T | None:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._read()
        except Exception:
            logger.warning("a figure could not be read", exc_info=True)
            # What failed is tried again soon.
            self._until = min(self._until, asyncio.get_running_loop().time() + SOON)
            return None


class FigureReader:
    """Reads the figures of a platform.

    The books are summed up on a connection of its own and as of one moment, at most once a minute in each process: that
    takes the database about 0.2 µs for each account, and holds nobody up.

    Args:
        platform: Whose.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._outbox: Kept[Backlog] = Kept(platform.store.outbox.backlog, SOON)
        self._totals: Kept[Mapping[str, int]] = Kept(self._sum_up, LATER)
        self._dead: Kept[int] = Kept(self._count_dead, LATER)

    async def read(self) -> Figures:
        """The figures."""
        backlog, totals, dead = await asyncio.gather(self._outbox.get(), self._totals.get(), self._dead.get())
        oldest = 0.0
        if backlog is not None and backlog.oldest is not None:
            # Another machine's clock may be ahead of ours.
            oldest = max(0.0, (self._platform.clock.now() - backlog.oldest).total_seconds())
        return Figures(backlog, oldest, totals, dead)

    async def _sum_up(self) -> Mapping[str, int]:
        async with self._platform.store.snapshot() as snapshot:
            return await snapshot.totals()

    async def _count_dead(self) -> int:
        return await self._platform.store.count(Select(Webhook, (Where("state", "=", WebhookState.DEAD),)))
