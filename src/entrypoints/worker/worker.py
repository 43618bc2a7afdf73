"""The background loops of one process. Any number of processes may run them over one database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from entrypoints.worker.content import look_after_content
from entrypoints.worker.purge import purge
from platform_core.kernel.actor import Actor
from platform_core.kernel.errors import Conflict, NotFound
from platform_core.kernel.relay import BATCH
from platform_core.platform import Platform
from platform_core.wallet.balance import DueHolds, ExpireHold

logger = logging.getLogger("platform_core.worker")

SWEEP = 100
"""How many holds one round of the sweep takes."""


class Worker:
    """Deliver events, let holds expire, and forget old sessions and guesses, until told to stop.

    What is due is decided by the platform's clock. A loop that fails is logged and goes on after a pause; the others
    never notice.

    Args:
        platform: The platform, its store open.
        deliver_every: Seconds between looks into the outbox when nobody nudges.
        sweep_every: Seconds between looks for holds whose deadline has passed.
        purge_every: Seconds between purges.
    """

    def __init__(
        self,
        platform: Platform,
        *,
        deliver_every: float = 0.2,
        sweep_every: float = 1.0,
        purge_every: float = 600.0,
    ) -> None:
        self._platform = platform
        self._nudged = asyncio.Event()
        self._loops: tuple[tuple[str, Callable[[], Awaitable[bool]], float], ...] = (
            ("deliver", self.deliver, deliver_every),
            ("expire holds", self.expire_holds, sweep_every),
            ("content", self.look_after_content, sweep_every),
            ("purge", self.purge, purge_every),
        )

    def nudge(self) -> None:
        """Say that something was committed: look into the outbox now."""
        self._nudged.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what was begun is finished first."""
        await asyncio.gather(*(self._loop(name, work, every, stop) for name, work, every in self._loops))

    async def once(self) -> None:
        """Do all that is due now, and return.

        Raises:
            Exception: Whatever stopped a piece of work.
        """
        for _, work, _ in self._loops:
            while await work():
                pass

    async def deliver(self) -> bool:
        """Deliver a batch of events; whether there may be more."""
        return await self._platform.relay.deliver() == BATCH

    async def expire_holds(self) -> bool:
        """Give back a batch of holds whose deadline has passed; whether there may be more."""
        system = Actor.system("worker")
        due = await self._platform.execute(DueHolds(SWEEP), by=system)
        expired = 0
        for hold in due:
            # Another process, or a capture that came first, may have ended it meanwhile.
            with suppress(Conflict, NotFound):
                await self._platform.execute(ExpireHold(hold), by=system)
                expired += 1
        return expired == SWEEP

    async def look_after_content(self) -> bool:
        """Process, purge and sweep up a batch of content; whether there may be more."""
        return await look_after_content(self._platform, SWEEP)

    async def purge(self) -> bool:
        """Forget a batch of what is out of date; whether there may be more."""
        return await purge(self._platform.store, self._platform.clock.now())

    async def _loop(self, name: str, work: Callable[[], Awaitable[bool]], every: float, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            try:
                more = await work()
                failures = 0
            except Exception:
                failures += 1
                more = False
                logger.exception("background work failed: %s", name)
            if not more:
                # After failures it looks less often, up to a minute, so that an outage is not made worse.
                await self._pause(min(60.0, every * 2**failures) if failures else every, stop, name == "deliver")

    async def _pause(self, seconds: float, stop: asyncio.Event, may_be_nudged: bool) -> None:
        waits = [asyncio.ensure_future(stop.wait())]
        if may_be_nudged:
            waits.append(asyncio.ensure_future(self._nudged.wait()))
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if may_be_nudged:
            self._nudged.clear()
