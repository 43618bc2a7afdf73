"""Taking committed events to their subscribers: at least once, in order for each subject.

A handler that fails delays its own subject only. After `ATTEMPTS` failures the event is parked, where operators see
it, and its subject goes on (a poisoned event blocks nobody).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from platform_core.kernel.events import Envelope, Event, Unreadable
from platform_core.kernel.ports import Clock, Outbox

E = TypeVar("E", bound=Event)
Handler = Callable[[Envelope], Awaitable[None]]

ATTEMPTS = 8
#: Seconds a worker has the outbox to itself after each look into it. One that dies holds the others up no longer.
LEASE = 10
BATCH = 256
SLICE = timedelta(seconds=LEASE / 2)


def retry_delay(attempts: int) -> int:
    """Seconds to wait after this many failures: 1, 4, 16, … at most an hour."""
    return int(min(3600, 4 ** (attempts - 1)))


async def _not_for_us(envelope: Envelope) -> None:
    """Leave an event to the newer version of the program that made it; parked, it waits for an operator."""
    raise LookupError(f"this version cannot read it: {envelope.event}")


class Relay:
    """Delivers events to the handlers that asked for them.

    Args:
        outbox: Where committed events wait.
        clock: The time.
        worker: A name for this process, for its leases.
    """

    def __init__(self, outbox: Outbox, clock: Clock, *, worker: str = "relay") -> None:
        self._outbox = outbox
        self._clock = clock
        self._worker = worker
        self._handlers: dict[type[Event], list[Handler]] = {}

    def on(self, event: type[Event], handler: Handler) -> None:
        """Call `handler` for each event of this type, or of any type for `Event` itself."""
        self._handlers.setdefault(event, []).append(handler)

    async def deliver(self, limit: int = BATCH) -> int:
        """Deliver what is due now, once.

        Returns:
            How many events were taken up.
        """
        now = self._clock.now()
        if not self._handlers:
            return await self._outbox.skip(self._worker, now=now, lease=LEASE, limit=limit)
        envelopes = await self._outbox.claim(self._worker, now=now, lease=LEASE, limit=limit)
        done: list[int] = []
        stopped: set[str] = set()
        for envelope in envelopes:
            if envelope.subject in stopped:
                continue
            if self._clock.now() - now > SLICE:
                # Slow handlers: the rest is claimed anew, before the lease ends.
                break
            try:
                for handler in self._of(envelope.event):
                    await handler(envelope)
            except Exception as error:  # noqa: BLE001  # whatever a handler does must not stop the others
                stopped.add(envelope.subject)
                await self._fail(envelope, error)
            else:
                done.append(envelope.position)
        if done:
            await self._outbox.delivered(done)
        return len(envelopes)

    async def drain(self) -> None:
        """Deliver until nothing is due."""
        while await self.deliver():
            pass

    def _of(self, event: Event) -> list[Handler]:
        handlers = self._handlers
        if isinstance(event, Unreadable):
            return [_not_for_us]
        return [*handlers.get(type(event), ()), *handlers.get(Event, ())]

    async def _fail(self, envelope: Envelope, error: Exception) -> None:
        attempts = envelope.attempts + 1
        retry_at = None if attempts >= ATTEMPTS else self._clock.now() + timedelta(seconds=retry_delay(attempts))
        message = f"{type(error).__name__}: {error}"[:500]
        await self._outbox.failed(envelope.position, error=message, retry_at=retry_at)
