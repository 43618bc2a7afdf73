"""The background loops of one process. Any number of processes may run them over one database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TypeVar

from entrypoints.worker.content import look_after_content
from entrypoints.worker.purge import purge
from entrypoints.worker.sales import ask_about_payments, expire_orders, send_refunds
from entrypoints.worker.selling import send_transfers, take_money_back
from platform_core.booking.timers import AdvanceBooking, DueBookings
from platform_core.kernel.actor import Actor
from platform_core.kernel.command import Query, Request
from platform_core.kernel.errors import Conflict, NotFound
from platform_core.kernel.relay import BATCH
from platform_core.payments.webhooks import DueWebhooks
from platform_core.platform import Platform
from platform_core.streams.upkeep import DueStreams, ForgetViewers, LapseStream
from platform_core.wallet.balance import DueHolds, ExpireHold
from platform_core.wallet.reconciliation import ReconcilePurchase, UnsettledPurchases

logger = logging.getLogger("platform_core.worker")

R = TypeVar("R")

SYSTEM = Actor.system("worker")
SWEEP = 100
"""How many of a kind one round of a sweep takes."""
LINGER = 10.0
"""Seconds for which a piece of work that was begun may go on after the worker was told to stop."""


class Worker:
    """Deliver events, move on what has run out of time, see to payments, and forget what is old, until told to stop.

    What is due is decided by the platform's clock. A loop that fails is logged and goes on after a pause; the others
    never notice.

    Args:
        platform: The platform, its store open.
        deliver_every: Seconds between looks into the outbox when nobody nudges.
        sweep_every: Seconds between looks for what has run out of time, and for payment messages to try again.
        ask_every: Seconds between looks for purchases to ask the payment provider about.
        purge_every: Seconds between purges.
    """

    def __init__(
        self,
        platform: Platform,
        *,
        deliver_every: float = 0.2,
        sweep_every: float = 1.0,
        ask_every: float = 30.0,
        purge_every: float = 600.0,
    ) -> None:
        self._platform = platform
        self._nudged = asyncio.Event()
        self._loops: tuple[tuple[str, Callable[[], Awaitable[bool]], float], ...] = (
            ("deliver", self.deliver, deliver_every),
            # Before the holds: what a booking owes is paid from its hold.
            ("advance bookings", self.advance_bookings, sweep_every),
            ("expire holds", self.expire_holds, sweep_every),
            ("apply webhooks", self.apply_webhooks, sweep_every),
            ("ask about purchases", self.reconcile, ask_every),
            ("lapse streams", self.lapse_streams, sweep_every),
            ("forget viewers", self.forget_viewers, sweep_every),
            ("content", self.look_after_content, sweep_every),
            ("ask about payments", self.ask_about_payments, sweep_every),
            ("expire orders", self.expire_orders, sweep_every),
            ("send refunds", self.send_refunds, sweep_every),
            # Money back first: what has come back is not netted.
            ("take money back", self.take_money_back, sweep_every),
            ("send transfers", self.send_transfers, sweep_every),
            ("purge", self.purge, purge_every),
        )

    @property
    def rounds(self) -> Mapping[str, Callable[[], Awaitable[bool]]]:
        """What it does, by name: each does a batch of what is due, and says whether there may be more."""
        return {name.replace(" ", "-"): work for name, work, _ in self._loops}

    def nudge(self) -> None:
        """Say that something was committed: look into the outbox now."""
        self._nudged.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set. What was begun is finished first, unless that takes longer than `LINGER`: another
        process goes on with what is broken off.
        """
        loops = [asyncio.create_task(self._loop(name, work, every, stop)) for name, work, every in self._loops]
        try:
            await stop.wait()
            await asyncio.wait(loops, timeout=LINGER)
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

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

    async def advance_bookings(self) -> bool:
        """Expire, complete or let lapse a batch of bookings whose time has run out; whether there may be more."""
        return await self._sweep(DueBookings(SWEEP), lambda id: self._do(AdvanceBooking(id)))

    async def expire_holds(self) -> bool:
        """Give back a batch of holds whose deadline has passed; whether there may be more."""
        return await self._sweep(DueHolds(SWEEP), lambda id: self._do(ExpireHold(id)))

    async def lapse_streams(self) -> bool:
        """Move on a batch of streams whose host was not heard of in time; whether there may be more."""
        return await self._sweep(DueStreams(SWEEP), lambda id: self._do(LapseStream(id)))

    async def forget_viewers(self) -> bool:
        """Forget a batch of viewers who are gone; whether there may be more."""
        return await self._do(ForgetViewers(SWEEP)) == SWEEP

    async def apply_webhooks(self) -> bool:
        """Try a batch of payment messages that could not be applied before; whether there may be more."""
        return await self._sweep(DueWebhooks(SWEEP), lambda id: self._platform.apply_webhook(id, by=SYSTEM))

    async def reconcile(self) -> bool:
        """Ask the provider about a batch of purchases no message has settled; whether there may be more."""
        return await self._sweep(UnsettledPurchases(SWEEP), lambda id: self._do(ReconcilePurchase(id)))

    async def _do(self, request: Request[R]) -> R:
        return await self._platform.execute(request, by=SYSTEM)

    async def _sweep(self, due: Query[list[str]], act: Callable[[str], Awaitable[object]]) -> bool:
        """Act on each thing that is due; whether there may be more."""
        acted = 0
        for id in await self._do(due):
            # Another process, or somebody who came in time, may have been quicker.
            with suppress(Conflict, NotFound):
                await act(id)
                acted += 1
        return acted == SWEEP

    async def look_after_content(self) -> bool:
        """Process, purge and sweep up a batch of content; whether there may be more."""
        return await look_after_content(self._platform, SWEEP)

    async def send_refunds(self) -> bool:
        """Send, retry or ask about a batch of refunds; whether there may be more."""
        return await send_refunds(self._platform, SWEEP)

    async def ask_about_payments(self) -> bool:
        """Ask the provider about a batch of payments nobody told of; whether there may be more."""
        return await ask_about_payments(self._platform, SWEEP)

    async def expire_orders(self) -> bool:
        """End a batch of orders that were not paid in time; whether there may be more."""
        return await expire_orders(self._platform, SWEEP)

    async def take_money_back(self) -> bool:
        """Take a batch of sent money back from sellers, or ask about it; whether there may be more."""
        return await take_money_back(self._platform, SWEEP)

    async def send_transfers(self) -> bool:
        """Send, retry or ask about a batch of transfers; whether there may be more."""
        return await send_transfers(self._platform, SWEEP)

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
